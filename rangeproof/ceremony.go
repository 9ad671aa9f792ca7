package rangeproof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"
	"github.com/consensys/gnark/backend/groth16/bls12-381/mpcsetup"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// MinBeacon is the least length of a beacon, in bytes.
const MinBeacon = 16

const maxBeacon = 1 << 10

// Ceremony is a multi-party setup, in two phases: powers of τ, then the circuit's
// keys. Nobody can forge proofs if in each phase one contributor was honest and
// forgot his randomness.
//
// It is a state machine that every participant and observer runs on the same
// inputs: contributions in the order in which they were published, and at the end
// of each phase a beacon, a public random value that nobody could foresee when the
// last contribution was made. Equal inputs give equal keys, so that a transcript
// is verified by replaying it: ParseCeremony.
//
//	contributor               all
//	Contribute  ---------->   Accept        any number of times, at least once
//	                          Seal(beacon)  ends phase 1, then phase 2
//	                          Keys
//
// A step takes up to a second for the usual circuits. A Ceremony is not safe for
// concurrent use. The zero value is of no use.
//
// Bowe, Gabizon and Miers, ePrint 2017/1050.
type Ceremony struct {
	circuit       *Circuit
	state         contribution // the last one accepted in this phase, or its start
	contributions int          // accepted in this phase
	commons       mpcsetup.SrsCommons
	evaluations   mpcsetup.Phase2Evaluations
	proving       *ProvingKey // once both phases are sealed
	steps         []Step      // all that was taken
}

// Step is what was published in a ceremony at a time: a contribution, or the beacon that
// ends a phase.
type Step struct {
	Phase  int
	Beacon bool
	Bytes  []byte
	// Digest is the SHA-256 of the bytes, by which a contributor finds his contribution.
	Digest [sha256.Size]byte
}

// String says what the step is.
func (s Step) String() string {
	what := "contribution"
	if s.Beacon {
		what = "beacon"
	}
	return fmt.Sprintf("%s %x… of phase %d", what, s.Digest[:8], s.Phase)
}

// Circuit is the one whose keys are made, nil of none.
func (c *Ceremony) Circuit() *Circuit {
	if c == nil {
		return nil
	}
	return c.circuit
}

// Steps are what was taken so far, in order. Their bytes are not to be changed.
func (c *Ceremony) Steps() []Step {
	if c == nil {
		return nil
	}
	return slices.Clone(c.steps)
}

// took keeps a step of a phase.
func (c *Ceremony) took(phase byte, beacon bool, b []byte) {
	s := Step{int(phase), beacon, slices.Clone(b), sha256.Sum256(b)}
	c.steps = append(slices.Clip(c.steps), s)
}

// contribution is a *mpcsetup.Phase1 or *mpcsetup.Phase2.
type contribution interface {
	io.WriterTo
	io.ReaderFrom
	Contribute()
}

// NewCeremony starts the setup of a circuit. Without one, every step of it fails.
func NewCeremony(c *Circuit) *Ceremony {
	if c.empty() {
		return new(Ceremony)
	}
	return &Ceremony{circuit: c, state: mpcsetup.NewPhase1(ecc.NextPowerOfTwo(uint64(c.Constraints())))}
}

// Phase is 1 or 2, or 3 when the keys are made, and the number of contributions
// accepted in it; 0 without a circuit.
func (c *Ceremony) Phase() (phase, contributions int) {
	if c == nil {
		return 0, 0
	}
	return int(c.phase()), c.contributions
}

func (c *Ceremony) phase() byte {
	if c.circuit == nil {
		return 0
	}
	if c.proving != nil {
		return 3
	}
	if _, ok := c.state.(*mpcsetup.Phase1); ok {
		return 1
	}
	return 2
}

// open reports whether there is a phase to go on with.
func (c *Ceremony) open() error {
	switch {
	case c == nil || c.circuit == nil:
		return fmt.Errorf("%w: no circuit: make it with NewCeremony", ErrCeremony)
	case c.proving != nil:
		return fmt.Errorf("%w: both phases are sealed", ErrCeremony)
	}
	return nil
}

// Contribute makes a contribution from fresh randomness of crypto/rand, to be
// published and accepted by all, this Ceremony included. It changes nothing.
func (c *Ceremony) Contribute() ([]byte, error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	next, err := c.clone()
	if err != nil {
		return nil, err
	}
	next.Contribute()
	return append(c.header(), body(next)...), nil
}

// Accept verifies a contribution and takes it as the next: that it follows the
// last one, and that its maker knew the randomness. The error is ErrMalformed or
// ErrCeremony; then the Ceremony is unchanged.
func (c *Ceremony) Accept(b []byte) error {
	if err := c.open(); err != nil {
		return err
	}
	next, err := c.read(b)
	if err != nil {
		return err
	}
	switch last := c.state.(type) {
	case *mpcsetup.Phase1:
		err = last.Verify(next.(*mpcsetup.Phase1))
	case *mpcsetup.Phase2:
		err = last.Verify(next.(*mpcsetup.Phase2))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCeremony, err)
	}
	c.state = next
	c.contributions++
	c.took(c.phase(), false, b)
	return nil
}

