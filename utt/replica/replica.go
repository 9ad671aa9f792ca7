package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Config is what a replica is opened with. One that signs credentials only, as a
// registrar does, has no share of the other keys.
type Config struct {
	Parameters *utt.Parameters // that the ledger was founded on: the store has the amendments
	Committees *utt.Committees
	Coin       *threshold.KeyShare // nil where the party has none
	Credential *threshold.KeyShare
	Ledger     *threshold.KeyShare
	// Store is the replica's alone. Keys that begin with Beside are the host's.
	Store store.Store
	// Faults is f, how many replicas may be faulty: as many vouchers are not enough, and
	// fewer than t, the threshold of the ledger key, which is another parameter: of
	// n = 3f + 1 replicas t = 2f + 1 sign. Where the ledger says who holds the key it is
	// theirs, whatever is given here. By default it is the most of its n parties of whom t
	// are left, n − t but less than t, and one where all n sign.
	Faults int
	// Keep is how far back, by the ledger's time, the replica keeps what is bulk: the details
	// of payments, signatures on coins, and receipts. What is older goes from its store, little by little, as
	// blocks are published; summaries, trees and certificates stay. 0 keeps all. Let it be longer than
	// others may be away, than auditors may ask, and than a session lasts, and let some replica, or an archive, keep all.
	Keep time.Duration
	// Observe, if there is one, is told when Work begins a stage, and calls what it returns
	// at the end: to measure, without a clock in here.
	Observe func(Stage) (end func())
}

// Stage is a part of what Work does.
type Stage string

// The stages that take time.
const (
	StageSign    Stage = "sign"    // outputs
	StageCombine Stage = "combine" // shares
	StageAttach  Stage = "attach"  // verify signatures that another has combined
)

// Beside begins the keys of a replica's store that are the host's.
const Beside = ledger.Beside + ledger.Beside

// Replica executes decided blocks and makes, with others, what wallets believe of them.
// Prepare and Commit are called from one goroutine, Work from one, and the rest from any.
type Replica struct {
	c       Config
	ledger  *ledger.Ledger
	signers map[Key]*Signer
	kept    keeper

	checker utt.Checker

	working sync.Mutex // one Work at a time, and
	looked  memo       // what it has found

	mu          sync.Mutex
	main        *line      // to the ledger's certificates
	credentials *line      // to those of the credentials
	out         []*Message // that Work will return
	limits      limits
	waits       uint64 // calls to Overdue
	suspects    map[suspect]bool
	blamed      []Blame
	grown       chan struct{} // closed by the next publication
	renewed     uint64        // the height from which on the present shares hold the keys
}

// line is the work of a replica from decided blocks to certificates of one kind. It has two,
// of the same code: that of the ledger waits for the signatures on coins, and that of the
// credentials for those of the registrars, behind it and at its own pace.
type line struct {
	*Replica
	kind utt.CheckpointKind
	key  Key // that signs what the line waits for

	certifier   *Certifier // nil without a share of the ledger key
	blocks      map[uint64]*collection
	certifying  map[uint64]*certifying
	signed      map[uint64][]*utt.Record // with signatures, not yet certified
	due         []uint64                 // of the credentials: the blocks to be certified,
	head        uint64                   // as far as that is known
	certificate *utt.Certificate         // the last one published
	at          utt.Frontier             // of it
	follow      []follow                 // that Work will take in
	peers       map[Party]*peer
	asks        map[Party]uint64      // from which height others lack what is certified
	behind      bool                  // others must be asked, all of them
	asked       uint64                // the height that all were asked from last
	overdue     uint64                // the last block that is
	repeated    uint64                // the last block of those overdue that was said once more
	waited      uint64                // calls to Overdue since the last one was published
	retired     []*threshold.KeyShare // that others replace
}

func newLine(r *Replica, kind utt.CheckpointKind, key Key) *line {
	return &line{
		Replica: r, kind: kind, key: key,
		blocks: make(map[uint64]*collection), certifying: make(map[uint64]*certifying), signed: make(map[uint64][]*utt.Record),
		peers: make(map[Party]*peer), asks: make(map[Party]uint64),
	}
}

// lines are both: what the ledger's does the credentials' goes by.
func (r *Replica) lines() [2]*line { return [2]*line{r.main, r.credentials} }

// line is that which waits for signatures under a key.
func (r *Replica) line(k Key) *line {
	if k == CredentialKey {
		return r.credentials
	}
	return r.main
}

// Open opens the replica that a store holds, or begins one. What was executed and not
// published before it stopped is signed again by the next Work: signing is
// deterministic.
//
// A replica whose keys were reshared is opened so as well, on the same store with the new
// committees and shares, or goes on without a stop by Renew: what was not published yet is signed by these, with the same
// result. Shares of the other generation, of those who open earlier or later, are dropped
// and blame nobody; Overdue asks for what was dropped.
func Open(c Config) (*Replica, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	l, err := ledger.New(c.Parameters, c.Store)
	if err != nil {
		return nil, err
	}
	return open(c, l)
}

