package comet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/policies"
)

// Four validators and four auditors found a network, each in a process and with a home or file of
// his own, over a folder that nobody need trust; one of each is killed and goes on where it was.
func TestFoundByParties(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	folder := t.TempDir()
	board, uttd := filepath.Join(folder, "board"), binary(t, "uttd", "")
	fails := func(says string, args ...string) {
		t.Helper()
		out, err := exec.CommandContext(ctx, uttd, args...).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), says)
	}
	run := func(args ...string) string {
		t.Helper()
		var errs bytes.Buffer
		c := exec.CommandContext(ctx, uttd, args...)
		c.Stderr = &errs
		out, err := c.Output()
		require.NoError(t, err, "%v: %s", args, errs.String())
		return strings.TrimSpace(string(out))
	}
	n := &network{t: t, folder: folder, uttd: uttd, gone: make(map[int]bool), port: freePorts(t, (portsOfNode+1)*most)}
	for i := range 4 {
		run("found", "card", "--board", board, "--home", n.home(i), "--name", fmt.Sprint("node", i+1), "--host", "127.0.0.1", "--port", fmt.Sprint(n.port+portsOfNode*i))
	}
	auditor := func(j int) string { return filepath.Join(folder, fmt.Sprint("auditor", j), "auditor.json") }
	for j := range 4 {
		run("found", "auditor", "--board", board, "--file", auditor(j+1), "--name", fmt.Sprint("auditor", j+1))
	}
	issuer, endorser := run("found", "key", filepath.Join(folder, home.IssuerFile)), run("found", "key", filepath.Join(folder, home.EndorserFile))
	args := []string{"found", "terms", "--board", board, "--private", "--decimals", "0", "--budget", "1000", "--issuer", issuer, "--endorser", endorser}
	for _, path := range transcripts(t) {
		args = append(args, "--ceremony", path)
	}
	fails("say --audited", args...)
	authority := run("found", "key", filepath.Join(folder, "warrant.key"))
	digest := run(append(args, "--audited", "--approved", "5000", "--delayed", "50000", "--authority", authority)...)

	// other terms than were agreed on, which whoever keeps the board has put there
	terms, err := os.ReadFile(filepath.Join(board, "terms.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(board, "terms.json"), bytes.Replace(terms, []byte("1000"), []byte("9000"), 1), 0o600))
	fails("ask the others which are meant", "found", "run", "--board", board, "--home", n.home(0), "--terms", digest)
	require.NoError(t, os.WriteFile(filepath.Join(board, "terms.json"), terms, 0o600))

	party := func(i int) (*exec.Cmd, *bytes.Buffer) { // four validators, and then four auditors
		who := []string{"--home", n.home(i)}
		if i >= 4 {
			who = []string{"--auditor", auditor(i - 3)}
		}
		c := exec.CommandContext(ctx, uttd, append([]string{"found", "run", "--board", board, "--terms", digest, fmt.Sprint("--lead=", i%4 == 0)}, who...)...)
		out := new(bytes.Buffer)
		c.Stdout = out
		require.NoError(t, c.Start())
		return c, out
	}
	running, outs := make([]*exec.Cmd, 8), make([]*bytes.Buffer, 8)
	for i := range running {
		running[i], outs[i] = party(i)
	}
	for _, kill := range []struct {
		at  string
		who int
	}{{"coin/3-3", 2}, {"credential/before-4-3", 2}, {"approval/before-4-3", 6}} {
		until(t, time.Minute, kill.at, func() bool {
			_, err := os.Stat(filepath.Join(board, kill.at))
			return err == nil
		})
		require.NoError(t, running[kill.who].Process.Kill())
		_ = running[kill.who].Wait()
		running[kill.who], outs[kill.who] = party(kill.who)
	}
	for i, c := range running {
		require.NoError(t, c.Wait(), "party %d", i+1)
		require.Equal(t, outs[0].String(), outs[i].String(), "all know the network by one digest")
		sessions := filepath.Join(n.home(i), "sessions")
		if i >= 4 {
			sessions = auditor(i-3) + ".sessions"
		}
		require.NoDirExists(t, sessions, "with what is there its share is opened from the board")
	}
	require.NotEmpty(t, outs[0].String())
	fails("founded already", "found", "run", "--board", board, "--auditor", auditor(1), "--terms", digest)

	n.run(filepath.Join(n.home(0), home.NetworkFile))
	alice, bob := n.newUser("alice", 0).register(ctx), n.newUser("bob", 1).register(ctx)
	n.issue(ctx, 2000, alice)
	n.pay(ctx, alice, bob, 30)

	// beyond the budget two auditors decide, each with his own file
	alice.settle(ctx)
	held, err := alice.PayAs(ctx, alice.node, utt.Audited, "bob", asset, 1500, "")
	require.NoError(t, err)
	_, err = alice.AwaitHeld(ctx, alice.node, held)
	require.NoError(t, err)
	audit := func(j int, args ...string) string {
		t.Helper()
		return run(append(args, "--as", auditor(j), "--dir", filepath.Dir(auditor(j)), "--mail", filepath.Join(folder, "mail"))...)
	}
	require.Contains(t, audit(2, "audit", "pending"), held.ID.String())
	require.NotContains(t, audit(2, "audit", "open"), "opened", "one alone opens nothing")
	require.Contains(t, audit(4, "audit", "open"), "opened: 1500 cash, payee "+utt.PIDOf("bob").String())
	require.NotContains(t, audit(2, "audit", "approve", held.ID.String()), "decided", "nor decides")
	require.Contains(t, audit(4, "audit", "approve", held.ID.String()), "decided on the ledger")
	require.NoError(t, alice.Await(ctx, alice.node, held))
	n.sums(ctx, alice, bob)
	n.agree(n.everybody()...)

	// a fifth comes in place of the third, each again for itself
	board = filepath.Join(folder, "next")
	network := filepath.Dir(n.home(0)) // with network.json
	b, err := os.ReadFile(filepath.Join(n.home(0), home.NetworkFile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(network, home.NetworkFile), b, 0o600))
	invitation := filepath.Join(folder, "invitation")
	run("invite", "--home", n.home(1), "--out", invitation)
	for _, secret := range []string{"identity.json", "passphrase"} {
		require.NoFileExists(t, filepath.Join(invitation, secret))
	}
	run("join", "--invitation", invitation, "--dir", network, "--home", n.home(4), "--name", "node5", "--port", fmt.Sprint(n.port+4*portsOfNode), "--board", board)
	n.info.Nodes = append(n.info.Nodes, fmt.Sprint("http://127.0.0.1:", n.port+4*portsOfNode+2))
	n.processes = append(n.processes, nil)
	n.start(4)
	until(t, time.Minute, "it follows", func() bool {
		s, err := n.status(4)
		return err == nil && s.Height+3 >= n.height() && s.Published+5 >= s.Height
	})
	digest = run("replace", "propose", "--home", n.home(3), "--board", board, "--out", "node3", "--in", "node5", "--begin", "200", "--blocks", "20")
	fails("ask the others which is meant", "replace", "agree", "--home", n.home(0), "--board", board, "--digest", strings.Repeat("0", 64))
	agreeing := make([]*exec.Cmd, 5)
	for i := range agreeing {
		agreeing[i] = exec.CommandContext(ctx, uttd, "replace", "agree", "--home", n.home(i), "--board", board, "--digest", digest, fmt.Sprint("--lead=", i == 1))
		require.NoError(t, agreeing[i].Start())
	}
	for i, c := range agreeing {
		require.NoError(t, c.Wait(), "party %d", i+1)
	}
	until(t, 2*time.Minute, "the fifth holds shares in place of the third", func() bool {
		s, err := n.status(4)
		third, errThird := n.status(2)
		return err == nil && errThird == nil && s.Party == 3 && third.Party == 0
	})
	n.kill(2)
	n.gone[2] = true
	n.pay(ctx, bob, alice, 10)
	n.agree(n.everybody()...)
}

// transcripts are those of a ceremony for each circuit, with one contribution to each phase.
func transcripts(t *testing.T) (paths []string) {
	t.Helper()
	for k, of := range policies.Audited(5000, 50000).Table().Circuits {
		circuit, err := of.Compile()
		require.NoError(t, err)
		c := rangeproof.NewCeremony(circuit)
		for range 2 {
			b, err := c.Contribute()
			require.NoError(t, err)
			require.NoError(t, c.Accept(b))
			require.NoError(t, c.Seal(bytes.Repeat([]byte{7}, rangeproof.MinBeacon)))
		}
		b, err := c.MarshalBinary()
		require.NoError(t, err)
		paths = append(paths, filepath.Join(t.TempDir(), fmt.Sprint("transcript-", k)))
		require.NoError(t, os.WriteFile(paths[k], b, 0o600))
	}
	return paths
}
