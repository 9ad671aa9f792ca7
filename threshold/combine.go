package threshold

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/sig"
)

// Result is what became of the shares of one signature.
type Result struct {
	// Signature verifies under the group's key. It is nil if and only if Err is not.
	Signature *sig.Signature
	// Culprits are the parties whose shares were verified by themselves and found
	// invalid, in ascending order: all such among those given if Err matches
	// ErrTooFew, and otherwise possibly none.
	Culprits []Index
	Err      error
}

// Combine makes the signature on m from the shares of at least t distinct parties.
// The first t are combined and the result verified once. Only if that fails is
// every share verified by itself, and t valid ones are combined: a bad share does
// not keep t good ones from making a signature. If fewer are valid, the error
// matches ErrTooFew and holds a *BlameError that names all culprits.
//
// A share of another generation, an index that is 0, above n or occurs twice, and
// fewer than t shares are errors at once: ErrGeneration, ErrIndex, ErrTooFew.
// Collectors sort these out with Expects, and by the authenticated sender of a
// share.
//
// m must be the commitment that the parties signed, or all of them are blamed.
func (c *Committee) Combine(m *sig.Commitment, s []*SignatureShare) (*sig.Signature, error) {
	r := c.CombineResults(context.Background(), []*sig.Commitment{m}, [][]*SignatureShare{s})[0]
	return r.Signature, r.Err
}

// CombineBatch is Combine of s[i] on m[i] for every i, on all cores, verified
// together. One of signature and error is nil for each. If the context ends first,
// the ones not yet decided get its error.
func (c *Committee) CombineBatch(ctx context.Context, m []*sig.Commitment, s [][]*SignatureShare) ([]*sig.Signature, []error) {
	signatures, errs := make([]*sig.Signature, len(m)), make([]error, len(m))
	for i, r := range c.CombineResults(ctx, m, s) {
		signatures[i], errs[i] = r.Signature, r.Err
	}
	return signatures, errs
}

// CombineResults is CombineBatch that names culprits also where a signature was
// made without them, each in one of the results at least if any signature failed
// on its account. Its callers drop further shares of a culprit, which else cost
// them a search each time.
func (c *Committee) CombineResults(ctx context.Context, m []*sig.Commitment, s [][]*SignatureShare) []Result {
	results := make([]Result, len(m))
	sets := make([][]*SignatureShare, len(m))
	copy(sets, s)
	pending := make([]int, 0, len(m))
	for i := range m {
		if err := c.checkCommitment(m[i]); err != nil {
			results[i].Err = err
		} else if err := c.checkSet(sets[i]); err != nil {
			results[i].Err = err
		} else {
			pending = append(pending, i)
		}
	}
	failed := checkPoints(ctx, m, c.combine(ctx, m, sets, pending, results), results)
	suspects := make([]bool, c.Parties()+1)
	for len(failed) > 0 {
		failed = c.retry(ctx, m, sets, failed, suspects, results)
	}
	return results
}

// retry examines the shares of the first failed signature one by one, and makes the
// others anew without the parties that it finds cheating there. Those that need
// them are examined too. It returns what fails on account of further parties: so
// there are not many more rounds than cheats, and the shares of most signatures are
// never verified by themselves, also if a cheat is in all of them.
func (c *Committee) retry(ctx context.Context, m []*sig.Commitment, sets [][]*SignatureShare, failed []int, suspects []bool, results []Result) []int {
	examined := c.blame(ctx, m, sets, failed[:1], suspects, results)
	var again, doubtful []int
	for _, i := range failed[1:] {
		sets[i] = suspectsLast(sets[i], suspects)
		if suspects[sets[i][c.t-1].index] {
			doubtful = append(doubtful, i)
		} else {
			again = append(again, i)
		}
	}
	examined = append(examined, c.blame(ctx, m, sets, doubtful, suspects, results)...)
	for _, i := range c.combine(ctx, m, sets, examined, results) {
		// the check of the committee excludes it up to an error of 2^-64
		results[i].Err = fmt.Errorf("%w: [SIG-1] valid shares make no valid signature", ErrInvalid)
	}
	return c.combine(ctx, m, sets, again, results)
}

