package node

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cometbft/cometbft/config"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtnode "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/pebblestore"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Node is a validator that runs.
type Node struct {
	app     *app
	comet   *cmtnode.Node
	http    *http.Server
	voter   *voter
	reactor *reactor
	stop    context.CancelFunc
	working sync.WaitGroup
	failed  chan error
}

// Start starts the validator of a home.
func Start(ctx context.Context, h *home.Home, log *slog.Logger) (n *Node, err error) {
	ctx, stop := context.WithCancel(ctx)
	n = &Node{stop: stop, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			n.Stop()
		}
	}()
	a := &app{home: h, log: log, watch: newWatch(h), crash: crash{point: os.Getenv("UTTD_CRASH")}}
	n.app = a
	a.fatal = func(err error) {
		select {
		case n.failed <- err:
		default:
		}
	}
	if a.meters, err = newMeters(prometheus.DefaultRegisterer); err != nil {
		return n, err
	}
	if a.store, err = pebblestore.Open(h.Data("ledger")); err != nil {
		return n, err
	}
	if a.shots, err = newSnapshots(h.Data("snapshots"), h.Settings.Every, log); err != nil {
		return n, err
	}
	if err := a.open(); err != nil {
		return n, err
	}
	if n.voter, err = newVoter(h); err != nil {
		return n, err
	}
	a.pool = newPool(a.r, a.meters)
	w := &worker{
		replica: a.r, meters: a.meters, log: log, fatal: a.fatal, wake: make(chan struct{}, 1),
	}
	a.work = w.nudge
	n.reactor = newReactor(a.r, a.meters, w.nudge)
	w.send = func(messages []*replica.Message) {
		a.crash.hold()
		n.reactor.send(messages)
	}
	keys := &keeper{a: a, reactor: n.reactor, running: make(map[string]*resharing)}
	w.tick, w.missing = keys.step, n.reactor.missing
	known, err := parties(a.r(), h.Committees)
	if err != nil {
		return n, err
	}
	n.reactor.know(known)
	tells := newGossip(a.pool, func(id p2p.ID) bool { _, ok := n.reactor.party(id); return ok }, n.reactor.missing)
	n.working.Go(func() { a.pool.run(ctx) })
	c, err := cometConfig(h)
	if err != nil {
		return n, err
	}
	n.comet, err = cmtnode.NewNodeWithContext(ctx, c, n.voter, &p2p.NodeKey{PrivKey: cmted25519.PrivKey(h.Identity)},
		proxy.NewConnSyncLocalClientCreator(a), cmtnode.DefaultGenesisDocProviderFunc(c), config.DefaultDBProvider,
		cmtnode.DefaultMetricsProvider(c.Instrumentation), logger{log},
		cmtnode.CustomReactors(map[string]p2p.Reactor{"SHARES": n.reactor, "MEMPOOL": tells, "FOLLOW": newFollower(a.r)}))
	if err != nil {
		return n, err
	}
	tells.syncing = n.comet.ConsensusReactor().WaitSync
	if err := n.serve(); err != nil {
		return n, err
	}
	if err := n.comet.Start(); err != nil {
		return n, err
	}
	n.working.Go(func() { w.run(ctx) })
	w.nudge() // what was executed and not published when it stopped
	log.Info("started", "validator", h.Settings.Name, "height", a.r().Ledger().Head().Height, "published", a.r().Published(), "wallets", h.Settings.HTTP)
	return n, nil
}

// Failed yields what the validator cannot go on after.
func (n *Node) Failed() <-chan error { return n.failed }

// Stop stops the validator. What it had to do it does once it is started again.
func (n *Node) Stop() {
	if n.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = n.http.Shutdown(ctx)
		cancel()
		_ = n.http.Close()
	}
	if n.comet != nil && n.comet.IsRunning() {
		_ = n.comet.Stop()
		n.comet.Wait()
	}
	n.stop()
	n.working.Wait()
	if n.app.shots != nil {
		n.app.shots.taking.Wait()
	}
	if n.app.store != nil {
		_ = n.app.store.Close()
	}
}

// cometConfig is CometBFT's configuration.
func cometConfig(h *home.Home) (*config.Config, error) {
	s := h.Settings
	pause, err := time.ParseDuration(s.Pause)
	if err != nil || pause < 0 {
		return nil, fmt.Errorf("settings.json: pause %q is no duration such as 300ms", s.Pause)
	}
	c := config.DefaultConfig()
	c.SetRoot(h.Folder)
	c.Moniker, c.Genesis, c.DBPath = s.Name, home.GenesisFile, "data"
	c.TxIndex.Indexer = "null"
	c.Storage.DiscardABCIResponses = true
	c.RPC.ListenAddress, c.RPC.GRPCListenAddress, c.RPC.PprofListenAddress = s.RPC, "", s.Profile
	c.P2P.ListenAddress, c.P2P.PersistentPeers = s.P2P, strings.Join(s.Peers, ",")
	c.P2P.AddrBook = "data/addresses.json"
	c.P2P.AddrBookStrict, c.P2P.AllowDuplicateIP = !s.Private, s.Private
	c.P2P.SendRate, c.P2P.RecvRate = 64<<20, 64<<20
	c.P2P.PersistentPeersMaxDialPeriod = 2 * time.Second
	m := c.Mempool
	m.Type, m.MaxTxBytes, m.Broadcast = config.MempoolTypeApp, maxTx, false // gossip.go tells
	t := c.Consensus
	t.WalPath = "data/votes.wal/wal"
	t.TimeoutPropose, t.TimeoutProposeDelta, t.TimeoutCommit = 500*time.Millisecond, 250*time.Millisecond, pause
	// a proposer that is down costs the first and the last of these
	t.TimeoutPrevote, t.TimeoutPrevoteDelta = 300*time.Millisecond, 200*time.Millisecond
	t.TimeoutPrecommit, t.TimeoutPrecommitDelta = 300*time.Millisecond, 200*time.Millisecond
	t.PeerGossipSleepDuration = 10 * time.Millisecond
	// validators that are started again go on at once: votes.go is what keeps one from voting
	// twice
	t.DoubleSignCheckHeight = 0
	c.Instrumentation.Prometheus, c.Instrumentation.PrometheusListenAddr = s.Metrics != "", s.Metrics
	if s.Sync != nil {
		c.StateSync.Enable = true
		c.StateSync.RPCServers, c.StateSync.TrustHeight, c.StateSync.TrustHash = s.Sync.Servers, s.Sync.Height, s.Sync.Hash
		c.StateSync.TrustPeriod = 7 * 24 * time.Hour
		c.StateSync.DiscoveryTime = 5 * time.Second
	}
	if err := c.ValidateBasic(); err != nil {
		return nil, fmt.Errorf("settings.json: %w", err)
	}
	return c, nil
}
