package threshold

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
)

// DecryptionShare is party j's part D_ij = a_ij·E_0 of a decryption, for every component i
// asked for, with a proof that it is that. It is immutable.
type DecryptionShare struct {
	generation Generation
	index      Index
	points     []curve.G1
	proof      *sigma.Proof
}

var noDecryptionShare DecryptionShare

// Index is the party that the share claims to be from. Nothing authenticates it before the
// share is verified.
func (s *DecryptionShare) Index() Index { return cmp.Or(s, &noDecryptionShare).index }

// Generation names the sharing of the keys that the share is made with.
func (s *DecryptionShare) Generation() Generation { return cmp.Or(s, &noDecryptionShare).generation }

// decryptionStatement is, for the keys P_ij and shares D_ij of one party,
//
//	[ENC-SHARE]  P_ij = a_ij·G,  D_ij = a_ij·E_0  for every component i asked for
//
// The statement, with all of these points, is part of what the challenge covers. A D_ij that
// was not could be chosen to fit it.
func (r *Request) decryptionStatement(keys, shares []curve.G1) *sigma.Statement {
	st := new(sigma.Statement)
	for i, c := range r.components {
		a := st.Var(secretName(c))
		st.Relation("ENC-SHARE", sigma.Point(keys[i]), sigma.Secret{Var: a, Base: curve.Generator()})
		st.Relation("ENC-SHARE", sigma.Point(shares[i]), sigma.Secret{Var: a, Base: r.ciphertext.points[0]})
	}
	return st
}

func secretName(component int) string { return fmt.Sprintf("a/%d", component) }

// Decrypt is the party's share of what is asked for. Nonces are hedged: rand, nil for
// crypto/rand, may fail or repeat itself without harm to the key. The caller answers for
// what Request says.
func (k *EncryptionKeyShare) Decrypt(rand io.Reader, r *Request) (*DecryptionShare, error) {
	k = cmp.Or(k, &noEncryptionShare)
	if err := r.check(len(k.secrets)); err != nil {
		return nil, err
	}
	n := len(r.components)
	w := make(sigma.Witness, n)
	sums := make([][]curve.Term, 2*n)
	for i, c := range r.components {
		a := k.secrets[c]
		w[secretName(c)] = a
		sums[i] = []curve.Term{{Scalar: a, Point: curve.Generator()}}
		sums[n+i] = []curve.Term{{Scalar: a, Point: r.ciphertext.points[0]}}
	}
	// the secrets and E_0 determine the points that the draft lacks
	draft := r.decryptionStatement(make([]curve.G1, n), make([]curve.G1, n))
	nonces, commitments, err := draft.Commit(rand, r.transcript(k.generation, k.index), w)
	if err != nil {
		return nil, err
	}
	points := curve.SumsSecret(append(sums, commitments...))
	keys, shares := points[:n:n], points[n:2*n:2*n]
	proof := r.decryptionStatement(keys, shares).Respond(r.transcript(k.generation, k.index), nonces, points[2*n:])
	return &DecryptionShare{k.generation, k.index, shares, proof}, nil
}

// claimShare claims [ENC-SHARE], and that all D_ij are in the subgroup: relations do not see
// what is added to one off it, which a plaintext would have in it then.
func (c *EncryptionCommittee) claimShare(claims *batch.Claims, r *Request, s *DecryptionShare) {
	if !claims.Require("ENC-SHARE", s != nil, "no share") ||
		!claims.Require("ENC-SHARE", s.generation == c.generation, "a share of another generation") ||
		!claims.Require("ENC-SHARE", s.index >= 1 && int(s.index) <= c.Parties(), "a share of party %d of %d", s.index, c.Parties()) ||
		!claims.Require("ENC-SHARE", len(s.points) == len(r.components), "a share of %d components where %d are asked for", len(s.points), len(r.components)) {
		return
	}
	keys := make([]curve.G1, len(r.components))
	for i, component := range r.components {
		keys[i] = c.keys[s.index][component]
	}
	claims.InG1("ENC-SHARE", s.points...)
	r.decryptionStatement(keys, s.points).Verify(claims, r.transcript(s.generation, s.index), s.proof)
}

// VerifyShare checks [ENC-SHARE]: that s is its party's share of what is asked for.
func (c *EncryptionCommittee) VerifyShare(r *Request, s *DecryptionShare) error {
	return c.VerifyShares(context.Background(), []*Request{r}, []*DecryptionShare{s})[0]
}

// VerifyShares checks s[i] on r[i] for every i, on all cores, and returns one error for
// each share, nil for a valid one: ErrGeneration, ErrIndex, ErrInvalid for one that is none
// of its party, and ErrArgument where there is no share, or a request of other keys.
func (c *EncryptionCommittee) VerifyShares(ctx context.Context, r []*Request, s []*DecryptionShare) []error {
	errs := make([]error, len(s))
	var which []int
	var items []*batch.Claims
	for i := range s {
		if i >= len(r) {
			errs[i] = fmt.Errorf("%w: no request", ErrArgument)
		} else if errs[i] = r[i].check(c.Components()); errs[i] != nil {
			continue
		} else if errs[i] = c.expects(s[i]); errs[i] == nil {
			claims := new(batch.Claims)
			c.claimShare(claims, r[i], s[i])
			which, items = append(which, i), append(items, claims)
		}
	}
	for k, err := range batch.Verify(ctx, items) {
		switch i := which[k]; {
		case refuted(err):
			errs[i] = fmt.Errorf("%w: decryption share of party %d: %w", ErrInvalid, s[i].index, err)
		case err != nil:
			errs[i] = err
		}
	}
	return errs
}

// expects reports a share that cannot be of this committee.
func (c *EncryptionCommittee) expects(s *DecryptionShare) error {
	switch {
	case s == nil:
		return fmt.Errorf("%w: no share", ErrArgument)
	case s.generation != c.generation:
		return fmt.Errorf("%w: %v… where %v… is meant", ErrGeneration, s.generation.String()[:8], c.generation.String()[:8])
	case s.index < 1 || int(s.index) > c.Parties():
		return fmt.Errorf("%w: party %d of %d", ErrIndex, s.index, c.Parties())
	}
	return nil
}

// Equal reports whether two shares are the same, proofs included.
func (s *DecryptionShare) Equal(t *DecryptionShare) bool {
	if s == nil || t == nil {
		return s == t
	}
	p, q := cmp.Or(s.proof, new(sigma.Proof)), cmp.Or(t.proof, new(sigma.Proof))
	return s.generation == t.generation && s.index == t.index && slices.Equal(s.points, t.points) &&
		slices.Equal(p.Commitments, q.Commitments) && slices.Equal(p.Responses, q.Responses)
}
