package threshold

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Bounds of a Subject.
const (
	MaxPurpose = 64   // bytes
	maxSubject = 1024 // of all parts
)

// Subject is what a ciphertext is decrypted for: in which network, for which purpose, and
// which case of it, such as ("decide", transfer) or ("warrant", number, transfer). A share
// that is given for one is of no use for another. Two are equal if and only if all of it is.
// The zero value is none.
type Subject struct{ encoded string }

// NewSubject names a case by its parts, which are told apart: ("a", "bc") is another than
// ("ab", "c"). network is not 0, purpose has 1 to MaxPurpose bytes, and there is a part, of
// 1024 bytes together at most.
func NewSubject(network [32]byte, purpose string, parts ...[]byte) (Subject, error) {
	size := 0
	for _, p := range parts {
		size += len(p) + 4
	}
	if network == [32]byte{} || purpose == "" || len(purpose) > MaxPurpose || size == 0 || size > maxSubject {
		return Subject{}, fmt.Errorf("%w: a subject of a network, a purpose of 1 to %d bytes, and parts of %d bytes at most", ErrArgument, MaxPurpose, maxSubject)
	}
	return Subject{string(wire.Frame(append([][]byte{network[:], []byte(purpose)}, parts...)...))}, nil
}

// Request asks for some components of a ciphertext to be decrypted, for a subject. It is
// immutable.
//
// Who answers one answers for what the proof of a ciphertext would say: that whoever made
// it knew what is in it. On a copy of somebody else's, a share reads that.
type Request struct {
	subject    Subject
	ciphertext *Ciphertext
	components []int // from 0, ascending
}

var noRequest Request

// NewRequest asks for components, counted from 0 and in ascending order. It checks
// [ENC-SUB]: ErrInvalid if the ciphertext does not satisfy it.
func NewRequest(s Subject, e *Ciphertext, components ...int) (*Request, error) {
	if s == (Subject{}) || e.Components() == 0 || len(components) == 0 {
		return nil, fmt.Errorf("%w: no subject, no ciphertext, or no component", ErrArgument)
	}
	for i, c := range components {
		if c < 0 || c >= e.Components() || i > 0 && c <= components[i-1] {
			return nil, fmt.Errorf("%w: components %v: name some of 0 … %d in ascending order", ErrArgument, components, e.Components()-1)
		}
	}
	var claims batch.Claims
	e.claim(&claims)
	if err := batch.One(&claims); err != nil {
		return nil, fmt.Errorf("%w: ciphertext: %w", ErrInvalid, err)
	}
	return &Request{s, e, slices.Clone(components)}, nil
}

// Subject is what the ciphertext is decrypted for.
func (r *Request) Subject() Subject { return cmp.Or(r, &noRequest).subject }

// Ciphertext is the ciphertext, nil of none.
func (r *Request) Ciphertext() *Ciphertext { return cmp.Or(r, &noRequest).ciphertext }

// Components are those asked for, from 0 and in ascending order.
func (r *Request) Components() []int { return slices.Clone(cmp.Or(r, &noRequest).components) }

// check demands a request under so many keys.
func (r *Request) check(keys int) error {
	if r == nil || len(r.components) == 0 || keys == 0 {
		return fmt.Errorf("%w: no request, or no keys", ErrArgument)
	}
	if r.ciphertext.Components() != keys {
		return fmt.Errorf("%w: a ciphertext of %d components under %d keys", ErrArgument, r.ciphertext.Components(), keys)
	}
	return nil
}

// transcript has all that a share is bound to, but for the points.
func (r *Request) transcript(g Generation, j Index) *transcript.Transcript {
	t := transcript.New(dst.DecryptionShare)
	t.Append("subject", []byte(r.subject.encoded))
	t.Append("party", wire.AppendUint16(slices.Clone(g[:]), uint16(j)))
	var b []byte
	for _, c := range r.components {
		b = wire.AppendUint16(b, uint16(c+1)) // as in E_1 …
	}
	t.Append("components", b)
	return t
}
