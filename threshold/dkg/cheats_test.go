package dkg

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// An attack is a way to cheat in a key generation, and what the cheat is blamed for.
type attack struct {
	name  string
	label string // "" for silence
	// noBlame is for what harms the cheat alone; absent, if it is no member then.
	noBlame, absent bool
	cheat           func(victims []int) cheat // victims are honest
}

// in is a cheat of one round.
func in(r Round, f func(w *world, p *Participant, m []byte) []byte) cheat {
	return func(w *world, p *Participant, m []byte) ([]byte, bool) {
		if w.session.Round() != r {
			return nil, false
		}
		return f(w, p, m), true
	}
}

func always(c cheat) func([]int) cheat { return func([]int) cheat { return c } }

func silent(r Round) func([]int) cheat {
	return always(in(r, func(*world, *Participant, []byte) []byte { return nil }))
}

func bodyOf(w *world, m []byte) []byte {
	parsed, err := parseMessage(m)
	require.NoError(w.t, err)
	return slices.Clone(parsed.body)
}

// withDeal changes a deal.
func withDeal(f func(w *world, p *Participant, d *deal, victims []int)) func([]int) cheat {
	return func(victims []int) cheat {
		return in(Deal, func(w *world, p *Participant, m []byte) []byte {
			r := wire.NewReader(bodyOf(w, m))
			d := readDeal(r, w.setup.Terms.Key.k, len(w.parties), w.session.blinded())
			require.NoError(w.t, r.Close())
			f(w, p, d, victims)
			return w.signed(p, d.append(nil))
		})
	}
}

// withDegree deals other polynomials, of so many coefficients more.
func withDegree(more int) func([]int) cheat {
	return withDeal(func(w *world, p *Participant, d *deal, _ []int) {
		n := uint32(0)
		f := secret.Draw(w.setup.Terms.Key.k, w.setup.Terms.Threshold+more, func() curve.Scalar {
			n++
			return p.secret.scalar([32]byte{}, "another degree", n)
		})
		d.pedersen = f.Pedersen()
		rho := p.rho()
		for j := range d.boxes {
			pk := w.setup.Enrolments[j].key
			d.boxes[j] = pad(d.r, pk, mulSecret(rho, pk), w.session.id, p.dealer, NewIndex(j+1), f.At(uint64(j+1)).Append(nil))
		}
	})
}

// spoil changes what is dealt to some of the victims.
func spoil(how func(box []byte), count func(w *world) int) func([]int) cheat {
	return withDeal(func(w *world, _ *Participant, d *deal, victims []int) {
		for k, j := range victims {
			if k < count(w) {
				how(d.boxes[j-1])
			}
		}
	})
}

func wrong(box []byte)        { box[curve.ScalarSize-1] ^= 1 } // in x
func lastBit(box []byte)      { box[len(box)-1] ^= 1 }         // in the last blinding, if there is one
func notCanonical(box []byte) { box[0] ^= 0x80 }
func one(*world) int          { return 1 }
func faults(w *world) int     { return w.setup.Terms.Faults }
func allButT(w *world) int    { return len(w.parties) - w.setup.Terms.Threshold }

var lowOrder = curve.FromG1Affine(testrand.SmallOrder(11))

// proveDeal proves knowledge of ρ for another R than ρ·G.
func proveDeal(w *world, p *Participant, d *deal, rho curve.Scalar) {
	var err error
	d.proof, err = d.statement().Prove(testrand.New("cheat"), w.session.dealTranscript(p.dealer), sigma.Witness{"rho": rho})
	require.NoError(w.t, err)
}

// complaintOf is party p's of a dealer, with a proof for it.
func complaintOf(w *world, p *Participant, i OldIndex, k curve.G1) complaint {
	c, sk := complaint{dealer: i, k: k}, p.decryptionKey()
	var err error
	c.proof, err = w.session.complaintStatement(&c, p.index).Prove(testrand.New("cheat"), w.session.complaintTranscript(i, p.index), sigma.Witness{"sk": sk})
	require.NoError(w.t, err)
	return c
}

func complaining(f func(w *world, p *Participant, i OldIndex) complaint) func([]int) cheat {
	return func(victims []int) cheat {
		return in(Complain, func(w *world, p *Participant, _ []byte) []byte {
			return w.signed(p, appendComplaints(nil, []complaint{f(w, p, OldIndex(victims[0]))}))
		})
	}
}

func trueK(w *world, p *Participant, i OldIndex) curve.G1 {
	return mulSecret(p.decryptionKey(), w.session.dealers[i-1].deal.r)
}

