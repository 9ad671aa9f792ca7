package utt

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// Wallet holds one user's keys and coins. All it knows comes from its seed and
// the ledger's records, so that a lost wallet is restored by making it again and
// calling Sync. It locks itself and may be used from several goroutines. It prints
// as "redacted".
type Wallet struct {
	p    *Parameters
	pid  PID
	keys *keys
	// s = s1 + s2, known from the seed: notes may come before the registration
	secret attr.Attribute
	// proving keys by circuit
	proving map[[32]byte]*rangeproof.ProvingKey

	syncing chan struct{} // holds a token while a Sync runs

	mu      sync.Mutex
	state   walletState
	members map[PID]*registrationEntry
}

// walletState is what records change, copied before and swapped after a batch of
// them, so that a bad one leaves the wallet as it was.
type walletState struct {
	cursor     Cursor
	time       uint64 // of the last record
	head       Head
	registered *member
	credential *holding
	coins      map[nullifier.Nullifier]*coin
	accounts   map[string]Amount
	nonce      uint64 // of the account, the next to use
	pending    map[ID]*pending
	decided    map[ID]bool // of those once pending, whether they were executed
	granted    map[grantID]bool
	spent      map[nullifier.Nullifier]bool // of the wallet's own coins
	received   []Payment
}

type grantID struct {
	asset string
	epoch Epoch
}

// coin is one's own unspent coin, of money or budget.
type coin struct {
	holding
	asset  string
	epoch  Epoch // of budget; 0 for money
	value  Amount
	locked ID // of the pending operation that spends it; zero if none
}

// pending is an operation submitted and not yet decided.
type pending struct {
	op     Operation
	inputs []nullifier.Nullifier
	epoch  Epoch // after which it can no longer execute; 0 for none
	nonce  *uint64
}

// Payment is money received from somebody, who is not known.
type Payment struct {
	ID     ID
	Asset  string
	Amount Amount
	Memo   string
	Time   uint64 // of the block, in seconds since 1970
}

// NewWallet makes the wallet of an identity, such as an account name, from its
// 32-byte seed. It can make transfers of the cases whose proving keys it is given,
// and receive without any. The keys must be those of the parameters' circuits.
func NewWallet(p *Parameters, identity string, seed []byte, k ...*rangeproof.ProvingKey) (*Wallet, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	w := &Wallet{
		p: p, pid: PIDOf(identity), proving: make(map[[32]byte]*rangeproof.ProvingKey),
		syncing: make(chan struct{}, 1), members: make(map[PID]*registrationEntry),
	}
	var err error
	if w.keys, err = deriveKeys(p.network, w.pid, seed); err != nil {
		return nil, err
	}
	for _, key := range k {
		if key == nil || key.VerifyingKey() == nil {
			return nil, fmt.Errorf("%w: a proving key that is nil or empty", ErrInvalid)
		}
		if !slices.ContainsFunc(p.config.Circuits, func(c Circuit) bool { return c.Key.Digest() == key.VerifyingKey().Digest() }) {
			return nil, fmt.Errorf("%w: a proving key of no circuit in the parameters", ErrPolicy)
		}
		w.proving[key.CircuitID()] = key
	}
	m := w.keys.member(p.network, w.pid, 0)
	w.secret = attr.FromScalar(w.keys.s1.Add(m.committeeSecret(p.network)))
	w.state = walletState{
		coins:    make(map[nullifier.Nullifier]*coin),
		accounts: make(map[string]Amount),
		pending:  make(map[ID]*pending),
		decided:  make(map[ID]bool),
		granted:  make(map[grantID]bool),
		spent:    make(map[nullifier.Nullifier]bool),
	}
	return w, nil
}

// PID is the wallet's public identifier.
func (w *Wallet) PID() PID { return w.pid }

// Format prints "redacted".
func (w *Wallet) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (w *Wallet) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Registration asks for a credential with the budget of a class. An Endorser adds
// its endorsement before it is submitted. To ask again for the same class is the
// same registration.
func (w *Wallet) Registration(class Class) (*Registration, error) {
	if _, err := w.p.config.Policy.Amount(class); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return register(nil, w.p, w.keys.member(w.p.network, w.pid, class), w.keys.s1, w.keys.blinding, w.keys.account)
}

// Registered reports whether the wallet has seen its registration.
func (w *Wallet) Registered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.credential != nil
}

// Balance is a wallet's money and budget of an asset.
type Balance struct {
	Spendable     Amount // in coins free to spend
	Pending       Amount // in coins locked by operations not yet decided
	Account       Amount // ordinary money
	Budget        Amount // for private payments in the epoch of the last sync
	BudgetPending Amount
}

