package nullifier

import (
	"encoding/hex"
	"sync"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
)

// KeySize is the length of a nullifier's database key.
const KeySize = curve.G1CompressedSize

// Nullifier is the value nf of a spent coin. Nullifiers compare with == and serve
// as keys of maps. The zero value is no coin's.
type Nullifier struct{ p curve.G1 }

// generator is N.
var generator = sync.OnceValue(func() curve.G1 { return attr.NewBase(dst.NullifierBase).Point() })

// fixed is N for the derivations of a wallet.
var fixed = sync.OnceValue(func() *curve.FixedG1 { return curve.NewFixedG1(generator()) })

// IsZero reports whether n is the zero value, which is no coin's nullifier.
func (n Nullifier) IsZero() bool { return n.p.IsIdentity() }

// Key is the compressed point: the nullifier's name in databases and on record. Different
// nullifiers have different keys. That one names a nullifier, it does not show.
type Key [KeySize]byte

// Key is the nullifier's.
func (n Nullifier) Key() Key { return n.p.Compressed() }

// String is the key in hexadecimal.
func (n Nullifier) String() string { return n.Key().String() }

// String is hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }
