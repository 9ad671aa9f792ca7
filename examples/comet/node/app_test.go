package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// runIn runs tests with a folder of their own.
func runIn(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "node"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(code)
}

// The issuer's orders come in any order and at several validators, and are executed by number.
func TestOrdersByNumber(t *testing.T) {
	f := newFour(t)
	alice := f.user("alice")
	for _, nonce := range []uint64{2, 0, 4, 1} { // 3 is missing
		require.NoError(t, f.apps[1].pool.submit(t.Context(), f.issue(nonce, alice.PID())))
	}
	txs := f.decide(1)
	require.Equal(t, [][]byte{raw(t, f.issue(0, alice.PID())), raw(t, f.issue(1, alice.PID())), raw(t, f.issue(2, alice.PID()))}, txs)
	require.Equal(t, 1, f.apps[1].pool.size(), "4 waits for 3")
	require.Empty(t, f.decide(1))
	require.NoError(t, f.apps[1].pool.submit(t.Context(), f.issue(3, alice.PID())))
	require.Len(t, f.decide(1), 2)
	balance, err := f.apps[3].r().Ledger().Balance(alice.PID(), "cash")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(50), balance)
	var no *utt.Rejection
	other, err := utt.NewIssue(f.p(), f.issuer, 0, alice.PID(), "cash", 11)
	require.NoError(t, err)
	require.ErrorAs(t, f.apps[1].pool.submit(t.Context(), other), &no)
	require.Equal(t, utt.CodeNonce, no.Code)
	require.NoError(t, f.apps[1].pool.submit(t.Context(), f.issue(0, alice.PID())), "executed before: handed in once more is success")
	require.Zero(t, f.apps[1].pool.size())
}

// A block with anything in it that does not verify is refused, and executed all the same if
// two thirds decide so.
func TestBlocksThatAreRefused(t *testing.T) {
	f := newFour(t)
	alice := f.user("alice")
	good := raw(t, f.issue(0, alice.PID()))
	forged := slices.Clone(good)
	forged[len(forged)-1] ^= 1
	many := make([][]byte, maxOperations+1)
	for i := range many {
		many[i] = raw(t, f.issue(uint64(i), alice.PID()))
	}
	for name, txs := range map[string][][]byte{
		"a forged signature": {good, forged}, "twice the same": {good, good}, "bytes that are none": {good, {1, 2, 3}}, "an empty one": {{}}, "too many": many,
	} {
		r, err := f.apps[0].ProcessProposal(t.Context(), &abci.RequestProcessProposal{Height: f.height + 1, Time: f.clock, Txs: txs})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseProcessProposal_REJECT, r.Status, name)
	}
	r, err := f.apps[0].ProcessProposal(t.Context(), &abci.RequestProcessProposal{Height: f.height + 1, Time: f.clock, Txs: [][]byte{good}})
	require.NoError(t, err)
	require.Equal(t, abci.ResponseProcessProposal_ACCEPT, r.Status)

	f.height++
	f.execute([][]byte{forged, {1, 2, 3}, good, good})
	balance, err := f.apps[2].r().Ledger().Balance(alice.PID(), "cash")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(10), balance)
}

// Two payments with one coin, at two validators: what becomes of the second is told, whether
// it is in a block or not.
func TestDoubleSpend(t *testing.T) {
	f := newFour(t)
	ctx := t.Context()
	alice, bob := f.user("alice"), f.user("bob")
	node := backend{f.apps[0].r(), f.apps[0]}
	require.NoError(t, node.Submit(ctx, f.issue(0, alice.PID())))
	f.decide(0)
	require.NoError(t, alice.Sync(ctx, node))
	_, err := alice.Mint(ctx, node, "cash", 10)
	require.NoError(t, err)
	_, err = alice.RequestBudget(ctx, node, "cash", 1)
	require.NoError(t, err)
	f.decide(0)
	require.NoError(t, alice.Sync(ctx, node))

	seed := make([]byte, utt.SeedSize)
	copy(seed, "alice")
	clone, err := wallet.New(f.p(), "alice", seed, wallet.Config{ProvingKeys: f.apps[0].home.Proving, Now: func() time.Time { return f.clock }})
	require.NoError(t, err)
	require.NoError(t, clone.Sync(ctx, node))
	first, err := alice.Pay(ctx, node, bob.Identity(), "cash", 3, "")
	require.NoError(t, err)
	other := backend{f.apps[1].r(), f.apps[1]}
	second, err := clone.Pay(ctx, other, bob.Identity(), "cash", 4, "")
	require.NoError(t, err, "it is admitted where the first is not known")
	require.Len(t, f.decide(0), 1)
	r, err := node.Receipt(ctx, first.Digest)
	require.NoError(t, err)
	require.Equal(t, utt.Executed, r.Status)
	r, err = other.Receipt(ctx, second.Digest)
	require.NoError(t, err)
	require.Equal(t, utt.CodeSpent, r.Rejection.Code)
	_, err = node.Receipt(ctx, second.Digest)
	require.ErrorIs(t, err, utt.ErrNotFound, "it was not handed in there")
	require.Empty(t, f.decide(1))
}

