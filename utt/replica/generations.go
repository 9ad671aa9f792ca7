package replica

import (
	"errors"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// purposes are those of the group keys, as sessions name them.
var purposes = map[Key]string{CoinKey: utt.PurposeCoin, CredentialKey: utt.PurposeCredential, LedgerKey: utt.PurposeLedger}

// replaced are the group keys of which a session on the ledger has made another generation
// than that of the committees, and the last height from which one of them holds its key.
func replaced(l *ledger.Ledger, c *utt.Committees) (keys []Key, since uint64, err error) {
	for _, key := range []Key{CoinKey, CredentialKey, LedgerKey} {
		h, err := l.Holders(purposes[key])
		if errors.Is(err, utt.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if h.Since == 0 { // those of the beginning: nobody has a share of another generation
			continue
		}
		since = max(since, h.Since)
		if h.Generation != committee(c, key).Generation() && batch.Enforced("RES-HEIGHT") {
			keys = append(keys, key)
		}
	}
	return keys, since, nil
}
