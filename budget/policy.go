package budget

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
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

// Tier is how payments beyond the budget are treated. Reserved: this version of
// package utt rejects them.
type Tier struct {
	Limit  Amount        // of the payment; 0 forbids the tier
	Delay  time.Duration // between approval and execution
	Expire time.Duration // after which a payment still held is refunded
}

// Policy is fixed for a ledger's life. The zero Policy is not valid.
type Policy struct {
	Start       time.Time     // of epoch 1, in whole seconds
	End         time.Time     // of all epochs, in whole seconds: no block has this time or a later one; zero for DefaultEnd
	EpochLength time.Duration // in whole seconds
	Classes     []Amount      // budget per epoch and asset of each class
	Audited     Tier          // approved in real time
	Delayed     Tier          // approved, then waiting
}

// DefaultEnd is the End of a policy that gives none, the year 2300, in seconds since
// 1970. The block's time never goes back: were one taken for seconds that was in
// milliseconds, no other could follow for 56 000 years.
const DefaultEnd = 10_413_792_000

// maxEnd is the year 10000. Milliseconds since 1970 passed it in 1978.
const maxEnd = 253_402_300_800

// MaxClasses bounds the classes of a policy.
const MaxClasses = 256

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
	for _, t := range []Tier{p.Audited, p.Delayed} {
		if !wholeSeconds(t.Delay) || !wholeSeconds(t.Expire) {
			return fmt.Errorf("%w: tier times %v and %v are not in whole seconds", ErrPolicy, t.Delay, t.Expire)
		}
	}
	if p.Delayed.Limit != 0 && p.Delayed.Limit < p.Audited.Limit {
		return fmt.Errorf("%w: delayed limit below the audited one", ErrPolicy)
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

// Amount is the budget of a class per epoch and asset.
func (p Policy) Amount(c Class) (Amount, error) {
	if int(c) >= len(p.Classes) {
		return 0, fmt.Errorf("%w: %d of %d", ErrClass, c, len(p.Classes))
	}
	return p.Classes[c], nil
}

// Versions of the encoding: with the default end, and with another.
const version, versionEnd = 1, 2

// AppendBinary appends the policy, times in seconds, if it is valid.
func (p Policy) AppendBinary(b []byte) ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	start, length := p.seconds()
	v := byte(version)
	if !p.End.IsZero() {
		v = versionEnd
	}
	b = wire.AppendUint64(append(b, v), start)
	b = wire.AppendUint64(b, length)
	b = wire.AppendUint16(b, uint16(len(p.Classes)))
	for _, a := range p.Classes {
		b = wire.AppendUint64(b, uint64(a))
	}
	for _, t := range []Tier{p.Audited, p.Delayed} {
		b = wire.AppendUint64(b, uint64(t.Limit))
		b = wire.AppendUint64(b, uint64(t.Delay/time.Second))
		b = wire.AppendUint64(b, uint64(t.Expire/time.Second))
	}
	if v == versionEnd {
		b = wire.AppendUint64(b, uint64(p.end()))
	}
	return b, nil
}

// MarshalBinary encodes the policy.
func (p Policy) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// UnmarshalBinary decodes a policy and validates it.
func (p *Policy) UnmarshalBinary(b []byte) error {
	if p == nil {
		return fmt.Errorf("%w: nil to decode into", ErrPolicy)
	}
	r := wire.NewReader(b)
	v := r.Byte()
	if v != version && v != versionEnd {
		r.Fail("version %d where %d and %d are known", v, version, versionEnd)
	}
	d := Policy{Start: readTime(r), EpochLength: readSeconds(r)}
	d.Classes = make([]Amount, r.Count(MaxClasses, 8))
	for i := range d.Classes {
		d.Classes[i] = Amount(r.Uint64())
	}
	for _, t := range []*Tier{&d.Audited, &d.Delayed} {
		t.Limit, t.Delay, t.Expire = Amount(r.Uint64()), readSeconds(r), readSeconds(r)
	}
	if v == versionEnd {
		d.End = readTime(r)
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
