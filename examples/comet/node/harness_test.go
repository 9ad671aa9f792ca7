package node

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/pebblestore"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// founded is a network on disk, which tests copy nothing of but the identities.
var founded = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(shared, "net")
	return folder, home.Found(context.Background(), home.Founding{
		Folder: folder, Name: "test", Validators: 4, Dealt: true, Asset: "cash", Budget: 1000, Epoch: time.Hour, Pause: time.Second, Host: "127.0.0.1", Port: 1,
	})
})

// shared goes with the tests.
var shared string

func TestMain(m *testing.M) { runIn(m) }

// four are the applications of four validators, and what CometBFT would do with them.
type four struct {
	t        testing.TB
	apps     []*app
	folder   string
	issuer   ed25519.PrivateKey
	endorser *utt.Endorser
	height   int64
	clock    time.Time
}

func newFour(t testing.TB) *four {
	t.Helper()
	folder, err := founded()
	require.NoError(t, err)
	f := &four{t: t, folder: folder, clock: time.Now().Add(time.Minute)}
	for i := range 4 {
		f.apps = append(f.apps, newApp(t, filepath.Join(folder, fmt.Sprint("node", i+1))))
		f.begin(f.apps[i])
	}
	f.issuer, err = home.ReadKey(filepath.Join(folder, home.IssuerFile))
	require.NoError(t, err)
	key, err := home.ReadKey(filepath.Join(folder, home.EndorserFile))
	require.NoError(t, err)
	f.endorser, err = utt.NewEndorser(f.p(), key)
	require.NoError(t, err)
	return f
}

// opened are homes that were read.
var opened = struct {
	sync.Mutex
	homes map[string]*home.Home
}{homes: make(map[string]*home.Home)}

// newApp is an application with a store of its own, and without an engine.
func newApp(t testing.TB, folder string) *app {
	t.Helper()
	opened.Lock()
	defer opened.Unlock()
	if opened.homes[folder] == nil { // to open shares takes long
		h, err := home.Open(folder)
		require.NoError(t, err)
		opened.homes[folder] = h
	}
	own := *opened.homes[folder]
	h := &own
	a := &app{home: h, log: slog.New(slog.NewTextHandler(io.Discard, nil)), watch: newWatch(h), work: func() {}}
	a.fatal = func(err error) { t.Error(err) }
	var err error
	a.meters, err = newMeters(prometheus.NewRegistry())
	require.NoError(t, err)
	a.store, err = pebblestore.Open(t.TempDir())
	require.NoError(t, err)
	a.shots, err = newSnapshots(t.TempDir(), 5, a.log)
	require.NoError(t, err)
	require.NoError(t, a.open())
	a.pool = newPool(a.r, a.meters)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { a.pool.run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		a.shots.taking.Wait()
		require.NoError(t, a.store.Close())
	})
	return a
}

func (f *four) p() *utt.Parameters { return f.apps[0].home.Parameters }

// begin begins the chain.
func (f *four) begin(a *app) {
	f.t.Helper()
	genesis, err := cmttypes.GenesisDocFromFile(a.home.Path(home.GenesisFile))
	require.NoError(f.t, err)
	_, err = a.InitChain(f.t.Context(), &abci.RequestInitChain{
		Time: genesis.GenesisTime, InitialHeight: 1, AppStateBytes: genesis.AppState, Validators: validatorsOf(genesis),
	})
	require.NoError(f.t, err)
}

func validatorsOf(d *cmttypes.GenesisDoc) (all []abci.ValidatorUpdate) {
	for _, v := range d.Validators {
		all = append(all, update(v.PubKey.Bytes(), v.Power))
	}
	return all
}

// decide has a validator propose a block, all agree and execute it; and returns what it had.
func (f *four) decide(proposer int) (txs [][]byte) {
	f.t.Helper()
	ctx := f.t.Context()
	f.height++
	f.clock = f.clock.Add(time.Second)
	proposed, err := f.apps[proposer].PrepareProposal(ctx, &abci.RequestPrepareProposal{Height: f.height, Time: f.clock, MaxTxBytes: 4 << 20})
	require.NoError(f.t, err)
	for _, a := range f.apps {
		p, err := a.ProcessProposal(ctx, &abci.RequestProcessProposal{Height: f.height, Time: f.clock, Txs: proposed.Txs})
		require.NoError(f.t, err)
		require.Equal(f.t, abci.ResponseProcessProposal_ACCEPT, p.Status)
	}
	f.execute(proposed.Txs)
	return proposed.Txs
}

// execute has all execute a block, and sign it.
func (f *four) execute(txs [][]byte) {
	f.t.Helper()
	ctx := f.t.Context()
	var digest []byte
	for _, a := range f.apps {
		r, err := a.FinalizeBlock(ctx, &abci.RequestFinalizeBlock{Height: f.height, Time: f.clock, Txs: txs})
		require.NoError(f.t, err)
		require.Len(f.t, r.TxResults, len(txs))
		if digest != nil {
			require.Equal(f.t, digest, r.AppHash)
		}
		digest = r.AppHash
		_, err = a.Commit(ctx, &abci.RequestCommit{})
		require.NoError(f.t, err)
	}
	f.sign()
}

// sign carries messages until all is certified.
func (f *four) sign() {
	f.t.Helper()
	for quiet := false; !quiet; {
		quiet = true
		nobody := replica.Party{} // is heard, or told anything
		for _, from := range f.apps {
			if from.r().Party() == nobody {
				continue
			}
			out, err := from.r().Work(f.t.Context())
			require.NoError(f.t, err)
			for _, m := range out {
				quiet = false
				for _, to := range f.apps {
					if to != from && to.r().Party() != nobody && (m.To() == nobody || m.To() == to.r().Party()) {
						require.NoError(f.t, to.r().Receive(from.r().Party(), m))
					}
				}
			}
		}
	}
}

// user is a wallet that is registered, at the first validator.
func (f *four) user(name string) *wallet.Wallet {
	f.t.Helper()
	seed := make([]byte, utt.SeedSize)
	copy(seed, name)
	w, err := wallet.New(f.p(), name, seed, wallet.Config{ProvingKeys: f.apps[0].home.Proving, Now: func() time.Time { return f.clock }})
	require.NoError(f.t, err)
	r, err := w.Registration(0)
	require.NoError(f.t, err)
	r, err = f.endorser.Endorse(name, r)
	require.NoError(f.t, err)
	require.NoError(f.t, f.apps[0].pool.submit(f.t.Context(), r))
	require.Len(f.t, f.decide(0), 1)
	require.NoError(f.t, w.Sync(f.t.Context(), backend{f.apps[0].r(), f.apps[0]}))
	return w
}

func (f *four) issue(nonce uint64, to utt.PID) utt.Operation {
	f.t.Helper()
	op, err := utt.NewIssue(f.p(), f.issuer, nonce, to, "cash", 10)
	require.NoError(f.t, err)
	return op
}

func raw(t testing.TB, op utt.Operation) []byte {
	t.Helper()
	b, err := op.AppendBinary(nil)
	require.NoError(t, err)
	return b
}