func suspectsLast(shares []*SignatureShare, suspects []bool) []*SignatureShare {
	var last []*SignatureShare
	ordered := make([]*SignatureShare, 0, len(shares))
	for _, s := range shares {
		if suspects[s.index] {
			last = append(last, s)
		} else {
			ordered = append(ordered, s)
		}
	}
	return append(ordered, last...)
}

// checkSet demands at least t shares of this generation by distinct parties.
func (c *Committee) checkSet(shares []*SignatureShare) error {
	seen := make([]bool, c.Parties()+1)
	for _, s := range shares {
		if err := c.Expects(s); err != nil {
			return err
		}
		if seen[s.index] {
			return fmt.Errorf("%w: two shares of party %d", ErrIndex, s.index)
		}
		seen[s.index] = true
	}
	if len(shares) < c.t {
		return fmt.Errorf("%w: %d where %d are needed", ErrTooFew, len(shares), c.t)
	}
	return nil
}

// combine makes and verifies the signatures of the first t shares of sets[i], for i
// in which, and returns those i for which the signature is invalid.
func (c *Committee) combine(ctx context.Context, m []*sig.Commitment, sets [][]*SignatureShare, which []int, results []Result) (failed []int) {
	if err := ctx.Err(); err != nil {
		for _, i := range which {
			results[i].Err = err
		}
		return nil
	}
	first := make([][]*SignatureShare, len(which))
	for k, i := range which {
		first[k] = sets[i][:c.t]
	}
	signed := make([]*sig.Signed, len(which))
	keys := make([]*sig.PublicKey, len(which))
	for k, s := range interpolate(first) {
		keys[k], signed[k] = c.group, &sig.Signed{Commitment: m[which[k]], Signature: s}
	}
	for k, err := range sig.VerifyBatch(ctx, keys, signed) {
		switch i := which[k]; {
		case err == nil:
			results[i].Signature = signed[k].Signature
		case refuted(err):
			failed = append(failed, i)
		default:
			results[i].Err = err
		}
	}
	return failed
}

// blame verifies every share of sets[i], for i in which, names the culprits, leaves
// the valid shares in sets[i], and returns those i for which t remain.
func (c *Committee) blame(ctx context.Context, m []*sig.Commitment, sets [][]*SignatureShare, which []int, suspects []bool, results []Result) (rest []int) {
	var commitments []*sig.Commitment
	var shares []*SignatureShare
	for _, i := range which {
		commitments = append(commitments, slices.Repeat(m[i:i+1], len(sets[i]))...)
		shares = append(shares, sets[i]...)
	}
	errs := c.VerifyShares(ctx, commitments, shares)
	for _, i := range which {
		var valid []*SignatureShare
		r := &results[i]
		for k, s := range sets[i] {
			switch err := errs[k]; {
			case err == nil:
				valid = append(valid, s)
			case refuted(err):
				r.Culprits = append(r.Culprits, s.index)
				suspects[s.index] = true
			default:
				r.Err = err
			}
		}
		errs = errs[len(sets[i]):]
		sets[i] = valid
		slices.Sort(r.Culprits)
		if r.Err == nil && len(valid) < c.t {
			r.Err = fmt.Errorf("%w: %d valid where %d are needed: %w",
				ErrTooFew, len(valid), c.t, &BlameError{slices.Clone(r.Culprits), "THR-1"})
		}
		if r.Err == nil {
			rest = append(rest, i)
		}
	}
	return rest
}

// checkPoints sorts out commitments with points off the subgroup, under which no
// share verifies and nobody is to blame.
func checkPoints(ctx context.Context, m []*sig.Commitment, which []int, results []Result) (rest []int) {
	items := make([]*batch.Claims, len(which))
	for k, i := range which {
		items[k] = new(batch.Claims)
		items[k].InG1("SIG-1", m[i].Base())
		m[i].ClaimPoints(items[k], "SIG-1")
	}
	for k, err := range batch.Verify(ctx, items) {
		switch i := which[k]; {
		case err == nil:
			rest = append(rest, i)
		case refuted(err):
			results[i].Err = fmt.Errorf("%w: commitment: %w", ErrArgument, err)
		default:
			results[i].Err = err
		}
	}
	return rest
}
