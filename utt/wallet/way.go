package wallet

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Way is how a wallet keeps up with the ledger. In every way it believes nothing that t replicas
// have not certified.
type Way uint8

// The ways.
const (
	// Full reads all records, by range, which tells nobody anything.
	Full Way = 0
	// Light reads summaries by range, a tenth of all, and of what they say the details of a fixed
	// number of sections in each Sync, hits and decoys. The node learns that something in these
	// may concern somebody at the connection that asks; one that also pays him can recognise him
	// after some payments. What there are more hits of waits: see CatchUp and Waiting.
	//
	// It finds payments to the user by their clues, which must be for the user's own scan key: that
	// is the ScanKey that is left out. A payment with a wrong clue, which is the payer's fault, and
	// one from before the user had his own scan key it does not find, and a wallet that is opened
	// in way Full does: it may be Light from then on.
	Light Way = 1
	// Watched reads single records: those that a provider names, who looks out for the user, and
	// what became of the user's own operations. The provider learns when his customer is paid,
	// and when he asks. Whoever serves the records learns which concern somebody at the
	// connection that asks, own payments included: let that be the provider's node, or one
	// over connections that do not show whose they are.
	//
	// The provider can leave out, and so can a node: what they leave out, a wallet that is opened
	// in way Full finds. Money is not lost by it: what was handed in and is not found stays
	// pending, or Lapsed, and its coins locked. One seed is for one watched wallet: what another
	// device spends it does not see.
	//
	// A wallet begins in this way where it has read all by range: Rescan, or an empty store
	// without Config.Fresh, has it do that first.
	Watched Way = 2
)

var ways = [...]string{Full: "full", Light: "light", Watched: "watched"}

func (w Way) String() string {
	if int(w) < len(ways) {
		return ways[w]
	}
	return fmt.Sprintf("way %d", uint8(w))
}

func (w Way) check(watcher Watcher) error {
	switch {
	case int(w) >= len(ways):
		return fmt.Errorf("%w: %v, of full, light and watched", utt.ErrInvalid, w)
	case w == Watched && watcher == nil:
		return fmt.Errorf("%w: a watched wallet without a Watcher to ask", utt.ErrInvalid)
	}
	return nil
}

// Watcher is who looks out for the user: a provider.Service, or an httpnode.Watcher.
type Watcher interface {
	// ScanKey is that of the answers, which the user has in his address.
	ScanKey() utt.ScanKey
	// Watch answers a question. What it says is believed about nothing.
	Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error)
}