// Balance sums up what the wallet had at its last sync.
func (w *Wallet) Balance(asset string) Balance {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := Balance{Account: w.state.accounts[asset]}
	for _, c := range w.state.coins {
		switch {
		case c.asset != asset || c.epoch != 0 && c.epoch != w.state.head.Epoch:
		case c.epoch == 0 && c.locked == ID{}:
			b.Spendable += c.value
		case c.epoch == 0:
			b.Pending += c.value
		case c.locked == ID{}:
			b.Budget += c.value
		default:
			b.BudgetPending += c.value
		}
	}
	return b
}

// Coins are the values of the unspent money coins of an asset, largest first.
func (w *Wallet) Coins(asset string) []Amount {
	w.mu.Lock()
	defer w.mu.Unlock()
	var v []Amount
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
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.state.received)
}

// Pending are the operations submitted and not yet decided.
func (w *Wallet) Pending() []ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(maps.Keys(w.state.pending), func(a, b ID) int { return slices.Compare(a[:], b[:]) })
}

func (s *walletState) clone() walletState {
	d := *s
	d.coins = make(map[nullifier.Nullifier]*coin, len(s.coins))
	for n, c := range s.coins {
		copied := *c
		d.coins[n] = &copied
	}
	d.accounts, d.pending, d.decided = maps.Clone(s.accounts), maps.Clone(s.pending), maps.Clone(s.decided)
	d.granted, d.spent = maps.Clone(s.granted), maps.Clone(s.spent)
	d.received = slices.Clip(d.received)
	return d
}

// lock marks an operation's coins.
func (s *walletState) lock(id ID, p *pending) {
	for _, n := range p.inputs {
		s.coins[n].locked = id
	}
	s.pending[id] = p
}

// is reports whether the pending order is the one on record.
func (p *pending) is(e entry) bool {
	switch o := p.op.(type) {
	case *Mint:
		return sameEntry(&o.mintOrder, e)
	case *PublicTransfer:
		return sameEntry(&o.publicOrder, e)
	case *Grant:
		return sameEntry(&o.grantOrder, e)
	}
	return false
}

func sameEntry(a, b entry) bool {
	return a.kind() == b.kind() && bytes.Equal(a.append(nil), b.append(nil))
}

// settle removes a pending operation; if it failed, its coins are free again.
func (s *walletState) settle(id ID, executed bool) {
	p := s.pending[id]
	if p == nil {
		return
	}
	delete(s.pending, id)
	s.decided[id] = executed
	if executed {
		return
	}
	for _, n := range p.inputs {
		if c := s.coins[n]; c != nil && c.locked == id {
			c.locked = ID{}
		}
	}
}

// credentialOpening opens the credential: s = s1 + s2 with the blinding a.
func (w *Wallet) credentialOpening(m *member) *sig.Opening {
	s := w.keys.s1.Add(m.committeeSecret(w.p.network))
	return sig.NewOpening([]attr.Attribute{m.pid.attribute(), attr.FromScalar(s)},
		[]curve.Scalar{{}, w.keys.blinding})
}

// account signs an order of the wallet's account with the next nonce.
func (w *Wallet) accountOrder(asset string, amount Amount) (accountOrder, error) {
	s := &w.state
	if s.credential == nil {
		return accountOrder{}, fmt.Errorf("%w: not registered, or not synced", ErrNotFound)
	}
	for id, p := range s.pending {
		if p.nonce != nil {
			return accountOrder{}, fmt.Errorf("%w: operation %v of the account is pending: wait for it, or resubmit it", ErrConflict, id)
		}
	}
	if err := checkOrder(w.p, asset); err != nil {
		return accountOrder{}, err
	}
	if amount == 0 {
		return accountOrder{}, fmt.Errorf("%w: an amount of zero", ErrInvalid)
	}
	if have := s.accounts[asset]; have < amount {
		return accountOrder{}, &FundsError{What: "the account's " + asset, Need: amount, Spendable: have}
	}
	return accountOrder{w.pid, w.keys.account.Public().(ed25519.PublicKey), s.nonce, asset, amount}, nil
}

// Mint turns ordinary money of the account into a private coin.
func (w *Wallet) Mint(ctx context.Context, n Node, asset string, amount Amount) (ID, error) {
	return w.submitOrder(ctx, n, asset, amount, func(o accountOrder) Operation {
		m := &Mint{mintOrder: mintOrder{o}}
		m.signature = ed25519.Sign(w.keys.account, m.message(w.p.network))
		m.sealed = seal(m.encode())
		return m
	})
}

// PayPublicly moves ordinary money to another account, for all to see.
func (w *Wallet) PayPublicly(ctx context.Context, n Node, to, asset string, amount Amount) (ID, error) {
	pid := PIDOf(to)
	w.mu.Lock()
	known := w.members[pid] != nil
	w.mu.Unlock()
	if !known {
		// the order would stay pending, and with it the nonce
		return ID{}, fmt.Errorf("%w: no user %q is registered; sync, or check the name", ErrNotFound, shorten(to))
	}
	return w.submitOrder(ctx, n, asset, amount, func(o accountOrder) Operation {
		t := &PublicTransfer{publicOrder: publicOrder{o, pid}}
		t.signature = ed25519.Sign(w.keys.account, t.message(w.p.network))
		t.sealed = seal(t.encode())
		return t
	})
}

