package comet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/node"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const asset = "cash"

// binaries are built once for all tests, into a folder that goes with them.
var binaries struct {
	sync.Mutex
	folder string
	built  map[string]string
}

func TestMain(m *testing.M) {
	if os.Getenv(verifierMode) != "" {
		if err := verifier(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if binaries.folder != "" {
		_ = os.RemoveAll(binaries.folder)
	}
	os.Exit(code)
}

// binary builds a command, with tags.
func binary(t testing.TB, command, tags string) string {
	t.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if path := binaries.built[command+tags]; path != "" {
		return path
	}
	if binaries.folder == "" {
		var err error
		binaries.folder, err = os.MkdirTemp("", "comet")
		require.NoError(t, err)
		binaries.built = make(map[string]string)
	}
	path := filepath.Join(binaries.folder, command+tags)
	c := exec.Command("go", "build", "-tags", tags, "-o", path, "./"+command)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	binaries.built[command+tags] = path
	return path
}

// network is the validators of a test, each a process of its own.
type network struct {
	t          testing.TB
	folder     string
	uttd       string
	info       home.Network
	parameters *utt.Parameters
	proving    []*rangeproof.ProvingKey
	issuer     ed25519.PrivateKey
	endorser   *utt.Endorser
	issued     utt.Amount
	nonce      uint64
	processes  []*process
	gone       map[int]bool // that were replaced
	port       int
}

// process is one that this test started: no other is ever ended.
type process struct {
	*exec.Cmd
	done chan struct{} // closed when it has ended
}

// freePorts is the first of so many ports that nobody listens on.
func freePorts(t testing.TB, n int) int {
	t.Helper()
next:
	for range 100 {
		first := 20000 + mathrand.IntN(10000)
		for k := range n {
			l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", first+k))
			if err != nil {
				continue next
			}
			_ = l.Close()
		}
		return first
	}
	t.Fatal("no ports are free")
	return 0
}

// Ports: four of each validator, of which there are so many at most, and one for profiles.
const (
	portsOfNode = 4
	most        = 5
)

// found founds a network, and starts it.
func found(t testing.TB, args ...string) *network {
	t.Helper()
	n := &network{t: t, folder: filepath.Join(t.TempDir(), "net"), uttd: binary(t, "uttd", ""), gone: make(map[int]bool), port: freePorts(t, (portsOfNode+1)*most)}
	args = append([]string{"testnet", "--dir", n.folder, "-q", "--port", fmt.Sprint(n.port)}, args...)
	out, err := exec.Command(n.uttd, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	n.run(filepath.Join(n.folder, home.NetworkFile))
	return n
}

// run starts the validators of a network that is founded.
func (n *network) run(file string) {
	n.t.Helper()
	var err error
	n.info, err = home.ReadNetwork(file)
	require.NoError(n.t, err)
	h, err := home.Open(n.home(0))
	require.NoError(n.t, err)
	n.parameters, n.proving = h.Parameters, h.Proving
	n.issuer, err = home.ReadKey(filepath.Join(n.folder, home.IssuerFile))
	require.NoError(n.t, err)
	key, err := home.ReadKey(filepath.Join(n.folder, home.EndorserFile))
	require.NoError(n.t, err)
	n.endorser, err = utt.NewEndorser(n.parameters, key)
	require.NoError(n.t, err)
	n.processes = make([]*process, len(n.info.Nodes))
	n.t.Cleanup(n.stopAll)
	for i := range n.processes {
		n.start(i)
	}
}

func (n *network) home(i int) string { return filepath.Join(n.folder, fmt.Sprint("node", i+1)) }

// start starts a validator, with environment variables of its own.
func (n *network) start(i int, env ...string) { n.startBinary(n.uttd, i, env...) }

func (n *network) startBinary(path string, i int, env ...string) {
	n.t.Helper()
	log, err := os.OpenFile(filepath.Join(n.folder, fmt.Sprint("log", i+1)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(n.t, err)
	defer func() { _ = log.Close() }()
	c := exec.Command(path, "start", "--home", n.home(i), "--log", "info", "--profile", n.profiles(i))
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = log, log
	require.NoError(n.t, c.Start())
	p := &process{c, make(chan struct{})}
	go func() {
		_ = c.Wait()
		close(p.done)
	}()
	n.processes[i] = p
}

// profiles is where a validator serves them.
func (n *network) profiles(i int) string { return fmt.Sprint("127.0.0.1:", n.port+portsOfNode*most+i) }

// kill ends a validator as a power failure would.
func (n *network) kill(i int) {
	if p := n.processes[i]; p != nil {
		_ = p.Process.Kill()
		<-p.done
		n.processes[i] = nil
	}
}

func (n *network) stopAll() {
	for i := range n.processes {
		n.kill(i)
	}
	if n.t.Failed() {
		for i := range n.processes {
			b, err := os.ReadFile(filepath.Join(n.folder, fmt.Sprint("log", i+1)))
			if err == nil {
				n.t.Logf("validator %d:\n%s", i+1, b[max(0, len(b)-4000):])
			}
		}
	}
}

// ended waits for a validator to end by itself.
func (n *network) ended(i int, within time.Duration) {
	n.t.Helper()
	select {
	case <-n.processes[i].done:
		n.processes[i] = nil
	case <-time.After(within):
		n.t.Fatalf("validator %d did not end within %v", i+1, within)
	}
}

// status asks a validator.
func (n *network) status(i int) (s node.Status, err error) {
	c := http.Client{Timeout: 5 * time.Second}
	r, err := c.Get(n.info.Nodes[i] + "/status")
	if err != nil {
		return s, err
	}
	defer func() { _ = r.Body.Close() }()
	if r.StatusCode != http.StatusOK {
		return s, errors.New(r.Status)
	}
	return s, json.NewDecoder(r.Body).Decode(&s)
}

// until waits for something to hold.
func until(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// reach waits until some validators have executed and certified a height.
func (n *network) reach(height uint64, within time.Duration, who ...int) {
	n.t.Helper()
	for _, i := range who {
		until(n.t, within, fmt.Sprintf("validator %d at block %d", i+1, height), func() bool {
			s, err := n.status(i)
			return err == nil && s.Height >= height && s.Published >= height
		})
	}
}

// height is the highest there is.
func (n *network) height() (height uint64) {
	n.t.Helper()
	for i := range n.processes {
		if s, err := n.status(i); err == nil {
			height = max(height, s.Height)
		}
	}
	return height
}

// everybody are all validators.
func (n *network) everybody() (all []int) {
	for i := range n.processes {
		if !n.gone[i] {
			all = append(all, i)
		}
	}
	return all
}

// agree demands that some validators have one ledger at one height.
func (n *network) agree(who ...int) {
	n.t.Helper()
	until(n.t, 60*time.Second, "all at one height", func() bool {
		at := make(map[uint64]string)
		seen := make(map[uint64]int)
		for range 3 { // they go on meanwhile
			for _, i := range who {
				s, err := n.status(i)
				if err != nil {
					return false
				}
				if d, ok := at[s.Height]; ok {
					require.Equal(n.t, d, s.Digest, "of two validators at block %d", s.Height)
				}
				if at[s.Height] != s.Digest {
					at[s.Height] = s.Digest
				}
				if seen[s.Height] |= 1 << i; seen[s.Height] == all(who) {
					return true
				}
			}
		}
		return false
	})
}

func all(who []int) (bits int) {
	for _, i := range who {
		bits |= 1 << i
	}
	return bits
}

// client asks some validators, or all.
func (n *network) client(who ...int) *httpnode.Client {
	n.t.Helper()
	urls := n.info.Nodes
	if len(who) > 0 {
		urls = nil
		for _, i := range who {
			urls = append(urls, n.info.Nodes[i])
		}
	}
	c, err := httpnode.NewClient(&http.Client{Timeout: 40 * time.Second}, urls...)
	require.NoError(n.t, err)
	return c
}

// user is a wallet, and the validator it asks.
type user struct {
	*wallet.Wallet
	n    *network
	seed []byte
	node *httpnode.Client
}

func (n *network) newUser(name string, who ...int) *user {
	n.t.Helper()
	seed := make([]byte, utt.SeedSize)
	_, _ = rand.Read(seed)
	return n.userOf(name, seed, who...)
}

func (n *network) userOf(name string, seed []byte, who ...int) *user {
	n.t.Helper()
	w, err := wallet.New(n.parameters, name, seed, wallet.Config{ProvingKeys: n.proving})
	require.NoError(n.t, err)
	return &user{w, n, seed, n.client(who...)}
}

// sync takes in what there is; a validator that lags is no fault.
func (u *user) sync(ctx context.Context) {
	u.n.t.Helper()
	if err := u.Sync(ctx, u.node); err != nil && !wallet.Behind.Is(err) {
		require.NoError(u.n.t, err)
	}
}

// try hands an operation in until somebody takes it, and waits until it is executed.
func (u *user) try(ctx context.Context, h wallet.Handle, err error) {
	u.n.t.Helper()
	for {
		if err == nil {
			bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
			err = u.Await(bounded, u.node, h)
			cancel()
		}
		if err == nil {
			return
		}
		if ctx.Err() != nil || errors.Is(err, utt.ErrInsufficient) {
			require.NoError(u.n.t, err)
		}
		time.Sleep(200 * time.Millisecond)
		if err = u.Resubmit(ctx, u.node, h); errors.Is(err, utt.ErrNotFound) || errors.Is(err, utt.ErrConflict) {
			err = nil // it is decided meanwhile
		}
	}
}

// register registers a user, with a budget.
func (u *user) register(ctx context.Context) *user {
	u.n.t.Helper()
	r, err := u.Registration(0)
	require.NoError(u.n.t, err)
	r, err = u.n.endorser.Endorse(u.Identity(), r)
	require.NoError(u.n.t, err)
	until(u.n.t, 90*time.Second, u.Identity()+" registered", func() bool {
		if err := u.node.Submit(ctx, r); err != nil {
			return false
		}
		u.sync(ctx)
		return u.Registered()
	})
	u.budget(ctx)
	return u
}

// budget asks for the present epoch's.
func (u *user) budget(ctx context.Context) {
	u.n.t.Helper()
	b, err := u.Budget(asset)
	require.NoError(u.n.t, err)
	if b.Granted {
		return
	}
	h, err := u.RequestBudget(ctx, u.node, asset, b.Epoch)
	u.try(ctx, h, err)
}

// issue gives users ordinary money, and mints it.
func (n *network) issue(ctx context.Context, v utt.Amount, users ...*user) {
	n.t.Helper()
	for _, u := range users {
		op, err := utt.NewIssue(n.parameters, n.issuer, n.nonce, u.PID(), asset, v)
		require.NoError(n.t, err)
		n.nonce++
		n.issued += v
		require.NoError(n.t, u.node.Submit(ctx, op))
	}
	each(len(users), func(i int) {
		u := users[i]
		until(n.t, 60*time.Second, "issued", func() bool {
			u.sync(ctx)
			return u.Balance(asset).Account >= v
		})
		h, err := u.Mint(ctx, u.node, asset, v)
		u.try(ctx, h, err)
	})
}

// each does something for all of so many, some at a time.
func each(count int, do func(i int)) {
	const atOnce = 32
	var group sync.WaitGroup
	for k := range atOnce {
		group.Go(func() {
			for i := k; i < count; i += atOnce {
				do(i)
			}
		})
	}
	group.Wait()
}

// sums demands that users have together what was issued.
func (n *network) sums(ctx context.Context, users ...*user) {
	n.t.Helper()
	until(n.t, 60*time.Second, fmt.Sprintf("users have %d together", n.issued), func() bool {
		var sum utt.Amount
		for _, u := range users {
			u.sync(ctx)
			b := u.Balance(asset)
			sum += b.Spendable + b.Pending + b.Account
		}
		return sum == n.issued
	})
}

// until is the status of a validator, once it answers.
func (n *network) until(i int) (s node.Status) {
	n.t.Helper()
	until(n.t, 30*time.Second, fmt.Sprintf("validator %d answers", i+1), func() (ok bool) {
		var err error
		s, err = n.status(i)
		return err == nil
	})
	return s
}

// seen is what the page of a validator shows.
func (n *network) seen(i int) (s node.Seen, err error) {
	c := http.Client{Timeout: 5 * time.Second}
	r, err := c.Get(n.info.Nodes[i] + "/page/seen")
	if err != nil {
		return s, err
	}
	defer func() { _ = r.Body.Close() }()
	return s, json.NewDecoder(r.Body).Decode(&s)
}

// memory is what a validator has had of memory at most, in bytes.
func (n *network) memory(i int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.processes[i].Process.Pid))
	require.NoError(n.t, err, "on Linux")
	_, rest, found := strings.Cut(string(b), "VmHWM:")
	require.True(n.t, found)
	v, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(n.t, err)
	return v << 10
}