// Seal ends the phase with a beacon of at least MinBeacon bytes. It demands a
// contribution: a phase of a beacon alone has a trapdoor that everybody knows.
func (c *Ceremony) Seal(beacon []byte) error {
	if err := c.open(); err != nil {
		return err
	}
	switch {
	case c.contributions == 0:
		return fmt.Errorf("%w: phase %d without contribution", ErrCeremony, c.phase())
	case len(beacon) < MinBeacon || len(beacon) > maxBeacon:
		return fmt.Errorf("%w: beacon of %d bytes, of %d to %d", ErrArgument, len(beacon), MinBeacon, maxBeacon)
	}
	phase := c.phase()
	last, err := c.clone() // sealing changes it
	if err != nil {
		return err
	}
	switch last := last.(type) {
	case *mpcsetup.Phase1:
		c.commons = last.Seal(beacon)
		next := new(mpcsetup.Phase2)
		c.evaluations = next.Initialize(c.circuit.r1cs, &c.commons)
		c.state, c.contributions = next, 0
	case *mpcsetup.Phase2:
		pk, vk := last.Seal(&c.commons, &c.evaluations, beacon)
		k, _, err := newKeys(c.circuit, pk.(*groth16.ProvingKey), vk.(*groth16.VerifyingKey), MultiParty)
		if err != nil {
			return err
		}
		c.proving = k
	}
	c.took(phase, true, beacon)
	return nil
}

// Keys are the keys, once both phases are sealed.
func (c *Ceremony) Keys() (*ProvingKey, *VerifyingKey, error) {
	if phase, _ := c.Phase(); phase != 3 {
		return nil, nil, fmt.Errorf("%w: phase %d is not sealed", ErrCeremony, phase)
	}
	return c.proving, c.proving.verifier, nil
}

// fresh is an empty contribution of the present phase.
func (c *Ceremony) fresh() contribution {
	if c.phase() == 1 {
		return new(mpcsetup.Phase1)
	}
	return new(mpcsetup.Phase2)
}

// clone copies the state, through gnark's encoding for want of another way.
func (c *Ceremony) clone() (contribution, error) {
	p := c.fresh()
	if _, err := p.ReadFrom(bytes.NewReader(body(c.state))); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCeremony, err)
	}
	return p, nil
}

// header begins a contribution: version, phase, circuit.
func (c *Ceremony) header() []byte {
	return append([]byte{version, c.phase()}, c.circuit.id[:]...)
}

// body is a contribution in gnark's encoding.
func body(p contribution) []byte {
	var b bytes.Buffer
	if _, err := p.WriteTo(&b); err != nil {
		panic("rangeproof: " + err.Error()) // a buffer takes all
	}
	return b.Bytes()
}

// read decodes a contribution. All encodings of a phase have one length and the
// same counts at the same places, so that gnark's decoder, which allocates what a
// count says, is given only counts that our own state has. Points that it reads
// are in their subgroups.
func (c *Ceremony) read(b []byte) (contribution, error) {
	model := body(c.state)
	r := wire.NewReader(b)
	if h := c.header(); !bytes.Equal(r.Take(len(h)), h) {
		r.Fail("contribution of another version, phase or circuit")
	}
	rest := r.Take(r.Len())
	base := len(model) - 1 // the length of the challenge, which the start has not
	if c.contributions > 0 {
		base -= challengeBytes
	}
	if len(rest) != base+1+challengeBytes || rest[base] != challengeBytes {
		r.Fail("contribution of %d bytes", len(rest))
	}
	if r.Err() == nil {
		for _, at := range c.counts(model) {
			if !bytes.Equal(rest[at.from:at.to], model[at.from:at.to]) {
				r.Fail("contribution with other counts")
			}
		}
	}
	if r.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, r.Err())
	}
	next := c.fresh()
	if _, err := next.ReadFrom(bytes.NewReader(rest)); err != nil {
		return nil, fmt.Errorf("%w: contribution: %w", ErrMalformed, err)
	}
	if !bytes.Equal(body(next), rest) { // gnark takes compressed and uncompressed points
		return nil, fmt.Errorf("%w: contribution not canonical", ErrMalformed)
	}
	return next, nil
}

const (
	compressed1    = bls12381.SizeOfG1AffineCompressed
	updateBytes    = compressed1 + bls12381.SizeOfG2AffineCompressed // an update with its proof of knowledge
	challengeBytes = 32                                              // a hash of the contribution before
)

type span struct{ from, to int }

// counts says where gnark's encoding has the numbers that its decoder allocates
// from: behind three updates the size of the domain; or the number of
// commitments, and behind [δ]₁ two lists' lengths.
func (c *Ceremony) counts(model []byte) []span {
	if c.phase() == 1 {
		return []span{{3 * updateBytes, 3*updateBytes + 8}}
	}
	first := 2 + compressed1
	second := first + 4 + compressed1*c.circuit.shape().k
	return []span{{0, 2}, {first, first + 4}, {second, second + 4}}
}
