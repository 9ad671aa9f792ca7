package budget

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
)

var (
	// ErrPolicy is returned for a policy that cannot be enforced.
	ErrPolicy = errors.New("budget: unusable policy")
	// ErrTime is returned for a time before the policy's start, or from its end on.
	ErrTime = errors.New("budget: time in no epoch")
	// ErrClass is returned for a class that the policy does not have.
	ErrClass = errors.New("budget: unknown class")
)

// Amount is a number of an asset's minor units.
type Amount = rangeproof.Amount

// Epoch numbers the periods of a policy, from 1. 0 stands for none.
type Epoch uint64

// Class selects the amount that a user is granted, as an index of Policy.Classes.
type Class uint16

// Privacy is the name of the counter that anonymous payments are taken from: the privacy
// budget.
const Privacy = "budget"

// Counter is a further limit on what a user pays in an epoch, by class: such as the volume
// of his audited payments.
type Counter struct {
	Name    string
	Classes []Amount // granted per epoch and asset to each class, as many as the policy has
}

// Policy is the times of a ledger and what users may pay in them. The zero Policy is not
// valid.
type Policy struct {
	Start       time.Time     // of epoch 1, in whole seconds
	End         time.Time     // of all epochs, in whole seconds: no block has this time or a later one; zero for DefaultEnd
	EpochLength time.Duration // in whole seconds
	Classes     []Amount      // privacy budget per epoch and asset of each class
	Counters    []Counter     // besides Privacy
}

// Counts reports whether the policy has a counter.
func (p Policy) Counts(name string) bool {
	return name == Privacy || slices.ContainsFunc(p.Counters, func(c Counter) bool { return c.Name == name })
}

// Clone is a copy that shares nothing with p.
func (p Policy) Clone() Policy {
	p.Classes, p.Counters = slices.Clone(p.Classes), slices.Clone(p.Counters)
	for i := range p.Counters {
		p.Counters[i].Classes = slices.Clone(p.Counters[i].Classes)
	}
	return p
}

// DefaultEnd is the End of a policy that gives none, the year 2300, in seconds since
// 1970. The block's time never goes back: were one taken for seconds that was in
// milliseconds, no other could follow for 56 000 years.
const DefaultEnd = 10_413_792_000

// maxEnd is the year 10000. Milliseconds since 1970 passed it in 1978.
const maxEnd = 253_402_300_800

// Bounds on what a policy holds.
const (
	MaxClasses  = 256
	MaxCounters = 8
	maxName     = 64 // of a counter, in bytes
)

// Validate reports why a policy cannot be enforced.
func (p Policy) Validate() error {
	switch {
	case p.Start.IsZero():
		return fmt.Errorf("%w: no start", ErrPolicy)
	case p.Start.Unix() < 0 || p.Start.Nanosecond() != 0:
		return fmt.Errorf("%w: start %v is not in whole seconds since 1970", ErrPolicy, p.Start)
	case p.End.Nanosecond() != 0 || p.end() <= p.Start.Unix() || p.end() > maxEnd:
		return fmt.Errorf("%w: end at %d s since 1970, not after the start at %d and up to %d", ErrPolicy, p.end(), p.Start.Unix(), int64(maxEnd))
	case !wholeSeconds(p.EpochLength) || p.EpochLength == 0:
		return fmt.Errorf("%w: epoch of %v, not a positive number of whole seconds", ErrPolicy, p.EpochLength)
	case len(p.Classes) == 0 || len(p.Classes) > MaxClasses:
		return fmt.Errorf("%w: %d classes, of 1 to %d", ErrPolicy, len(p.Classes), MaxClasses)
	}
	if len(p.Counters) > MaxCounters {
		return fmt.Errorf("%w: %d counters, of at most %d", ErrPolicy, len(p.Counters), MaxCounters)
	}
	for i, c := range p.Counters {
		switch {
		case c.Name == "" || len(c.Name) > maxName || c.Name == Privacy:
			return fmt.Errorf("%w: a counter named %.*q", ErrPolicy, maxName, c.Name)
		case slices.ContainsFunc(p.Counters[:i], func(o Counter) bool { return o.Name == c.Name }):
			return fmt.Errorf("%w: counter %q twice", ErrPolicy, c.Name)
		case len(c.Classes) != len(p.Classes):
			return fmt.Errorf("%w: counter %q of %d classes, of %d", ErrPolicy, c.Name, len(c.Classes), len(p.Classes))
		}
	}
	return nil
}

func wholeSeconds(d time.Duration) bool { return d >= 0 && d%time.Second == 0 }

// end is End, in seconds since 1970.
func (p Policy) end() int64 {
	if p.End.IsZero() {
		return DefaultEnd
	}
	return p.End.Unix()
}

// EpochAt is the epoch of a time in seconds since 1970. The error is ErrTime before the
// start, and from the end on: see End.
func (p Policy) EpochAt(unix uint64) (Epoch, error) {
	start, length := p.seconds()
	if length == 0 {
		return 0, fmt.Errorf("%w: epoch of %v from %v", ErrPolicy, p.EpochLength, p.Start)
	}
	if unix < start || unix > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %d, start %d", ErrTime, unix, start)
	}
	var c batch.Claims
	if !c.Require("BLOCK-TIME", int64(unix) < p.end(), "%d is not before the end at %d: in seconds since 1970?", unix, p.end()) {
		return 0, fmt.Errorf("%w: %w", ErrTime, c.Err())
	}
	return Epoch(1 + (unix-start)/length), nil
}

