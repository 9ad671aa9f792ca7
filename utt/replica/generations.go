package replica

import (
	"errors"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// purposes are those of the group keys, as sessions name them.
var purposes = map[Key]string{CoinKey: utt.PurposeCoin, CredentialKey: utt.PurposeCredential, LedgerKey: utt.PurposeLedger}

// replaced are the group keys that another generation holds than that of the committees: one
// that a session on the ledger has made, or that which the parameters name, before it is
// held. since is the last height from which one of them holds its key. Where the parameters
// name nobody, there are no sessions, and the committees are what the replica is told.
func replaced(l *ledger.Ledger, c *utt.Committees) (keys []Key, since uint64, err error) {
	for _, key := range []Key{CoinKey, CredentialKey, LedgerKey} {
		h, err := l.Holders(purposes[key])
		if errors.Is(err, utt.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		since = max(since, h.Since)
		if h.Generation != committee(c, key).Generation() && batch.Enforced("RES-HEIGHT") {
			keys = append(keys, key)
		}
	}
	return keys, since, nil
}

// memo is what replaced has found of a head and of committees.
type memo struct {
	height     uint64
	committees *utt.Committees
	keys       []Key
}

// replaced is what replaced finds, which is read once for a head: Work asks with every message.
func (m *memo) replaced(l *ledger.Ledger, c *utt.Committees) ([]Key, error) {
	height := l.Head().Height
	if m.committees == c && m.height == height {
		return m.keys, nil
	}
	keys, _, err := replaced(l, c)
	if err == nil {
		*m = memo{height, c, keys}
	}
	return keys, err
}
