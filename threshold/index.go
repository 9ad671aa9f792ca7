package threshold

import "encoding/hex"

// MaxParties bounds the parties of a committee.
const MaxParties = 1024

// Index names a party of a committee, from 1 to n.
type Index uint16

// Generation names one sharing of a key: the hash of all that is public of it.
type Generation [32]byte

// String is the generation in hexadecimal.
func (g Generation) String() string { return hex.EncodeToString(g[:]) }