// withOpening changes an opening.
func withOpening(f func(f *secret.Feldman)) func([]int) cheat {
	return always(in(Open, func(w *world, p *Participant, m []byte) []byte {
		r := wire.NewReader(bodyOf(w, m))
		opening := secret.ReadFeldman(r, w.setup.Terms.Key.k)
		require.NoError(w.t, r.Close())
		f(opening)
		return w.signed(p, opening.Append(nil))
	}))
}

func exposing(change func(share *secret.Share)) func([]int) cheat {
	return func(victims []int) cheat {
		return in(Expose, func(w *world, p *Participant, _ []byte) []byte {
			i := OldIndex(victims[0])
			r := wire.NewReader(p.shares[i-1].Append(nil))
			share := secret.ReadShare(r, w.setup.Terms.Key.k, true)
			change(share)
			return w.signed(p, appendExposures(nil, []exposure{{i, share}}))
		})
	}
}

// another is the share with another last blinding.
func another(w *world, share *secret.Share) *secret.Share {
	b := share.Append(nil)
	lastBit(b)
	return secret.ReadShare(wire.NewReader(b), w.setup.Terms.Key.k, true)
}

// attacks are all of a single cheat in a key generation.
var attacks = []attack{
	{name: "silent at deal", cheat: silent(Deal)},
	{name: "a degree more", label: "DKG-DEG", cheat: withDegree(1)},
	{name: "a degree less", label: "DKG-DEG", cheat: withDegree(-1)},
	{name: "no coefficients", label: "DKG-DEG", cheat: withDeal(func(_ *world, _ *Participant, d *deal, _ []int) {
		d.pedersen.X = []curve.G2{}
		for c := range d.pedersen.G1 {
			d.pedersen.G1[c] = nil
		}
	})},
	{name: "2^16 coefficients", label: "DKG-FORM", cheat: always(in(Deal, func(w *world, p *Participant, m []byte) []byte {
		body := bodyOf(w, m)
		copy(body[len(headOf(w, body)):], []byte{0xff, 0xff})
		return w.signed(p, body)
	}))},
	{name: "no body", label: "DKG-FORM", cheat: always(in(Deal, func(w *world, p *Participant, _ []byte) []byte { return w.signed(p, nil) }))},
	{name: "a wrong share to one", label: "DKG-SHARE", cheat: spoil(wrong, one)},
	{name: "a wrong share to f", label: "DKG-SHARE", cheat: spoil(wrong, faults)},
	{name: "a wrong share to all but t", label: "DKG-SHARE", cheat: spoil(wrong, allButT)},
	{name: "a share that is no scalar", label: "DKG-SHARE", cheat: spoil(notCanonical, one)},
	{name: "R of small order", label: "DKG-SUB", cheat: withDeal(func(w *world, p *Participant, d *deal, _ []int) {
		d.r = d.r.Add(lowOrder)
		proveDeal(w, p, d, p.rho())
	})},
	{name: "R = 0", label: "DKG-FORM", cheat: withDeal(func(w *world, p *Participant, d *deal, _ []int) { d.r = curve.G1{} })},
	{name: "another's R", label: "DKG-POK", cheat: withDeal(func(w *world, p *Participant, d *deal, victims []int) {
		d.r = curve.Generator().Mul(w.parties[victims[0]-1].rho())
	})},
	{name: "another's R and δ·G", label: "DKG-POK", cheat: withDeal(func(w *world, p *Participant, d *deal, victims []int) {
		rho := p.rho()
		d.r = d.r.Add(curve.Generator().Mul(w.parties[victims[0]-1].rho()))
		proveDeal(w, p, d, rho)
	})},
	{name: "a commitment off the subgroup", label: "DKG-SUB", cheat: withDeal(func(_ *world, _ *Participant, d *deal, _ []int) {
		d.pedersen.G1[0][0] = d.pedersen.G1[0][0].Add(lowOrder)
	})},
	{name: "a commitment to x off the subgroup", label: "DKG-SUB", cheat: withDeal(func(_ *world, _ *Participant, d *deal, _ []int) {
		d.pedersen.X[0] = d.pedersen.X[0].Add(curve.FromG2Affine(testrand.SmallOrder2(13)))
	})},
	{name: "a deal of other components", label: "DKG-FORM", cheat: withDeal(func(_ *world, _ *Participant, d *deal, _ []int) {
		d.pedersen.X = nil // so that y's are in the place of x
	})},

	{name: "silent at complain", noBlame: true, cheat: silent(Complain)},
	{name: "a false complaint", label: "DKG-COMPLAINT", cheat: complaining(func(w *world, p *Participant, i OldIndex) complaint {
		return complaintOf(w, p, i, trueK(w, p, i))
	})},
	{name: "a complaint with a forged K", label: "DKG-COMPLAINT", cheat: complaining(func(w *world, p *Participant, i OldIndex) complaint {
		return complaintOf(w, p, i, trueK(w, p, i).Add(curve.Generator()))
	})},
	{name: "a complaint with K off the subgroup", label: "DKG-SUB", cheat: complaining(func(w *world, p *Participant, i OldIndex) complaint {
		return complaintOf(w, p, i, trueK(w, p, i).Add(lowOrder))
	})},
	{name: "a complaint of nobody", label: "DKG-INDEX", cheat: complaining(func(w *world, p *Participant, i OldIndex) complaint {
		c := complaintOf(w, p, i, trueK(w, p, i))
		c.dealer = OldIndex(len(w.parties) + 1)
		return c
	})},
	{name: "complaints cut short", label: "DKG-FORM", cheat: always(in(Complain, func(w *world, p *Participant, _ []byte) []byte {
		return w.signed(p, []byte{0, 1, 0})
	}))},

	{name: "silent at open", cheat: silent(Open)},
	{name: "another polynomial opened", label: "DKG-OPEN", cheat: withOpening(func(f *secret.Feldman) {
		f.X[0] = f.X[0].Add(curve.Generator2())
	})},
	{name: "y opened otherwise", label: "DKG-OPEN", cheat: withOpening(func(f *secret.Feldman) {
		f.G1[0][1], f.Y2[0][1] = f.G1[0][1].Add(curve.Generator()), f.Y2[0][1].Add(curve.Generator2())
	})},
	{name: "A right in G2 and wrong in G1", label: "DKG-PAIR", cheat: withOpening(func(f *secret.Feldman) {
		f.G1[0][0] = f.G1[0][0].Add(curve.Generator())
	})},
	{name: "A right in G1 and wrong in G2", label: "DKG-PAIR", cheat: withOpening(func(f *secret.Feldman) {
		f.Y2[0][1] = f.Y2[0][1].Add(curve.Generator2())
	})},
	{name: "opened with a degree more", label: "DKG-DEG", cheat: withOpening(func(f *secret.Feldman) { f.X = append(f.X, f.X[0]) })},
	{name: "opened off the subgroup", label: "DKG-SUB", cheat: withOpening(func(f *secret.Feldman) {
		f.X[0] = f.X[0].Add(curve.FromG2Affine(testrand.SmallOrder2(13)))
	})},
	{name: "x opened in G1 as well", label: "DKG-FORM", cheat: always(in(Open, func(w *world, p *Participant, m []byte) []byte {
		x := p.polynomials().At(0).Append(nil) // begins with it
		return w.signed(p, curve.Generator().Mul(curve.ReadScalar(wire.NewReader(x))).Append(bodyOf(w, m)))
	}))},

	{name: "silent at expose", noBlame: true, cheat: silent(Expose)},
	{name: "a right opening exposed", label: "DKG-OPEN", cheat: exposing(func(*secret.Share) {})},
	{name: "an exposure of a wrong share", label: "DKG-SHARE", cheat: func(victims []int) cheat {
		return in(Expose, func(w *world, p *Participant, _ []byte) []byte {
			i := OldIndex(victims[0])
			return w.signed(p, appendExposures(nil, []exposure{{i, another(w, p.shares[i-1])}}))
		})
	}},
	{name: "silent at reconstruct", noBlame: true, cheat: silent(Reconstruct)},

	{name: "silent at confirm", noBlame: true, absent: true, cheat: silent(Confirm)},
	{name: "a vote without a share", label: "DKG-CONFIRM", absent: true, cheat: always(in(Confirm, func(w *world, p *Participant, _ []byte) []byte {
		share := p.share().Append(nil)
		wrong(share)
		wrong := secret.ReadShare(wire.NewReader(share), w.setup.Terms.Key.k, false)
		c, err := wrong.Confirm(nil, w.session.confirmTranscript(p.index), w.session.outcome.public(p.index))
		require.NoError(w.t, err)
		return w.signed(p, c.Append(nil))
	}))},
	{name: "another's vote", label: "DKG-CONFIRM", absent: true, cheat: func(victims []int) cheat {
		return in(Confirm, func(w *world, p *Participant, _ []byte) []byte {
			m, err := w.parties[victims[0]-1].Message()
			require.NoError(w.t, err)
			return w.signed(p, bodyOf(w, m))
		})
	}},
}

// headOf is what a deal has before its commitments.
func headOf(w *world, body []byte) []byte {
	r := wire.NewReader(body)
	curve.ReadG1(r)
	sigma.Read(r, 1)
	return body[:len(body)-r.Len()]
}

func attackNamed(name string) attack {
	for _, a := range attacks {
		if a.name == name {
			return a
		}
	}
	panic(fmt.Sprint("no attack ", name))
}