// Too much at once is busy, not lost and not in memory.
func TestFullPool(t *testing.T) {
	f := newFour(t)
	a := f.apps[0]
	stopped := newPool(a.r, a.meters) // nothing verifies
	next := uint64(0)
	add := func(from source) error {
		_, err := stopped.add(f.issue(next, utt.PID{1}), from)
		next++
		return err
	}
	fill := func(from source) (took int) {
		for add(from) == nil {
			took++
		}
		require.ErrorIs(t, add(from), errBusy)
		return took
	}
	for _, from := range []source{"party 1", fromStrangers, "party 2", "party 3", "party 4", "party 5"} {
		require.Equal(t, maxQueue/peerShare, fill(from), "of %s: none crowds others out", from)
	}
	require.Zero(t, fill("party 6"), "peers leave room for wallets")
	require.Equal(t, maxQueue/peersShare, fill(fromWallets))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, stopped.submit(ctx, f.issue(0, utt.PID{1})), context.DeadlineExceeded, "it waits once, whoever hands it in")
	require.Equal(t, maxQueue, stopped.queued)
}

// Sources take turns, and one whose operations do not verify has turns of its own.
func TestFairPool(t *testing.T) {
	f := newFour(t)
	a, alice := f.apps[0], f.user("alice").PID()
	p := newPool(a.r, a.meters)
	forged := func(nonce uint64) utt.Operation {
		b := slices.Clone(raw(t, f.issue(nonce, alice)))
		b[len(b)-1] ^= 1
		op, err := utt.ParseOperation(b)
		require.NoError(t, err)
		return op
	}
	add := func(from source, op utt.Operation) *candidate {
		c, err := p.add(op, from)
		require.NoError(t, err)
		return c
	}
	const flood = maxQueue / peerShare
	for i := range flood {
		add("mallory", forged(uint64(i)))
	}
	wallet, peer := add(fromWallets, f.issue(0, alice)), add("party 2", f.issue(1, alice))
	batch := p.batch()
	require.Len(t, batch, maxBatch)
	require.Contains(t, batch, wallet)
	require.Contains(t, batch, peer)
	p.verify(t.Context(), batch)
	require.NoError(t, wallet.err)
	require.NoError(t, peer.err)

	// from now on others do not wait for it
	wallet, peer = add(fromWallets, f.issue(2, alice)), add("party 2", f.issue(3, alice))
	apart := 0
	for batch := p.batch(); len(batch) > 0; batch = p.batch() {
		if slices.Contains(batch, wallet) {
			require.ElementsMatch(t, []*candidate{wallet, peer}, batch)
			apart++
		}
		p.verify(t.Context(), batch)
	}
	require.Equal(t, 1, apart)
	require.Len(t, p.in, 4)
	require.Zero(t, p.sources["mallory"].count)
	require.Zero(t, p.sources["mallory"].bytes)

	// until what it tells of verifies again
	add("mallory", f.issue(4, alice))
	p.verify(t.Context(), p.batch())
	require.False(t, p.sources["mallory"].suspects)
}