// StartOf is when an epoch begins, in seconds since 1970. It saturates at the last
// time there is, 2^63−1, which is also what an invalid policy yields.
func (p Policy) StartOf(e Epoch) uint64 {
	start, length := p.seconds()
	switch {
	case length == 0:
		return math.MaxInt64
	case e <= 1:
		return start
	case uint64(e-1) > (math.MaxInt64-start)/length:
		return math.MaxInt64
	}
	return start + uint64(e-1)*length
}

// seconds are the policy's start and the length of an epoch. The length is 0 if
// one of them is not valid.
func (p Policy) seconds() (start, length uint64) {
	if p.Start.Unix() < 0 || p.EpochLength < time.Second {
		return 0, 0
	}
	return uint64(p.Start.Unix()), uint64(p.EpochLength / time.Second)
}

// Grantable reports whether a grant for epoch e is accepted in epoch now.
func Grantable(e, now Epoch) bool { return e != 0 && (e == now || e == now+1) }

// GrantTime draws when a wallet should ask for its grant of epoch e: a uniform
// second of the epoch before, or of e itself if that is the first. A nil reader is
// crypto/rand. The error is ErrTime for an epoch that never begins.
func (p Policy) GrantTime(random io.Reader, e Epoch) (uint64, error) {
	_, length := p.seconds()
	if length == 0 {
		return 0, fmt.Errorf("%w: epoch of %v from %v", ErrPolicy, p.EpochLength, p.Start)
	}
	first := p.StartOf(max(e, 2) - 1)
	if e == 0 || int64(first) >= p.end() {
		return 0, fmt.Errorf("%w: epoch %d", ErrTime, e)
	}
	if random == nil {
		random = rand.Reader
	}
	second, err := rand.Int(random, new(big.Int).SetUint64(length))
	if err != nil {
		return 0, fmt.Errorf("read randomness: %w", err)
	}
	return first + second.Uint64(), nil
}

// Amount is what a class is granted of a counter per epoch and asset.
func (p Policy) Amount(counter string, c Class) (Amount, error) {
	classes := p.Classes
	if counter != Privacy {
		i := slices.IndexFunc(p.Counters, func(o Counter) bool { return o.Name == counter })
		if i < 0 {
			return 0, fmt.Errorf("%w: no counter %.*q", ErrPolicy, maxName, counter)
		}
		classes = p.Counters[i].Classes
	}
	if int(c) >= len(classes) {
		return 0, fmt.Errorf("%w: %d of %d", ErrClass, c, len(classes))
	}
	return classes[c], nil
}

const version = 3

// AppendBinary appends the policy, times in seconds, if it is valid.
func (p Policy) AppendBinary(b []byte) ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	start, length := p.seconds()
	b = wire.AppendUint64(append(b, version), start)
	b = wire.AppendUint64(b, uint64(p.end()))
	b = wire.AppendUint64(b, length)
	b = appendAmounts(b, p.Classes)
	b = wire.AppendUint16(b, uint16(len(p.Counters)))
	for _, c := range p.Counters {
		b = appendAmounts(wire.AppendBytes(b, []byte(c.Name)), c.Classes)
	}
	return b, nil
}

func appendAmounts(b []byte, amounts []Amount) []byte {
	b = wire.AppendUint16(b, uint16(len(amounts)))
	for _, a := range amounts {
		b = wire.AppendUint64(b, uint64(a))
	}
	return b
}

func readAmounts(r *wire.Reader) []Amount {
	amounts := make([]Amount, r.Count(MaxClasses, 8))
	for i := range amounts {
		amounts[i] = Amount(r.Uint64())
	}
	return amounts
}

// MarshalBinary encodes the policy.
func (p Policy) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// UnmarshalBinary decodes a policy and validates it.
func (p *Policy) UnmarshalBinary(b []byte) error {
	if p == nil {
		return fmt.Errorf("%w: nil to decode into", ErrPolicy)
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := Policy{Start: readTime(r), End: readTime(r), EpochLength: readSeconds(r), Classes: readAmounts(r)}
	if d.End.Unix() == DefaultEnd {
		d.End = time.Time{}
	}
	if n := r.Count(MaxCounters, 6); n > 0 {
		d.Counters = make([]Counter, n)
	}
	for i := range d.Counters {
		d.Counters[i] = Counter{string(r.Bytes(maxName)), readAmounts(r)}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: malformed encoding: %w", ErrPolicy, err)
	}
	if err := d.Validate(); err != nil {
		return err
	}
	*p = d
	return nil
}

func readSeconds(r *wire.Reader) time.Duration {
	s := r.Uint64()
	if s > math.MaxInt64/uint64(time.Second) {
		r.Fail("%d seconds", s)
		return 0
	}
	return time.Duration(s) * time.Second
}

func readTime(r *wire.Reader) time.Time {
	s := r.Uint64()
	if s > math.MaxInt64 {
		r.Fail("time %d", s)
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
