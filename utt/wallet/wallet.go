package wallet

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Wallet holds one user's keys and coins. All it knows comes from its seed, the ledger's
// records, and what is on its disk of its own operations. It locks itself and may be used from
// several goroutines; nothing waits for a proof but who asked for it. It prints as "redacted".
//
// Open keeps it in a store, New in memory only: one made again by New syncs from the first
// block and has forgotten which operations are pending: their coins count as
// spendable until a record says otherwise. Keep the Handle of each then, and ask Status before
// you make it again. A private payment made again is not executed besides the first one,
// since both spend the epoch's one budget coin, and an order not besides one of the same
// nonce: one of the two is rejected, or, if they say the same, they are one and both
// handles executed. So it is with two wallets of one seed, on two devices, or on an old copy of
// the disk. Nothing of the kind stops a
// Burn, Split or Merge, or a payment that takes no budget, made again with other coins: 50
// burnt, forgotten and burnt once more are 100. But every transfer is made for one epoch:
// once a certificate says that it is over, what was forgotten is on record or void.
type Wallet struct {
	p        *utt.Parameters // that the ledger was founded on; state.p has what was made of them
	policy   budget.Policy   // for its times, which never change
	keys     *utt.Keys
	identity string
	now      func() time.Time
	// proving keys by the digest of their verifying key: two assets may have keys of
	// their own for one circuit
	proving map[[32]byte]*rangeproof.ProvingKey

	way     Way
	watcher Watcher // in way Watched

	syncing chan struct{} // holds a token while a Sync runs

	mu    sync.Mutex
	state walletState
	asked time.Time     // a node, the last time, by this process
	every time.Duration // where it asks at fixed times

	scan    *utt.ScanSecret // the user's own
	window  *window         // of a light wallet; only Sync uses it
	waiting int             // records in it
	decoys  [32]byte        // by which they are drawn
}

// Config is what a wallet may have besides an identity and a seed.
type Config struct {
	// ProvingKeys are for the cases in which it is to make transfers. They must be those of
	// circuits of the parameters, in any version of these. To receive takes none.
	// AddProvingKey adds more.
	ProvingKeys []*rangeproof.ProvingKey
	// ScanKey is that of who is to look out for payments to the user, where the wallet asks for
	// a registration. Zero is nobody in way Full, the user himself (OwnScanKey) in way Light, and
	// the Watcher in way Watched. utt.Keys.WithScanKey says what he learns. Readdress
	// changes it later.
	ScanKey utt.ScanKey
	// Now is the clock; default time.Now. It must not call the wallet. Simulations hand in
	// a clock of their own.
	Now func() time.Time
	// Directory, where there is one, has who is registered, for several wallets of a process. A
	// wallet that was opened with one is opened with it again, and one without, without: or it would
	// miss users, and pay others at addresses that they had before. Open refuses it, but for Rescan.
	Directory *Directory
	// Rescan takes the store as it is, if entries of it were taken away or put back as they were
	// before, or it had another Directory, and has the wallet read all records again, as
	// Wallet.Rescan does, with the Birthday. What records do not restore may be missing then.
	Rescan bool
	// Birthday is when the seed was drawn, if it is known: the wallet then does not try to open
	// what was paid to others before, which makes up most of the time that it takes to restore one. It counts
	// where the wallet begins on an empty store; Rescan sets another.
	Birthday time.Time
	// Way is how the wallet keeps up; Full if it is left out. It may be another each time that
	// the wallet is opened: from Full it goes on where it is, and else it reads all again, from
	// the first, as after Rescan.
	Way Way
	// Watcher is who is asked where there is what concerns the user, in way Watched.
	Watcher Watcher
	// Fresh says that the seed was drawn for this wallet, which has made nothing yet: in way
	// Watched it begins, on an empty store, without what is on record before. Said of an older
	// seed, coins are missing, or were spent before, until Rescan.
	Fresh bool
}

// skew is how far clocks may differ where a birthday is concerned.
const skew = 24 * time.Hour

// birthday is in seconds since 1970.
func birthday(t time.Time) uint64 { return uint64(max(0, t.Add(-skew).Unix())) }

// New is Open on a store in memory: what is not on record is forgotten with the process.
func New(p *utt.Parameters, identity string, seed []byte, c Config) (*Wallet, error) {
	return Open(p, identity, seed, new(store.Memory), c)
}

