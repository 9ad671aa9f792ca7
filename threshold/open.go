package threshold

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Decryption is what became of the shares of one request.
type Decryption struct {
	// Plaintexts are of the components asked for, in their order. They are nil if and only
	// if Err is not.
	Plaintexts []Plaintext
	// Culprits are, in ascending order, the parties a share of which was false, or of
	// another generation, and none was valid. Shares are to be taken from their
	// authenticated senders, or others make them so.
	Culprits []Index
	Err      error
}

// Open decrypts what is asked for with shares in any order. False ones do not keep t good
// ones from it; if there are fewer, the error matches ErrTooFew and, if any was false, holds
// a *BlameError that names all culprits.
//
//	[ENC-OPEN]  m_i·G = E_i − Σ λ_j·D_ij  over t distinct valid shares
func (c *EncryptionCommittee) Open(r *Request, s []*DecryptionShare) ([]Plaintext, error) {
	d := c.OpenResults(context.Background(), []*Request{r}, [][]*DecryptionShare{s})[0]
	return d.Plaintexts, d.Err
}

// OpenResults is Open of r[i] with s[i] for every i, all shares verified together. It names
// culprits also where it opened without them. If the context ends first, those not yet
// decided get its error.
func (c *EncryptionCommittee) OpenResults(ctx context.Context, r []*Request, s [][]*DecryptionShare) []Decryption {
	results := make([]Decryption, len(r))
	var requests []*Request
	var shares []*DecryptionShare
	ends := make([]int, len(r))
	for i := range r {
		if results[i].Err = r[i].check(c.Components()); results[i].Err == nil && i < len(s) {
			requests = append(requests, slices.Repeat(r[i:i+1], len(s[i]))...)
			shares = append(shares, s[i]...)
		}
		ends[i] = len(shares)
	}
	errs := c.VerifyShares(ctx, requests, shares)
	from := 0
	for i := range r {
		if results[i].Err == nil {
			results[i] = c.open(r[i], shares[from:ends[i]], errs[from:ends[i]])
		}
		from = ends[i]
	}
	return results
}

// open combines the shares without an error, and blames for the others.
func (c *EncryptionCommittee) open(r *Request, shares []*DecryptionShare, errs []error) (d Decryption) {
	valid, verdicts := make([]*DecryptionShare, 0, len(shares)), make([]error, c.Parties()+1)
	seen := make([]bool, len(verdicts))
	for i, s := range shares {
		j := s.Index()
		switch {
		case j < 1 || int(j) > c.Parties():
		case errs[i] != nil:
			if verdicts[j] == nil {
				verdicts[j] = errs[i]
			}
		case !seen[j]:
			seen[j] = true
			valid = append(valid, s)
		}
	}
	for j, err := range verdicts {
		switch {
		case err == nil || seen[j]:
		case guilty(err):
			d.Culprits = append(d.Culprits, Index(j))
		case len(valid) < c.t:
			d.Err = err // the context's
			return d
		}
	}
	if len(valid) < c.t {
		d.Err = fmt.Errorf("%w: %d valid where %d are needed", ErrTooFew, len(valid), c.t)
		if len(d.Culprits) > 0 {
			d.Err = fmt.Errorf("%w: %w", d.Err, &BlameError{slices.Clone(d.Culprits), "ENC-SHARE"})
		}
		return d
	}
	d.Plaintexts = make([]Plaintext, len(r.components))
	for i, p := range curve.MSMs(openingTerms(r, valid[:c.t])) {
		d.Plaintexts[i] = Plaintext{p}
	}
	return d
}

// openingTerms are E_i − Σ λ_j·D_ij for every component asked for.
func openingTerms(r *Request, shares []*DecryptionShare) [][]curve.Term {
	at := make([]Index, len(shares))
	for k, s := range shares {
		at[k] = s.index
	}
	lambda := lagrange(0, at)
	sums := make([][]curve.Term, len(r.components))
	for i, component := range r.components {
		sums[i] = []curve.Term{{Scalar: curve.Uint64(1), Point: r.ciphertext.points[1+component]}}
		for k, s := range shares {
			sums[i] = append(sums[i], curve.Term{Scalar: lambda[k].Neg(), Point: s.points[i]})
		}
	}
	return sums
}

// VerifyOpening checks that the plaintexts of what is asked for are m, by the shares of
// exactly t distinct parties, all of them valid: [ENC-SHARE], [ENC-OPEN]. So whoever has the
// shares shows everybody what he opened.
func (c *EncryptionCommittee) VerifyOpening(r *Request, s []*DecryptionShare, m ...sig.Attribute) error {
	if err := r.check(c.Components()); err != nil {
		return err
	}
	values := make([]curve.Scalar, len(m))
	for i := range m {
		values[i] = m[i].Scalar()
	}
	var claims batch.Claims
	c.claimOpening(&claims, r, s, values)
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// claimOpening claims what VerifyOpening checks, of a request under this committee's keys.
func (c *EncryptionCommittee) claimOpening(claims *batch.Claims, r *Request, s []*DecryptionShare, m []curve.Scalar) {
	if !claims.Require("ENC-OPEN", len(s) == c.t, "%d shares where %d open", len(s), c.t) ||
		!claims.Require("ENC-OPEN", len(m) == len(r.components), "%d plaintexts of %d components", len(m), len(r.components)) {
		return
	}
	seen := make(map[Index]bool, len(s))
	for _, share := range s {
		j := share.Index()
		if !claims.Require("ENC-OPEN", !seen[j], "two shares of party %d", j) {
			return
		}
		seen[j] = true
		if c.claimShare(claims, r, share); claims.Err() != nil {
			return
		}
	}
	for i, terms := range openingTerms(r, s) {
		claims.Relation("ENC-OPEN", terms, curve.Term{Scalar: m[i].Neg(), Point: curve.Generator()})
	}
}
