package wallet

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Wallet holds one user's keys and coins. All it knows comes from its seed and
// the ledger's records, so that a lost wallet is restored by making it again and
// calling Sync. It locks itself and may be used from several goroutines. It prints
// as "redacted".
//
// It keeps nothing on disk. One made again, after a restart for instance, syncs from
// the first block and has forgotten which operations are pending: their coins count as
// spendable until a record says otherwise. A payment made again is not executed besides
// the first one, since both spend the epoch's one budget coin, or use the account's next
// nonce: one of the two is rejected.
type Wallet struct {
	p    *utt.Parameters
	keys *utt.Keys
	// proving keys by the digest of their verifying key: two assets may have keys of
	// their own for one circuit
	proving map[[32]byte]*rangeproof.ProvingKey

	syncing chan struct{} // holds a token while a Sync runs

	mu      sync.Mutex
	state   walletState
	members map[utt.PID]*utt.Record // of their registrations
}

// walletState is what records change, copied before and swapped after a batch of
// them, so that a bad one leaves the wallet as it was.
type walletState struct {
	checkpoint utt.Checkpoint // up to which all records are taken in
	epoch      utt.Epoch      // at its time
	registered *utt.Member
	credential *utt.Holding
	coins      map[nullifier.Nullifier]*coin
	accounts   map[string]utt.Amount
	nonce      uint64 // of the account, the next to use
	pending    map[utt.ID]*pending
	decided    map[utt.ID]bool // of those once pending, whether they were executed
	granted    map[grantID]bool
	received   []Payment
}

type grantID struct {
	asset string
	epoch utt.Epoch
}

// coin is one's own unspent coin, of money or budget.
type coin struct {
	holding *utt.Holding
	asset   string
	epoch   utt.Epoch // of budget; 0 for money
	value   utt.Amount
	locked  utt.ID // of the pending operation that spends it; zero if none
}

// Payment is money received from somebody, who is not known.
type Payment struct {
	ID     utt.ID
	Asset  string
	Amount utt.Amount
	Memo   string
	Time   uint64 // of the block, in seconds since 1970
}

// New makes the wallet of an identity, such as an account name, from its 32-byte seed.
// It can make transfers of the cases whose proving keys it is given, and receive without
// any. The keys must be those of the parameters' circuits.
func New(p *utt.Parameters, identity string, seed []byte, k ...*rangeproof.ProvingKey) (*Wallet, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	w := &Wallet{
		p: p, proving: make(map[[32]byte]*rangeproof.ProvingKey),
		syncing: make(chan struct{}, 1), members: make(map[utt.PID]*utt.Record),
	}
	var err error
	if w.keys, err = utt.DeriveKeys(p, utt.PIDOf(identity), seed); err != nil {
		return nil, err
	}
	circuits := p.Circuits()
	for _, key := range k {
		if key == nil || key.VerifyingKey() == nil {
			return nil, fmt.Errorf("%w: a proving key that is nil or empty", utt.ErrInvalid)
		}
		digest := key.VerifyingKey().Digest()
		if !slices.ContainsFunc(circuits, func(c utt.Circuit) bool { return c.Key.Digest() == digest }) {
			return nil, fmt.Errorf("%w: a proving key of no circuit in the parameters", utt.ErrPolicy)
		}
		w.proving[digest] = key
	}
	w.state = walletState{
		coins:    make(map[nullifier.Nullifier]*coin),
		accounts: make(map[string]utt.Amount),
		pending:  make(map[utt.ID]*pending),
		decided:  make(map[utt.ID]bool),
		granted:  make(map[grantID]bool),
	}
	return w, nil
}

// usable reports a wallet that New did not make.
func (w *Wallet) usable() error {
	if w == nil || w.p == nil {
		return fmt.Errorf("%w: an empty wallet: make it with New", utt.ErrInvalid)
	}
	return nil
}

// usableAt reports a wallet that New did not make, or that has no node.
func (w *Wallet) usableAt(n Node) error {
	if err := w.usable(); err != nil {
		return err
	}
	if n == nil {
		return fmt.Errorf("%w: no node", utt.ErrInvalid)
	}
	return nil
}

// noWallet stands in for a nil one.
var noWallet Wallet

// PID is the wallet's public identifier.
func (w *Wallet) PID() utt.PID { return cmp.Or(w, &noWallet).keys.PID() }

// Format prints "redacted".
func (w *Wallet) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (w *Wallet) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Registration asks for a credential with the budget of a class. An Endorser adds
// its endorsement; submit it then, and Sync until Registered, since Await knows only
// what the wallet hands in itself. To ask again for the same class is the same
// registration.
func (w *Wallet) Registration(class utt.Class) (*utt.Registration, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	return w.keys.Register(nil, class)
}

// Registered reports whether the wallet has seen its registration.
func (w *Wallet) Registered() bool {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.credential != nil
}

// Checkpoint is up to where the wallet has taken the ledger in.
func (w *Wallet) Checkpoint() utt.Checkpoint {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.checkpoint
}

// Balance is a wallet's money and budget of an asset.
type Balance struct {
	Spendable     utt.Amount // in coins free to spend
	Pending       utt.Amount // in coins locked by operations not yet decided
	Account       utt.Amount // ordinary money
	Budget        utt.Amount // for private payments in the epoch of the last sync
	BudgetPending utt.Amount
}

// Balance sums up what the wallet had at its last sync.
func (w *Wallet) Balance(asset string) Balance {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := Balance{Account: w.state.accounts[asset]}
	for _, c := range w.state.coins {
		switch {
		case c.asset != asset || c.epoch != 0 && c.epoch != w.state.epoch:
		case c.epoch == 0 && c.locked == utt.ID{}:
			b.Spendable += c.value
		case c.epoch == 0:
			b.Pending += c.value
		case c.locked == utt.ID{}:
			b.Budget += c.value
		default:
			b.BudgetPending += c.value
		}
	}
	return b
}

// Coins are the values of the unspent money coins of an asset, largest first.
func (w *Wallet) Coins(asset string) []utt.Amount {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	var v []utt.Amount
	for _, c := range w.state.coins {
		if c.asset == asset && c.epoch == 0 {
			v = append(v, c.value)
		}
	}
	slices.Sort(v)
	slices.Reverse(v)
	return v
}

// Received are the payments received, oldest first.
func (w *Wallet) Received() []Payment {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.state.received)
}

// Pending are the operations submitted and not yet decided.
func (w *Wallet) Pending() []utt.ID {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(maps.Keys(w.state.pending), func(a, b utt.ID) int { return slices.Compare(a[:], b[:]) })
}

func (s *walletState) clone() walletState {
	d := *s
	d.coins = make(map[nullifier.Nullifier]*coin, len(s.coins))
	for n, c := range s.coins {
		copied := *c
		d.coins[n] = &copied
	}
	d.accounts, d.pending, d.decided = maps.Clone(s.accounts), maps.Clone(s.pending), maps.Clone(s.decided)
	d.granted = maps.Clone(s.granted)
	d.received = slices.Clip(d.received)
	return d
}