// Open opens the wallet of an identity, such as an account name, with its 32-byte seed, on the
// store in which it was before, or on an empty one, in which it begins.
// utt.CheckIdentity says what an identity is.
//
// What is in the store is sealed with keys from the seed. Whoever has the store and not the seed
// sees how many entries there are, in two classes, and the length of each, in steps of 512
// bytes; and who sees it at several times, which have changed, and which were written together.
// So he sees how many coins there are about, how many operations are pending and of how many
// inputs, how long the history is, and how often something was added to it. He does not see
// whose wallet it is, nor of which ledger. He cannot change an entry, but put an old one in its
// place, or take it away: Open finds that, unless all of the store is put back, as it was at one time.
//
// The store is the wallet's own, and one wallet is open on it at a time: once it is
// opened again, the one before writes no more, with ErrConflict.
//
// ErrConflict says that the store is another seed's, another network's, another identity's, or
// of something else, or that it was with another Directory; ErrStore that it fails, that it is
// damaged, or that somebody else changed it. Config.Rescan says what there is to do then.
func Open(p *utt.Parameters, identity string, seed []byte, s store.Store, c Config) (*Wallet, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if err := utt.CheckIdentity(identity); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: no store", utt.ErrInvalid)
	}
	if err := c.Way.check(c.Watcher); err != nil {
		return nil, err
	}
	w := &Wallet{
		way: c.Way, watcher: c.Watcher,
		p: p.Founding(), policy: p.Policy(), identity: identity, now: c.Now,
		proving: make(map[[32]byte]*rangeproof.ProvingKey),
		syncing: make(chan struct{}, 1), state: newState(),
	}
	if w.now == nil {
		w.now = time.Now
	}
	var err error
	w.state.p = w.p // amendments come with the records
	if w.keys, err = utt.DeriveKeys(w.p, utt.PIDOf(identity), seed); err != nil {
		return nil, err
	}
	if w.scan, err = w.keys.OwnScan(); err != nil {
		return nil, err
	}
	switch {
	case !c.ScanKey.IsZero():
	case c.Way == Light:
		c.ScanKey = w.scan.ScanKey()
	case c.Way == Watched:
		c.ScanKey = c.Watcher.ScanKey()
	}
	if w.keys, err = w.keys.WithScanKey(c.ScanKey); err != nil {
		return nil, err
	}
	if w.decoys, err = decoyKey(seed, w.p.Network()); err != nil {
		return nil, err
	}
	if w.state.disk, err = unseal(s, seed, w.p.Network(), w.keys.PID()); err != nil {
		return nil, err
	}
	if d := c.Directory; d != nil {
		if d.network != w.p.Network() {
			return nil, fmt.Errorf("%w: a directory of another network, or one that OpenDirectory did not open", utt.ErrConflict)
		}
		w.state.shared = d
	}
	begun, err := w.state.load(w.keys, c.Rescan)
	if err != nil {
		return nil, err
	}
	if !begun && !c.Birthday.IsZero() {
		w.state.birthday = birthday(c.Birthday)
	}
	if !begun && c.Way == Watched && c.Fresh {
		w.state.way = Watched
	}
	switch {
	case c.Rescan:
		if err := w.Rescan(context.Background(), c.Birthday); err != nil {
			return nil, err
		}
	case w.state.way != Full && w.state.way != c.Way:
		if err := w.again(w.state.birthday); err != nil {
			return nil, err
		}
	}
	if w.state.p.Amendments() > p.Amendments() {
		p = w.state.p // the store knows more
	}
	for _, key := range c.ProvingKeys {
		if err := w.addProvingKey(p, key); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// AddProvingKey gives the wallet a proving key of a circuit that the policy came to have, as
// far as the wallet has synced, or of another that it was made without. Parameters has the
// circuits of the present epoch and, by At, of those to come: compile one, and fetch the key
// by the verifying key, which names it. ErrPolicy says that no version has such a circuit.
func (w *Wallet) AddProvingKey(key *rangeproof.ProvingKey) error {
	if err := w.usable(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addProvingKey(w.state.p, key)
}

// addProvingKey takes a key of one of the versions of the parameters.
func (w *Wallet) addProvingKey(p *utt.Parameters, key *rangeproof.ProvingKey) error {
	if key == nil || key.VerifyingKey() == nil {
		return fmt.Errorf("%w: a proving key that is nil or empty", utt.ErrInvalid)
	}
	digest := key.VerifyingKey().Digest()
	if !p.HasCircuit(digest) {
		return fmt.Errorf("%w: a proving key of no circuit in any version of the parameters", utt.ErrPolicy)
	}
	w.proving[digest] = key
	return nil
}

// Parameters are the ledger's as far as the wallet has synced, speaking for the version of
// the present epoch.
func (w *Wallet) Parameters() *utt.Parameters {
	if w.usable() != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rules()
}

// rules are the parameters for the present epoch.
func (w *Wallet) rules() *utt.Parameters { return w.state.p.At(w.present()) }

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

// Identity is the wallet's identity.
func (w *Wallet) Identity() string { return cmp.Or(w, &noWallet).identity }

// Format prints "redacted".
func (w *Wallet) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (w *Wallet) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Registration asks for a credential with the budget of a class. An Endorser adds
// its endorsement; submit it then, and Sync until Registered, and to spend coins until Credited:
// registrars sign the credential, after the registration is on record. To ask again for the same
// class is the same registration.
func (w *Wallet) Registration(class utt.Class) (*utt.Registration, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	k, err := w.keys.Under(w.Parameters())
	if err != nil {
		return nil, err
	}
	return k.Register(nil, class)
}

// Registered reports whether the wallet has seen its registration. Member says why not.
func (w *Wallet) Registered() bool {
	_, err := w.Member()
	return err == nil
}

// Credited reports whether the wallet has the user's credential, which every private operation
// shows: Pay, Split, Merge and Burn. The error is an UnregisteredError, or a CredentialError as
// long as the registrars have not signed it; both match utt.ErrNotFound.
func (w *Wallet) Credited() error {
	if err := w.usable(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.credited()
}

func (w *Wallet) credited() error {
	if err := w.registered(); err != nil {
		return err
	}
	if w.state.credential == nil {
		return &CredentialError{Identity: w.identity, Checkpoint: w.state.frontier.Checkpoint, Credentials: w.state.signed.Checkpoint, Waiting: w.waiting}
	}
	return nil
}

// Member is the user as he is registered, with his class and his newest address. The error is an
// UnregisteredError if the ledger, as far as the wallet has synced, does not know the
// identity: a misspelt one is found so, and what Pay and others cannot do without.
func (w *Wallet) Member() (*utt.Member, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.registered(); err != nil {
		return nil, err
	}
	m := *w.state.registered
	return &m, nil
}

func (w *Wallet) registered() error {
	if w.state.registered == nil {
		return &UnregisteredError{Identity: w.identity, Checkpoint: w.state.frontier.Checkpoint}
	}
	return nil
}

// Checkpoint is up to where the wallet has taken the ledger in.
func (w *Wallet) Checkpoint() utt.Checkpoint { return w.frontier().Checkpoint }

func (w *Wallet) frontier() utt.Frontier {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.frontier
}

// Balance is a wallet's money and budget of an asset.
type Balance struct {
	Spendable     utt.Amount // in coins free to spend
	Pending       utt.Amount // in coins locked by operations not yet on record
	Held          utt.Amount // in one's own payments that are held: it comes back, less what is paid unless all is refunded
	Incoming      utt.Amount // in payments to the user that are held: it may never come
	Account       utt.Amount // ordinary money
	Budget        utt.Amount // for private payments in the present epoch
	BudgetPending utt.Amount
	BudgetHeld    utt.Amount // as Held
}

// Balance sums up what the wallet had at its last sync. Of a light wallet what is Waiting is not in it.
func (w *Wallet) Balance(asset string) Balance {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := Balance{Account: w.state.accounts.m[asset]}
	now := w.present()
	money, private := w.state.money(asset), w.state.budget(budget.Privacy, asset, now)
	b.Spendable, b.Pending = money.free.sum(), money.locked
	b.Budget, b.BudgetPending = private.free.sum(), private.locked
	for _, h := range w.state.holds.m {
		if h.asset != asset {
			continue
		}
		b.Incoming += h.sum(utt.Payee, utt.Fixed)
		if h.mine {
			b.Held += h.sum(utt.Refund)
			b.BudgetHeld += h.budget(now)
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
	for _, c := range w.state.coins.m {
		if c.asset == asset && c.epoch == 0 {
			v = append(v, c.value)
		}
	}
	slices.Sort(v)
	slices.Reverse(v)
	return v
}