func (c *Config) check() error {
	if err := c.Parameters.Usable(); err != nil {
		return err
	}
	p := c.Parameters
	if c.Store == nil || c.Committees == nil {
		return fmt.Errorf("%w: no store, or no committees", utt.ErrInvalid)
	}
	if c.Keep < 0 || c.Keep > 0 && c.Keep < time.Second {
		return fmt.Errorf("%w: details kept for %v: give a second at least, or 0 to keep all", utt.ErrInvalid, c.Keep)
	}
	for _, k := range []struct {
		key   Key
		group interface{ Attributes() int }
		same  bool
	}{
		{CoinKey, c.Committees.Coin.Group(), c.Committees.Coin.Group().Equal(p.CoinKey())},
		{CredentialKey, c.Committees.Credential.Group(), c.Committees.Credential.Group().Equal(p.CredentialKey())},
		{LedgerKey, c.Committees.Ledger.Group(), c.Committees.Ledger.Group().Equal(p.LedgerKey())},
	} {
		if !k.same {
			return fmt.Errorf("%w: the committee of the %v is of another key than the parameters'", utt.ErrPolicy, k.key)
		}
	}
	if c.Observe == nil {
		c.Observe = func(Stage) func() { return func() {} }
	}
	return nil
}

// takeFaults settles f, by who holds the ledger key as of a ledger's head.
func (c *Config) takeFaults(l *ledger.Ledger) error {
	h, err := l.Holders(utt.PurposeLedger)
	switch {
	case err == nil && h.Generation == c.Committees.Ledger.Generation():
		c.Faults = h.Faults
	case err != nil && !errors.Is(err, utt.ErrNotFound):
		return err
	}
	t, n := c.Committees.Ledger.Threshold(), c.Committees.Ledger.Parties()
	if c.Faults == 0 {
		c.Faults = min(t-1, max(n-t, 1))
	}
	if c.Faults < 0 || c.Faults >= t {
		return fmt.Errorf("%w: %d faulty replicas of %d, any %d of whom sign: need 0 ≤ f < t", utt.ErrInvalid, c.Faults, n, t)
	}
	return nil
}

func open(c Config, l *ledger.Ledger) (*Replica, error) {
	if err := c.takeFaults(l); err != nil {
		return nil, err
	}
	r := &Replica{
		c: c, ledger: l, kept: keeper{l: l, s: c.Store, keep: uint64(c.Keep / time.Second)}, limits: usual, suspects: make(map[suspect]bool),
	}
	if err := r.kept.index(); err != nil {
		return nil, err
	}
	if err := r.takeShares(); err != nil {
		return nil, err
	}
	return r, nil
}

// takeShares makes what the replica's shares are for.
func (r *Replica) takeShares() (err error) {
	c := &r.c
	r.signers = make(map[Key]*Signer)
	r.main, r.credentials = newLine(r, utt.LedgerCheckpoint, CoinKey), newLine(r, utt.CredentialCheckpoint, CredentialKey)
	state, err := r.kept.signerState()
	if err != nil {
		return err
	}
	for key, share := range map[Key]*threshold.KeyShare{CoinKey: c.Coin, CredentialKey: c.Credential} {
		if share == nil {
			continue
		}
		s, err := NewSigner(r.ledger, committee(c.Committees, key), share, state)
		if err != nil {
			return err
		}
		if !s.group.Equal(committee(c.Committees, key).Group()) {
			return fmt.Errorf("%w: a share of another key than the %v", utt.ErrPolicy, key)
		}
		r.signers[key] = s
	}
	for _, l := range r.lines() {
		if l.certificate, l.at, err = r.kept.last(l.kind); err != nil {
			return err
		}
		if err := l.findDue(); err != nil {
			return err
		}
		if c.Ledger == nil {
			continue
		}
		if l.certifier, err = newCertifier(l.kind, r.ledger, c.Committees.Ledger, c.Ledger, l.certificate, l.at); err != nil {
			return err
		}
	}
	return nil
}

// usable reports a replica that neither Open nor Restore made.
func (r *Replica) usable() error {
	if r == nil || r.ledger == nil {
		return fmt.Errorf("%w: no replica: make it with Open or Restore", utt.ErrInvalid)
	}
	return nil
}

// Ledger is the replica's, to read and to take snapshots of. Blocks go through Prepare
// and Commit.
func (r *Replica) Ledger() *ledger.Ledger {
	if r.usable() != nil {
		return nil
	}
	return r.ledger
}

// parameters are the ledger's, with all amendments so far.
func (r *Replica) parameters() *utt.Parameters { return r.ledger.Parameters() }

