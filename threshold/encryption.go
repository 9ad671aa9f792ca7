package threshold

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// EncryptionCommittee is what is public of shared ElGamal keys a_1 … a_c, which decrypt
// and never sign: t, the keys P_c = a_c·G, and those of every party, P_cj = a_cj·G. No
// multiple of a generator of G2 is ever made of them: with one, everybody could try
// plaintexts. It is immutable; the zero value, of use only to decode into, has no party.
type EncryptionCommittee struct {
	t          int
	generation Generation
	keys       [][]curve.G1 // of the group, and of party j at j
}

// EncryptionKeyShare is one party's share of ElGamal keys. It is immutable and prints as
// "redacted".
type EncryptionKeyShare struct {
	generation Generation
	index      Index
	secrets    []curve.Scalar
}

// Stand-ins for nil.
var (
	noEncryption      EncryptionCommittee
	noEncryptionShare EncryptionKeyShare
)

// Threshold is t, the number of parties that decrypt.
func (c *EncryptionCommittee) Threshold() int { return cmp.Or(c, &noEncryption).t }

// Parties is n.
func (c *EncryptionCommittee) Parties() int { return max(0, len(cmp.Or(c, &noEncryption).keys)-1) }

// Components is the number of keys.
func (c *EncryptionCommittee) Components() int {
	if c.Parties() == 0 {
		return 0
	}
	return len(c.keys[0])
}

// Generation names this sharing of the keys.
func (c *EncryptionCommittee) Generation() Generation { return cmp.Or(c, &noEncryption).generation }

// Key is the group's public keys, nil of no committee.
func (c *EncryptionCommittee) Key() *EncryptionKey {
	if c.Parties() == 0 {
		return nil
	}
	return &EncryptionKey{c.keys[0]}
}

// VerifyKeyShare checks that a key share is one of this committee's.
func (c *EncryptionCommittee) VerifyKeyShare(k *EncryptionKeyShare) error {
	switch {
	case k == nil || len(k.secrets) == 0 || c.Parties() == 0:
		return fmt.Errorf("%w: no key share, or no committee", ErrArgument)
	case k.generation != c.generation:
		return fmt.Errorf("%w: %v… where %v… is meant", ErrGeneration, k.generation.String()[:8], c.generation.String()[:8])
	case k.index < 1 || int(k.index) > c.Parties():
		return fmt.Errorf("%w: party %d of %d", ErrIndex, k.index, c.Parties())
	}
	sums := make([][]curve.Term, len(k.secrets))
	for i, a := range k.secrets {
		sums[i] = []curve.Term{{Scalar: a, Point: curve.Generator()}}
	}
	if !slices.Equal(curve.SumsSecret(sums), c.keys[k.index]) {
		return fmt.Errorf("%w: key share of party %d is not of its public keys", ErrInvalid, k.index)
	}
	return nil
}

// check demands keys of the group that differ, and of the parties that lie on
// polynomials of degree t − 1 with the group's at 0:
//
//	[ENC-KEY]  all points are in the subgroup, P_c ≠ 0, P_c ≠ ±P_d, P_c ≠ ±G, Σ w_j·P_cj = 0
//	           over j = 0 … n, for a random word w of the dual code, as in [THR-KEY]
//
// With P_c = ±P_d, the sum or difference of two plaintexts could be read by everybody.
func (c *EncryptionCommittee) check() error {
	var claims batch.Claims
	group := c.keys[0]
	claimKeys(&claims, group)
	w, err := dualWord(c.t, c.Parties())
	if err != nil {
		return err
	}
	for i := range group {
		terms := make([]curve.Term, len(w))
		for j, keys := range c.keys {
			claims.InG1("ENC-KEY", keys[i])
			terms[j] = curve.Term{Scalar: w[j], Point: keys[i]}
		}
		claims.Relation("ENC-KEY", terms)
	}
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: encryption keys: %w", ErrInvalid, err)
	}
	return nil
}

// Index is the party that holds the share, 0 for an empty one.
func (k *EncryptionKeyShare) Index() Index { return cmp.Or(k, &noEncryptionShare).index }

// Generation names the sharing that the share is of.
func (k *EncryptionKeyShare) Generation() Generation { return cmp.Or(k, &noEncryptionShare).generation }

// Erase overwrites the share, in memory.
func (k *EncryptionKeyShare) Erase() {
	if k != nil {
		clear(k.secrets)
		*k = EncryptionKeyShare{}
	}
}

// Format prints "redacted".
func (k *EncryptionKeyShare) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k *EncryptionKeyShare) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }
