package threshold

import (
	"cmp"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// KeyShare is one party's share of a key. It is immutable, but for Erase, and
// prints as "redacted".
type KeyShare struct {
	generation Generation
	index      Index
	key        *sig.SecretKey
}

// Stand-ins for nil.
var (
	noKeyShare KeyShare
	noShare    SignatureShare
)

// Index is the party that holds the share, 0 for an empty one.
func (k *KeyShare) Index() Index { return cmp.Or(k, &noKeyShare).index }

// Generation names the sharing that the share is of.
func (k *KeyShare) Generation() Generation { return cmp.Or(k, &noKeyShare).generation }

// Erase overwrites the share, in memory: it signs nothing any more. No other call may be in
// progress.
func (k *KeyShare) Erase() {
	if k != nil {
		k.key.Erase()
		*k = KeyShare{}
	}
}

// Format prints "redacted".
func (k *KeyShare) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k *KeyShare) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// SignatureShare is one party's part S_j of a signature.
type SignatureShare struct {
	generation Generation
	index      Index
	s          curve.G1
}

// Index is the party that the share claims to be from. Nothing authenticates it
// before the share is verified.
func (s *SignatureShare) Index() Index { return cmp.Or(s, &noShare).index }

// Generation names the sharing of the key that the share is made with.
func (s *SignatureShare) Generation() Generation { return cmp.Or(s, &noShare).generation }

// Equal reports whether two shares are the same.
func (s *SignatureShare) Equal(t *SignatureShare) bool {
	if s == nil || t == nil {
		return s == t
	}
	return *s == *t
}

// Sign is the party's share of a signature on a commitment. It is deterministic.
// The caller answers for what sig.SecretKey.Sign says: no other message is ever
// signed under the base, and the points are in the subgroup, as those of a
// decoded commitment are; else the share leaks part of the key.
func (k *KeyShare) Sign(c *sig.Commitment) (*SignatureShare, error) {
	s, err := k.SignBatch([]*sig.Commitment{c})
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

// SignBatch is Sign for many commitments, on the calling goroutine, faster than one
// by one. It signs all or none.
func (k *KeyShare) SignBatch(c []*sig.Commitment) ([]*SignatureShare, error) {
	if k == nil || k.key == nil {
		return nil, fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	signatures, err := k.key.SignBatch(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	shares := make([]*SignatureShare, len(c))
	for i, s := range signatures {
		shares[i] = &SignatureShare{k.generation, k.index, s.Point()} // [THR-1]
	}
	return shares, nil
}