// What a wallet has handed in here others are told of at once, what a peer has told of only if
// it waits, and nobody of what he knows.
func TestTelling(t *testing.T) {
	f := newFour(t)
	a, alice := f.apps[0], f.user("alice").PID()
	p := newPool(a.r, a.meters)
	admit := func(nonce uint64, from source) *candidate {
		c, err := p.add(f.issue(nonce, alice), from)
		require.NoError(t, err)
		p.verify(t.Context(), p.batch())
		require.NoError(t, c.err)
		return c
	}
	own, told := admit(0, fromWallets), admit(1, "party 2")
	require.False(t, p.know(told, "peer 2"))
	now := time.Now()
	require.Equal(t, []*candidate{own}, p.tell(now, false))
	require.Empty(t, p.tell(now, false))
	require.Equal(t, []*candidate{told}, p.tell(now.Add(2*relayAfter), false))
	require.True(t, p.know(told, "peer 2"))
	require.False(t, p.know(told, "peer 3"))

	relayed := admit(2, "party 3")
	require.Equal(t, []*candidate{relayed}, p.tell(now, true), "a validator is not connected")
	late := admit(3, "party 3")
	_, err := p.add(late.op, fromWallets)
	require.NoError(t, err)
	require.Contains(t, p.tell(now, false), late, "a wallet has handed it in here, too")
	gone := admit(4, "party 3")
	p.remove(func(c *candidate) bool { return c == gone })
	require.Empty(t, p.tell(now.Add(2*relayAfter), true))
}

// One without shares publishes what others have certified, and nothing else.
func TestFollower(t *testing.T) {
	f := newFour(t)
	joined, err := home.Join(f.apps[0].home, t.TempDir()+"/node", "follower", "127.0.0.1", 1)
	require.NoError(t, err)
	a := newApp(t, joined.Folder)
	f.begin(a)
	require.Equal(t, replica.Party{}, a.r().Party())
	_, lacks := lacking(a.r())
	require.False(t, lacks)
	f.apps = append(f.apps, a)
	alice := f.user("alice").PID()
	require.NoError(t, f.apps[0].pool.submit(t.Context(), f.issue(0, alice)))
	f.decide(0)
	require.Zero(t, a.r().Published(), "nobody has told it")

	for range 3 {
		height, lacks := lacking(a.r())
		if !lacks {
			break
		}
		good, err := certified(f.apps[1].r(), height)
		require.NoError(t, err)
		for i := 0; i < len(good); i += 1 + len(good)/50 {
			bad := slices.Clone(good)
			bad[i] ^= 1
			require.Error(t, follow(a.r(), bad), "byte %d", i)
			require.Error(t, follow(a.r(), good[:i]))
		}
		require.Equal(t, height, a.r().Published()+1)
		require.NoError(t, follow(a.r(), good))
		require.NoError(t, follow(a.r(), good), "twice is nothing new")
	}
	require.Equal(t, f.apps[0].r().Published(), a.r().Published())
	for _, height := range []uint64{0, 3, 1 << 60} {
		_, err = certified(f.apps[1].r(), height)
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
	_, err = certified(a.r(), 1)
	require.NoError(t, err, "it tells others")

	// what a peer is sent has a bound
	now, sent := time.Now(), 0
	x := newFollower(a.r)
	for x.spend("peer", 1<<20, now) {
		sent++
	}
	require.Equal(t, spareBurst>>20, sent)
	require.False(t, x.spend("peer", 0, now.Add(time.Millisecond)))
	require.True(t, x.spend("peer", 0, now.Add(time.Minute)))
	require.True(t, x.spend("another", 0, now))
}

// A snapshot is taken by its digest; whatever else peers serve is refused, chunk by chunk.
func TestSnapshots(t *testing.T) {
	f := newFour(t)
	ctx := t.Context()
	f.user("alice")
	for f.height < 5 {
		f.decide(int(f.height) % 4)
	}
	digest := f.apps[0].r().Ledger().Digest()
	from := f.apps[0]
	from.shots.taking.Wait()
	listed, err := from.ListSnapshots(ctx, &abci.RequestListSnapshots{})
	require.NoError(t, err)
	require.Len(t, listed.Snapshots, 1)
	s := listed.Snapshots[0]
	require.Equal(t, uint64(5), s.Height)
	chunk, err := from.LoadSnapshotChunk(ctx, &abci.RequestLoadSnapshotChunk{Height: 5, Format: snapshotFormat})
	require.NoError(t, err)

	offer := func(a *app, s *abci.Snapshot, digest []byte) abci.ResponseOfferSnapshot_Result {
		r, err := a.OfferSnapshot(ctx, &abci.RequestOfferSnapshot{Snapshot: s, AppHash: digest})
		require.NoError(t, err)
		return r.Result
	}
	apply := func(a *app, chunk []byte) *abci.ResponseApplySnapshotChunk {
		r, err := a.ApplySnapshotChunk(ctx, &abci.RequestApplySnapshotChunk{Chunk: chunk, Sender: "mallory"})
		require.NoError(t, err)
		return r
	}
	a := newApp(t, f.apps[3].home.Folder)
	changed := *s
	changed.Format = 9
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT_FORMAT, offer(a, &changed, digest[:]))
	changed = *s
	changed.Chunks = 1 << 30
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT, offer(a, &changed, digest[:]))
	changed = *s
	changed.Metadata = []byte(`{"chunks":["AAAA"],"certificate":"AAAA"}`)
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT, offer(a, &changed, digest[:]))
	changed.Metadata = bytes.Replace(s.Metadata, []byte(`"frontier":"`), []byte(`"frontier":"AAAA`), 1)
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT, offer(a, &changed, digest[:]))
	require.Equal(t, abci.ResponseOfferSnapshot_REJECT, offer(a, s, digest[:4]))

	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer(a, s, digest[:]))
	garbled := slices.Clone(chunk.Chunk)
	garbled[len(garbled)/2] ^= 1
	again := apply(a, garbled)
	require.Equal(t, abci.ResponseApplySnapshotChunk_RETRY, again.Result)
	require.Equal(t, []string{"mallory"}, again.RejectSenders)

	// a snapshot that is whole, and of another state than the chain's
	lied := garbledSnapshot(t, s, garbled)
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer(a, lied, digest[:]))
	require.Equal(t, abci.ResponseApplySnapshotChunk_REJECT_SNAPSHOT, apply(a, garbled).Result)
	require.Zero(t, a.r().Ledger().Head().Height)

	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer(a, s, digest[:]))
	require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, apply(a, chunk.Chunk).Result)
	require.Equal(t, digest, a.r().Ledger().Digest())
	require.Equal(t, uint64(4), a.r().Published(), "as it was when the snapshot was taken")
	i, err := a.Info(ctx, &abci.RequestInfo{})
	require.NoError(t, err)
	require.Equal(t, digest[:], i.LastBlockAppHash)
	f.apps[3] = a
	a.r().Overdue(5)
	f.decide(0) // with the others
	require.Equal(t, uint64(6), a.r().Published())
}