func (w *Wallet) submitOrder(ctx context.Context, n Node, asset string, amount Amount, sign func(accountOrder) Operation) (ID, error) {
	if n == nil {
		return ID{}, errNode
	}
	w.mu.Lock()
	o, err := w.accountOrder(asset, amount)
	if err != nil {
		w.mu.Unlock()
		return ID{}, err
	}
	op := sign(o)
	w.state.pending[op.ID()] = &pending{op: op, nonce: &o.nonce}
	w.mu.Unlock()
	return op.ID(), submit(ctx, n, op)
}

var errNode = fmt.Errorf("%w: no node", ErrInvalid)

// submit hands in an operation that is pending already: should that fail, it may
// still be executed.
func submit(ctx context.Context, n Node, op Operation) error {
	if err := n.Submit(ctx, op); err != nil {
		return fmt.Errorf("utt: submit %v, which stays pending until its fate is certain; Resubmit hands it in again: %w", op.ID(), err)
	}
	return nil
}

// RequestBudget asks for the budget of an asset in an epoch: the present or the
// next. Ask for the next at the random time that budget.Policy.GrantTime gives.
func (w *Wallet) RequestBudget(ctx context.Context, n Node, asset string, e Epoch) (ID, error) {
	if n == nil {
		return ID{}, errNode
	}
	w.mu.Lock()
	s := &w.state
	if s.credential == nil {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: not registered, or not synced", ErrNotFound)
	}
	g, err := NewGrant(w.p, w.pid, asset, e, s.registered.class)
	if err != nil {
		w.mu.Unlock()
		return ID{}, err
	}
	if s.granted[grantID{asset, e}] {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: the budget of epoch %d was granted before", ErrConflict, e)
	}
	if now := s.head.Epoch; !budget.Grantable(e, now) {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: a budget of epoch %d is not granted in epoch %d, that of the last sync", ErrPolicy, e, now)
	}
	s.pending[g.ID()] = &pending{op: g, epoch: e}
	w.mu.Unlock()
	return g.ID(), submit(ctx, n, g)
}

// Resubmit hands a pending operation in again. It is the same operation, so it
// executes at most once.
func (w *Wallet) Resubmit(ctx context.Context, n Node, id ID) error {
	if n == nil {
		return errNode
	}
	w.mu.Lock()
	p := w.state.pending[id]
	w.mu.Unlock()
	if p == nil {
		return fmt.Errorf("%w: no pending operation %v", ErrNotFound, id)
	}
	return submit(ctx, n, p.op)
}

// Await syncs until an operation of this wallet is decided. It returns nil if it
// was executed, ErrConflict if the ledger's state rules out that it ever will be,
// and ErrNotFound if the wallet, since it was made, has handed in no such operation.
//
// A rejected operation leaves no record. Await goes on as long as the operation, handed
// in again, could still be executed: bound the context, and ask the node for the
// receipt.
func (w *Wallet) Await(ctx context.Context, n Node, id ID) error {
	for {
		if err := w.Sync(ctx, n); err != nil {
			return err
		}
		w.mu.Lock()
		_, open := w.state.pending[id]
		executed, decided := w.state.decided[id]
		cursor := w.state.cursor
		w.mu.Unlock()
		switch {
		case executed:
			return nil
		case decided:
			return fmt.Errorf("%w: operation %v can no longer execute", ErrConflict, id)
		case !open:
			return fmt.Errorf("%w: no operation %v of this wallet", ErrNotFound, id)
		}
		if err := waitAtMost(ctx, n, cursor, awaitPoll); err != nil {
			return err
		}
	}
}

// awaitPoll is how often Await looks at the head, since epochs pass without records.
const awaitPoll = time.Second

func waitAtMost(ctx context.Context, n Node, from Cursor, d time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := n.Wait(bounded, from); err != nil && bounded.Err() == nil {
		return err
	}
	return ctx.Err()
}

// made reports whether the pending transfer is the one on record, by the outputs
// that are the wallet's own and open. The others tell nothing: anybody can blind a
// commitment and its signature anew, and so make a record look like another's.
func (p *pending) made(e *transferEntry, sh *shape) bool {
	t, ok := p.op.(*Transfer)
	if !ok || len(t.outputs) != len(e.outputs) {
		return false
	}
	for j, r := range sh.roles {
		if (r.kind == own || r.kind == budgetChange) && (t.outputs[j].pid != e.outputs[j].pid || t.outputs[j].val != e.outputs[j].val) {
			return false
		}
	}
	return true
}
