//go:build uttlie

package node

import "github.com/utt-ecash/utt-go/utt/replica"

// encode is a message as a validator sends it that lies: of its shares on a block, two
// change places. For tests of what the others make of it.
func encode(m *replica.Message) ([]byte, error) {
	b, err := m.MarshalBinary()
	const share = 48
	if err != nil || m.Kind() != replica.KindShares || len(b) < 4*share {
		return b, err
	}
	end := len(b)
	last, before := make([]byte, share), b[end-2*share:end-share]
	copy(last, b[end-share:])
	copy(b[end-share:], before)
	copy(b[end-2*share:], last)
	return b, nil
}