// Party is who the replica is, by its key shares.
func (r *Replica) Party() Party {
	if r.usable() != nil {
		return Party{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.party()
}

func (r *Replica) party() Party {
	return Party{Coin: r.c.Coin.Index(), Credential: r.c.Credential.Index(), Ledger: r.c.Ledger.Index()}
}

// Blamed are those who sent what is false since the replica was opened, each once for a
// block.
func (r *Replica) Blamed() []Blame {
	if r.usable() != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := slices.Clone(r.blamed)
	slices.SortFunc(b, Blame.compare)
	return b
}

// blame keeps that a party sent what is false, so that it comes last from now on.
func (r *Replica) blame(b Blame) {
	r.suspects[suspect{b.Key, b.Index}] = true
	if !slices.Contains(r.blamed, b) {
		r.blamed = append(r.blamed, b)
		if len(r.blamed) > maxBlamed {
			r.blamed = slices.Clone(r.blamed[1:])
		}
	}
}

// maxBlamed bounds the blames that are kept.
const maxBlamed = 1 << 10

// Published is the height of the last certificate of the ledger that is published, 0 if there is
// none.
func (r *Replica) Published() uint64 {
	if r.usable() != nil {
		return 0
	}
	return r.main.reached()
}

// Settled is the height up to which the credentials are published as well, which is Published
// where the registrars owe none.
func (r *Replica) Settled() uint64 {
	if r.usable() != nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.credentials.through()
}

// Receive takes in a message of another replica. What is false of itself is blamed and
// dropped; the rest is held against the block once Work gets to it. It costs little; call
// Work after it. The error is ErrInvalid for a message that the party cannot have sent.
func (r *Replica) Receive(from Party, m *Message) error {
	if err := r.usable(); err != nil {
		return err
	}
	if m == nil || m.body == nil {
		return fmt.Errorf("%w: an empty message", utt.ErrInvalid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if from == r.party() {
		return nil // one's own, come back
	}
	l := r.line(m.body.of())
	switch b := m.body.(type) {
	case *shares:
		return l.receiveShares(from, b)
	case *signatures:
		return l.receiveSignatures(from, b)
	case *endorsement:
		return l.receiveEndorsement(from, b)
	case *certificateShare:
		return l.receiveCertificateShare(from, b)
	case *ask:
		if from == (Party{}) {
			return fmt.Errorf("%w: an ask of nobody, to whom the answer would go to all", utt.ErrInvalid)
		}
		l.asks[from] = b.height
	case *certified:
		l.receiveCertified(follow{from, b})
	}
	return nil
}

// Work does what can be done for the blocks that are executed and not published: it
// signs their outputs, joins shares, verifies what others joined, certifies and
// publishes. It returns what to send, and is to be called again after Commit and
// Receive. If the context ends, the next Work goes on.
func (r *Replica) Work(ctx context.Context) ([]*Message, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	r.working.Lock()
	defer r.working.Unlock()
	for _, l := range r.lines() {
		if err := l.step(ctx); err != nil {
			return r.sent(), err
		}
	}
	return r.sent(), nil
}

// step does what can be done on a line.
func (r *line) step(ctx context.Context) error {
	r.mu.Lock()
	r.repeat()
	r.mu.Unlock()
	if err := r.followAll(ctx); err != nil {
		return err
	}
	old, err := r.looked.replaced(r.ledger, r.c.Committees)
	if err != nil {
		return err
	}
	if !slices.Contains(old, r.key) && !slices.Contains(old, LedgerKey) { // [RES-HEIGHT]
		r.mu.Lock()
		work := r.work()
		r.mu.Unlock()
		for _, h := range work {
			if err := r.advance(ctx, h); err != nil {
				return err
			}
		}
		if err := r.certify(ctx); err != nil {
			return err
		}
	}
	if err := r.answer(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.repeat()
	r.ask()
	maps.DeleteFunc(r.blocks, func(h uint64, c *collection) bool {
		if r.takes(h) {
			return false
		}
		r.release(c)
		return true
	})
	maps.DeleteFunc(r.certifying, func(h uint64, _ *certifying) bool { return !r.takes(h) })
	return nil
}

func (r *line) reached() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.published()
}

func (r *Replica) sent() []*Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.out
	r.out = nil
	return out
}

func (r *Replica) send(to Party, b body) { r.out = append(r.out, &Message{to, b}) }

// turn is the place of a replica of the ledger key's committee in the order of a block: 0
// for the combiner, then those who endorse. It is not who proposes the block where
// proposers take turns by height, as is usual: both would fail if one did.
func (r *Replica) turn(height uint64) (turn int, ok bool) {
	j := r.c.Ledger.Index()
	if j == 0 {
		return 0, false
	}
	n := uint64(r.c.Committees.Ledger.Parties())
	return int((uint64(j) + 2*n - 2 - height%n) % n), true
}