func garbledSnapshot(t *testing.T, s *abci.Snapshot, chunk []byte) *abci.Snapshot {
	t.Helper()
	var c contents
	require.NoError(t, json.Unmarshal(s.Metadata, &c))
	hash := sha256.Sum256(chunk)
	c.Chunks = [][]byte{hash[:]}
	d := *s
	var err error
	d.Metadata, err = json.Marshal(c)
	require.NoError(t, err)
	return &d
}

// A genesis file of another ledger, of other validators, or of before the policy is none of
// this home.
func TestGenesis(t *testing.T) {
	f := newFour(t)
	a := newApp(t, f.apps[0].home.Folder)
	good := func() *abci.RequestInitChain {
		d := a.home.Parameters.Digest()
		state, err := json.Marshal(home.AppState{Parameters: utt.Digest(d).String()})
		require.NoError(t, err)
		r := &abci.RequestInitChain{Time: time.Now(), InitialHeight: 1, AppStateBytes: state}
		held, err := a.r().Ledger().Holders(utt.PurposeLedger)
		require.NoError(t, err)
		for _, p := range held.Parties {
			r.Validators = append(r.Validators, update(p, home.Power))
		}
		return r
	}
	_, err := a.InitChain(t.Context(), good())
	require.NoError(t, err)
	for name, change := range map[string]func(*abci.RequestInitChain){
		"another digest": func(r *abci.RequestInitChain) {
			r.AppStateBytes = bytes.ReplaceAll(r.AppStateBytes, []byte("a"), []byte("b"))
		},
		"no state":             func(r *abci.RequestInitChain) { r.AppStateBytes = nil },
		"before the policy":    func(r *abci.RequestInitChain) { r.Time = time.Unix(1, 0) },
		"another height":       func(r *abci.RequestInitChain) { r.InitialHeight = 2 },
		"a validator too few":  func(r *abci.RequestInitChain) { r.Validators = r.Validators[1:] },
		"a validator of none":  func(r *abci.RequestInitChain) { r.Validators[0] = update(make([]byte, 32), 1) },
		"a validator too many": func(r *abci.RequestInitChain) { r.Validators = append(r.Validators, r.Validators[0]) },
	} {
		r := good()
		change(r)
		_, err := a.InitChain(t.Context(), r)
		require.Error(t, err, name)
	}
}

