package dkg

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// isQualified reports a dealer whose polynomials are in the key.
func (s *Session) isQualified(i OldIndex) bool { return slices.Contains(s.qualified, i) }

// takeOpening verifies what everybody can see of an opening: the coefficients in the
// exponent. Whether they are those committed to, only who holds a share can say.
func (s *Session) takeOpening(i OldIndex, r *wire.Reader) error {
	k := s.terms.Key.k
	f := secret.ReadFeldman(r, k)
	if err := finish(r); err != nil {
		return err
	}
	if !s.isQualified(i) {
		return &batch.Error{Label: "DKG-INDEX", Detail: "the dealer is not qualified"}
	}
	var c batch.Claims
	f.ClaimDegree(&c, "DKG-DEG", k, s.terms.Threshold)
	f.ClaimPoints(&c, "DKG-SUB")
	f.ClaimPairs(&c, "DKG-PAIR")
	if err := batch.One(&c); err != nil {
		return err
	}
	s.dealers[i-1].opening = f
	return nil
}

// unopened are the dealers in the key that have not opened what they dealt, as far as is
// known.
func (s *Session) unopened() []OldIndex {
	var all []OldIndex
	for _, i := range s.qualified {
		if d := &s.dealers[i-1]; d.opening == nil || d.exposed {
			all = append(all, i)
		}
	}
	return all
}

// tooManyUnopened fails the session if more than f dealers have not opened, or fewer than t
// have. Whoever has not is reconstructed for everybody to see. An attacker who delays the
// messages of honest dealers would have their part of the key so; t who have opened are
// more than it corrupts, and what one honest dealer of them has in the key stays secret.
// Of n − f that are honest and in time, all have opened.
func (s *Session) tooManyUnopened() bool {
	n := len(s.unopened())
	opened := len(s.qualified) - n
	switch {
	case n > s.terms.Faults:
		s.fail("not opened by %d dealers, more than f = %d", n, s.terms.Faults)
	case opened < s.terms.Threshold:
		s.fail("opened by %d dealers, fewer than t = %d", opened, s.terms.Threshold)
	default:
		return false
	}
	return true
}

func (s *Session) endOpen() {
	s.silent(Open, s.qualified)
	if !s.tooManyUnopened() {
		s.round = Expose
	}
}

// exposure is party j's share of a dealer, with the blinding, in the open.
type exposure struct {
	dealer OldIndex
	share  *secret.Share
}

func appendExposures(b []byte, all []exposure) []byte {
	b = wire.AppendUint16(b, uint16(len(all)))
	for _, e := range all {
		b = e.share.Append(wire.AppendUint16(b, uint16(e.dealer)))
	}
	return b
}

// readExposures decodes exposures in ascending order of dealers.
func readExposures(r *wire.Reader, k secret.Kind) []exposure {
	var all []exposure
	last := OldIndex(0)
	for range r.Count(MaxParties, 2+k.Size(true)) {
		e := exposure{OldIndex(r.Uint16()), secret.ReadShare(r, k, true)}
		if e.dealer <= last {
			r.Fail("dealers out of order")
		}
		last = e.dealer
		all = append(all, e)
	}
	return all
}

// takeExposures decides [DKG-OPEN]: a share that its dealer committed to and that is not
// on what it opened shows that it opened something else.
func (s *Session) takeExposures(j NewIndex, r *wire.Reader) error {
	all := readExposures(r, s.terms.Key.k)
	if err := finish(r); err != nil {
		return err
	}
	for _, e := range all {
		if !s.isQualified(e.dealer) || s.dealers[e.dealer-1].opening == nil {
			return &batch.Error{Label: "DKG-INDEX", Detail: fmt.Sprintf("dealer %d opened nothing to expose", e.dealer)}
		}
		if err := s.verifyShare(e, j); err != nil {
			return err
		}
	}
	for _, e := range all {
		d := &s.dealers[e.dealer-1]
		switch good := s.opens(e, j); {
		case good:
			s.blameParty(j, "DKG-OPEN", fmt.Sprintf("expose: the opening of dealer %d is right", e.dealer))
		case !d.exposed:
			d.exposed = true
			s.blameDealer(e.dealer, "DKG-OPEN", fmt.Sprintf("open: another polynomial than that of the share of party %d", j))
		}
	}
	return nil
}

func (s *Session) verifyShare(e exposure, j NewIndex) error {
	var c batch.Claims
	s.claimShare(&c, e.dealer, j, e.share)
	return batch.One(&c)
}

// opens reports whether a share is on what its dealer opened.
func (s *Session) opens(e exposure, j NewIndex) bool {
	var c batch.Claims
	e.share.ClaimFeldman(&c, "DKG-OPEN", s.dealers[e.dealer-1].opening, uint64(j))
	return batch.One(&c) == nil
}

func (s *Session) endExpose() {
	if s.tooManyUnopened() {
		return
	}
	for _, i := range s.qualified {
		d := &s.dealers[i-1]
		d.final = d.opening
	}
	if len(s.unopened()) == 0 {
		s.beginConfirm()
		return
	}
	for _, i := range s.unopened() {
		s.dealers[i-1].shares = make(map[NewIndex]*secret.Share)
	}
	s.round = Reconstruct
}

// takeReconstruction takes party j's shares of the dealers that did not open.
func (s *Session) takeReconstruction(j NewIndex, r *wire.Reader) error {
	all := readExposures(r, s.terms.Key.k)
	if err := finish(r); err != nil {
		return err
	}
	for _, e := range all {
		if !s.isQualified(e.dealer) || s.dealers[e.dealer-1].shares == nil {
			return &batch.Error{Label: "DKG-INDEX", Detail: fmt.Sprintf("dealer %d is not reconstructed", e.dealer)}
		}
		if err := s.verifyShare(e, j); err != nil {
			return err
		}
	}
	for _, e := range all {
		s.dealers[e.dealer-1].shares[j] = e.share
	}
	return nil
}

// endReconstruct makes the polynomials of those who did not open from any t shares: all t
// are on what they committed to, and so are the others.
func (s *Session) endReconstruct() {
	for _, i := range s.unopened() {
		d := &s.dealers[i-1]
		var at []uint64
		var shares []*secret.Share
		for j := range s.parties {
			if share := d.shares[NewIndex(j+1)]; share != nil && len(at) < s.terms.Threshold {
				at, shares = append(at, uint64(j+1)), append(shares, share)
			}
		}
		if len(at) < s.terms.Threshold {
			s.fail("%d shares of dealer %d where %d reconstruct it", len(at), i, s.terms.Threshold)
			return
		}
		d.final = secret.Interpolate(at, shares).Feldman()
	}
	s.beginConfirm()
}
