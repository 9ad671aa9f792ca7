package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Bounds on questions to who looks out for a user, and on answers.
const (
	// WatchValidity is how far the time of a question may be from the clock of who answers it.
	WatchValidity = 5 * time.Minute
	// MaxWatchPlaces is how many places an answer has at most. One that has fewer has all.
	MaxWatchPlaces = 256
)

// WatchQuestion is a user's to who looks out for him: where on the ledger, from a place on,
// there is what concerns him. He signs it with his account key, for one scan key and a time
// [WATCH-SIGNED]: or else whoever knows a pid is told when its user is paid.
//
// Who sees a question may ask it again as long as it is valid, and has the answer that its
// user had, to whose connection he listened. So it goes over TLS.
type WatchQuestion struct {
	pid       PID
	scan      ScanKey
	from      Cursor
	made      uint64 // in seconds since 1970
	signature []byte
}

// noWatchQuestion stands in for a nil one.
var noWatchQuestion WatchQuestion

// WatchQuestion asks the holder of a scan key for what there is from a place on, at a time.
// ErrInvalid says that the key cannot be used.
func (k *Keys) WatchQuestion(d ScanKey, from Cursor, now time.Time) (*WatchQuestion, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if d.IsZero() {
		return nil, fmt.Errorf("%w: a question to nobody", ErrInvalid)
	}
	_, sign, err := signer(k.account)
	if err != nil {
		return nil, err
	}
	q := &WatchQuestion{pid: k.pid, scan: d, from: from, made: uint64(max(0, now.Unix()))}
	if q.signature, err = sign(q.message(k.p.network)); err != nil {
		return nil, err
	}
	return q, nil
}

// PID is the user who asks.
func (q *WatchQuestion) PID() PID { return cmp.Or(q, &noWatchQuestion).pid }

// ScanKey is that of whom he asks.
func (q *WatchQuestion) ScanKey() ScanKey { return cmp.Or(q, &noWatchQuestion).scan }

// From is the place from which on he asks.
func (q *WatchQuestion) From() Cursor { return cmp.Or(q, &noWatchQuestion).from }

// Verify reports, by ErrInvalid, a question that is not for the holder of the scan key, not
// signed with the account key, or not of about this time. The account key is that of the
// question's pid as the ledger registers it, which the caller has made sure of.
func (q *WatchQuestion) Verify(p *Parameters, account ed25519.PublicKey, d ScanKey, now time.Time) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if q == nil || q.signature == nil {
		return fmt.Errorf("%w: no question", ErrInvalid)
	}
	var c batch.Claims
	age := now.Sub(time.Unix(int64(min(q.made, 1<<40)), 0)).Abs()
	_ = c.Require("WATCH-SIGNED", q.scan == d && verifyEd25519(account, q.message(p.network), q.signature),
		"not signed by a user whom the holder of this scan key looks out for") &&
		c.Require("WATCH-SIGNED", age <= WatchValidity, "of second %d, and it is %d: ask anew, and set the clock", q.made, now.Unix())
	if err := c.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (q *WatchQuestion) message(n NetworkID) []byte {
	from := q.from.append(nil)
	return wire.Frame([]byte(dst.WatchQuestion), n[:], q.pid[:], q.scan[:], from, wire.AppendUint64(nil, q.made))
}

const watchVersion = 1

// AppendBinary appends version, pid, scan key, place, time and signature.
func (q *WatchQuestion) AppendBinary(b []byte) ([]byte, error) {
	if q == nil || q.signature == nil {
		return nil, fmt.Errorf("%w: an empty question has no encoding", ErrInvalid)
	}
	b = append(append(b, watchVersion), q.pid[:]...)
	b = q.from.append(append(b, q.scan[:]...))
	return append(wire.AppendUint64(b, q.made), q.signature...), nil
}

// MarshalBinary encodes the question.
func (q *WatchQuestion) MarshalBinary() ([]byte, error) { return q.AppendBinary(nil) }

// UnmarshalBinary decodes a question, which it does not verify.
func (q *WatchQuestion) UnmarshalBinary(b []byte) error {
	if q == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(watchVersion)
	d := WatchQuestion{pid: readPID(r)}
	r.Fill(d.scan[:])
	d.from, d.made = readCursor(r), r.Uint64()
	d.signature = bytes.Clone(r.Take(ed25519.SignatureSize))
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: question to who looks out: %w", ErrMalformed, err)
	}
	*q = d
	return nil
}

// WatchAnswer says where on the ledger there is what concerns a user, besides what concerns
// everybody. It is not proven: who gives it can leave places out. That a record is at a place,
// and which, an Inclusion shows.
type WatchAnswer struct {
	Since  Cursor   // from where on he has looked out for the user; zero if for as long as the user is registered
	Places []Cursor // in order, MaxWatchPlaces at most
	Next   Cursor   // up to where he has answered: ask on from there
}

// Check reports, by ErrInvalid, what is no answer to a question from a place on: places that
// are not in order, are there twice, or lie before the one or behind Next [WATCH-ORDER].
func (a *WatchAnswer) Check(from Cursor) error {
	if a == nil {
		return fmt.Errorf("%w: no answer", ErrInvalid)
	}
	if len(a.Places) > MaxWatchPlaces {
		return fmt.Errorf("%w: %d places, of at most %d", ErrInvalid, len(a.Places), MaxWatchPlaces)
	}
	least := from
	for _, at := range a.Places {
		if (at.Compare(least) < 0 || at.Compare(a.Next) >= 0) && batch.Enforced("WATCH-ORDER") {
			return fmt.Errorf("%w: [WATCH-ORDER] record %d of block %d is not behind the one before, or not in what was asked for", ErrInvalid, at.Index, at.Height)
		}
		least = at.next()
	}
	return nil
}

// AppendBinary appends version, the place from which on he has looked out, the number of places
// in two bytes, the places, and up to where he has answered.
func (a *WatchAnswer) AppendBinary(b []byte) ([]byte, error) {
	if a == nil || len(a.Places) > MaxWatchPlaces {
		return nil, fmt.Errorf("%w: no answer, or one with more than %d places", ErrInvalid, MaxWatchPlaces)
	}
	b = wire.AppendUint16(a.Since.append(append(b, watchVersion)), uint16(len(a.Places)))
	for _, at := range a.Places {
		b = at.append(b)
	}
	return a.Next.append(b), nil
}

// MarshalBinary encodes the answer.
func (a *WatchAnswer) MarshalBinary() ([]byte, error) { return a.AppendBinary(nil) }

// UnmarshalBinary decodes an answer, which it does not check.
func (a *WatchAnswer) UnmarshalBinary(b []byte) error {
	if a == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(watchVersion)
	d := WatchAnswer{Since: readCursor(r)}
	if n := r.Count(MaxWatchPlaces, cursorSize); n > 0 {
		d.Places = make([]Cursor, n)
	}
	for i := range d.Places {
		d.Places[i] = readCursor(r)
	}
	d.Next = readCursor(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: answer of who looks out: %w", ErrMalformed, err)
	}
	*a = d
	return nil
}