// A validator that does not know how it voted stays away; one that does, votes, and not
// twice.
func TestVotes(t *testing.T) {
	folder, err := founded()
	require.NoError(t, err)
	like, err := home.Open(folder + "/node1")
	require.NoError(t, err)
	h, err := home.Join(like, t.TempDir()+"/node", "votes", "127.0.0.1", 1)
	require.NoError(t, err)
	vote := func(v *voter, height int64, block byte) error {
		return v.SignVote("chain", &cmtproto.Vote{Type: cmtproto.PrevoteType, Height: height, BlockID: cmtproto.BlockID{
			Hash: bytes.Repeat([]byte{block}, 32), PartSetHeader: cmtproto.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{block}, 32)},
		}})
	}
	v, err := newVoter(h)
	require.NoError(t, err)
	require.NoError(t, vote(v, 1, 1), "new, and it knows that it has never voted")
	require.NoError(t, vote(v, 7, 1))
	v, err = newVoter(h)
	require.NoError(t, err)
	require.Error(t, vote(v, 7, 2), "another block of the same height")
	require.NoError(t, vote(v, 7, 1))
	require.NoError(t, vote(v, 8, 2))

	require.NoError(t, os.RemoveAll(h.Data()))
	require.NoError(t, os.MkdirAll(h.Data(), 0o700))
	v, err = newVoter(h)
	require.NoError(t, err)
	require.Error(t, vote(v, 8, 3))
	require.EqualValues(t, 8+away, v.votesFrom())
	v, err = newVoter(h) // started once more
	require.NoError(t, err)
	require.Error(t, vote(v, 9, 3))
	require.Error(t, v.SignProposal("chain", &cmtproto.Proposal{Type: cmtproto.ProposalType, Height: 8 + away - 1}))
	require.NoError(t, vote(v, 8+away, 3))
}

// Connections are served at a rate, and there are so many of one address.
func TestRate(t *testing.T) {
	b := &bucket{left: 2, last: time.Unix(0, 0)}
	now := time.Unix(0, 0)
	require.True(t, b.take(now))
	require.True(t, b.take(now))
	require.False(t, b.take(now))
	require.True(t, b.take(now.Add(time.Second/rate)))
	require.False(t, b.take(now.Add(time.Second/rate)))
	full := now.Add(time.Hour)
	for range burst {
		require.True(t, b.take(full))
	}
	require.False(t, b.take(full))

	l := newListener(nil)
	for range maxFromOne {
		require.True(t, l.enter("192.0.2.1"))
	}
	require.False(t, l.enter("192.0.2.1"))
	require.True(t, l.enter("192.0.2.2"))
	l.leave("192.0.2.1")
	require.True(t, l.enter("192.0.2.1"))
}

// What was parsed in the pool or in the block proposed last is not parsed again; what is none is
// none each time.
func TestParsedOnce(t *testing.T) {
	f := newFour(t)
	a := f.apps[0]
	proposed, waits := f.issue(0, utt.PID{1}), f.issue(1, utt.PID{1})
	c, err := a.pool.add(waits, fromWallets)
	require.NoError(t, err)
	txs := [][]byte{raw(t, proposed), {1}, raw(t, waits)}
	first, errs := a.parse(txs)
	require.Error(t, errs[1])
	require.Nil(t, first[1])
	require.Same(t, c.op, first[2])
	require.Equal(t, proposed.Digest(), first[0].Digest())
	again, errs := a.parse(txs)
	require.Error(t, errs[1])
	require.Same(t, first[0], again[0])
	_, _ = a.parse(nil)
	other, _ := a.parse(txs[:1])
	require.NotSame(t, first[0], other[0], "of a block that is past nothing is kept")
}
