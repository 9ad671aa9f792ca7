package audit

import (
	"encoding/binary"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// identities finds users by pid·G, which is what opening a payment yields: by 8 bytes of it,
// confirmed on the whole point. It takes some 60 bytes a user.
type identities struct {
	at   map[uint64]uint32
	pids []utt.PID
}

// keyOf is 8 bytes of a point, behind those with flags.
func keyOf(p threshold.Plaintext) uint64 {
	b := p.Bytes()
	return binary.BigEndian.Uint64(b[1:9])
}

// add adds a user. Of users with one key the next takes the next key.
func (t *identities) add(key uint64, pid utt.PID) {
	for {
		if _, taken := t.at[key]; !taken {
			break
		}
		key++
	}
	t.at[key] = uint32(len(t.pids))
	t.pids = append(t.pids, pid)
}

// find is the user whose identifier was opened.
func (t *identities) find(p threshold.Plaintext) (pid utt.PID, ok bool) {
	for key := keyOf(p); ; key++ {
		i, ok := t.at[key]
		if !ok {
			return utt.PID{}, false
		}
		if t.pids[i].Plaintext() == p {
			return t.pids[i], true
		}
	}
}
