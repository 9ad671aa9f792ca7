package replica

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/utt"
)

// What a faulty replica sends: well formed, in its own name, and false.

// Lie is a message garbled where it can be, and what it was; "" if it says nothing that
// could be false.
func (m *Message) Lie(earlier *utt.CertificateShare) (lie *Message, what string) {
	switch b := m.body.(type) {
	case *shares:
		d := *b
		d.encoded = slices.Clone(b.encoded)
		n := len(d.encoded)
		if at := n - 2*curve.G1CompressedSize; at > 60 { // two outputs: their shares exchanged
			copy(d.encoded[at:], b.encoded[n-curve.G1CompressedSize:])
			copy(d.encoded[n-curve.G1CompressedSize:], b.encoded[at:n-curve.G1CompressedSize])
		} else {
			d.encoded = d.encoded[:n-1]
		}
		return &Message{m.to, &d}, "shares"
	case *signatures:
		d := *b
		d.records = slices.Clone(b.records)
		var signed []int
		for i, s := range d.records {
			if len(s) > 0 {
				signed = append(signed, i)
			}
		}
		d.records[signed[0]] = d.records[signed[len(signed)-1]]
		return &Message{m.to, &d}, "signatures"
	case *endorsement:
		return &Message{m.to, &endorsement{b.height, [32]byte{1}}}, ""
	case *certificateShare:
		if earlier == nil {
			return m, ""
		}
		d := *b.share
		d.Share = earlier.Share
		return &Message{m.to, &certificateShare{&d}}, "certificate share"
	case *certified:
		d := *b
		d.records = slices.Clone(b.records)
		d.records[0] = d.records[len(d.records)-1]
		return &Message{m.to, &d}, "certified records"
	}
	return m, ""
}

// CertificateShare is what the message says, nil if it is of another kind.
func (m *Message) CertificateShare() *utt.CertificateShare {
	if c, ok := m.body.(*certificateShare); ok {
		return c.share
	}
	return nil
}

// Endorsing is a message that vouches for the signatures in another.
func (m *Message) Endorsing() *Message {
	s := m.body.(*signatures)
	return &Message{body: &endorsement{s.height, digestOf(s.records)}}
}

// Doubled is a message of certified records with these once more behind them, which lead
// nowhere.
func (m *Message) Doubled() *Message {
	d := *m.body.(*certified)
	d.records = append(slices.Clone(d.records), d.records...)
	return &Message{m.to, &d}
}

// Following is how many messages of certified records the replica keeps.
func (r *Replica) Following() int { return len(r.follow) }
