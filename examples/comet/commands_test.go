package comet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
)

// cli runs commands as people do, each in a process of its own.
type cli struct {
	t      *testing.T
	n      *network
	uttw   string
	folder string
	phrase string
	env    []string
}

// run runs a command, and returns its exit code and what it printed.
func (c *cli) run(stdin, path string, args ...string) (code int, out, errs string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 90*time.Second)
	defer cancel()
	d := exec.CommandContext(ctx, path, args...)
	d.Env = append(os.Environ(), c.env...)
	d.Stdin = strings.NewReader(stdin)
	var o, e bytes.Buffer
	d.Stdout, d.Stderr = &o, &e
	err := d.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return d.ProcessState.ExitCode(), o.String(), e.String()
}

// wallet runs uttw for somebody, and demands that it succeeds.
func (c *cli) wallet(who string, args ...string) map[string]any {
	c.t.Helper()
	code, out, errs := c.as(who, args...)
	require.Equal(c.t, 0, code, "uttw %v: %s %s", args, out, errs)
	var answer map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(out), &answer), out)
	return answer
}

func (c *cli) as(who string, args ...string) (code int, out, errs string) {
	return c.run("", c.uttw, append(args, "--wallet", filepath.Join(c.folder, who), "--passphrase-file", c.phrase, "--json")...)
}

// operator runs uttd.
func (c *cli) operator(args ...string) string {
	c.t.Helper()
	code, out, errs := c.run("", c.n.uttd, append(args, "--dir", c.n.folder)...)
	require.Equal(c.t, 0, code, "uttd %v: %s %s", args, out, errs)
	return out
}

// The five minutes of README.md, with keys that nobody has dealt.
func TestCommands(t *testing.T) {
	t.Parallel()
	n := found(t, "--audited", "--budget", "100")
	folder := t.TempDir()
	c := &cli{t: t, n: n, uttw: binary(t, "uttw", ""), folder: folder, phrase: filepath.Join(folder, "phrase")}
	require.NoError(t, os.WriteFile(c.phrase, []byte("correct horse\n"), 0o600))
	require.Contains(t, c.operator("status", "--wait"), "certified up to")

	part := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			c.t, n.t = t, t
			test(t)
		})
		if c.t, n.t = t, t; t.Failed() {
			t.FailNow()
		}
	}
	codes := make(map[string]string)
	for _, who := range []string{"alice", "bob"} {
		made := c.wallet(who, "new", "--identity", who, "--net", filepath.Join(n.folder, "network.json"))
		codes[who] = made["words"].(string)
		file := filepath.Join(folder, who+".registration")
		c.wallet(who, "register", "--out", file)
		c.operator("endorse", "--identity", who, file)
	}
	c.operator("issue", "--to", "alice", "--amount", "500.00")
	require.Equal(t, "500.00", c.wallet("alice", "balance")["account"])
	c.wallet("alice", "mint", "--amount", "300")
	code, out, _ := c.run("", c.uttw, "balance", "--wallet", filepath.Join(folder, "alice"), "--passphrase-file", c.phrase)
	require.Equal(t, 0, code)
	require.Contains(t, out, "100.00 of it to be paid without anybody's leave, once it has its budget")
	paid := c.wallet("alice", "pay", "--to", "bob", "--amount", "12.50", "--memo", "lunch")
	c.wallet("alice", "public", "--to", "bob", "--amount", "1.05")
	c.wallet("alice", "burn", "--amount", "7.50")
	alice, bob := c.wallet("alice", "balance"), c.wallet("bob", "balance")
	require.Equal(t, []any{"280.00", "206.45"}, []any{alice["private"], alice["account"]})
	require.Equal(t, []any{"12.50", "1.05"}, []any{bob["private"], bob["account"]})
	verified := c.wallet("bob", "verify", paid["proof"].(string))
	proof := c.wallet("alice", "prove", paid["operation"].(string), "--context", "for bob's books")["proof"].(string)
	c.wallet("bob", "verify", proof, "--context", "for bob's books")
	code, _, _ = c.as("bob", "verify", proof)
	require.Equal(t, 1, code, "made for another word")
	require.Equal(t, []any{"12.50", true}, []any{verified["amount"], verified["to_me"]})

	n.page(t.Context(), 0, "private payment of cash", "who pays, whom, how much", "money taken into private", " of 4 signed", "node4", "privacy budget of cash")
	part("a history", func(t *testing.T) {
		history := func(who string) (rows []map[string]any) {
			code, out, errs := c.as(who, "history")
			require.Equal(t, 0, code, errs)
			require.NoError(t, json.Unmarshal([]byte(out), &rows))
			return rows
		}
		var kinds []any
		for _, row := range history("alice") {
			require.Equal(t, "executed", row["state"])
			kinds = append(kinds, row["kind"])
		}
		require.Equal(t, []any{"burned", "paid publicly", "paid", "granted", "minted", "issued"}, kinds)
		require.Equal(t, "lunch", history("bob")[1]["memo"])
		require.Equal(t, []any{}, c.wallet("alice", "pending")["pending"])
	})
	part("a wallet that was lost comes again", func(t *testing.T) {
		code, out, errs := c.run(codes["alice"]+"\n", c.uttw, "restore", "--identity", "alice", "--net", filepath.Join(n.folder, "network.json"),
			"--wallet", filepath.Join(folder, "again"), "--passphrase-file", c.phrase)
		require.Equal(t, 0, code, out+errs)
		again := c.wallet("again", "balance")
		require.Equal(t, alice["private"], again["private"])
	})
	part("errors say what to do, and exit so", func(t *testing.T) {
		for _, e := range []struct {
			code int
			says string
			args []string
		}{
			{2, "amount", []string{"pay", "--to", "bob", "--amount", "1.005"}},
			{2, "--nothing", []string{"pay", "--nothing"}},
			{3, "needed", []string{"pay", "--to", "bob", "--amount", "281"}},
			{3, "only 280.00 private: uttw mint", []string{"pay", "--to", "bob", "--amount", "290", "--beyond"}},
			{3, "needed", []string{"mint", "--amount", "207"}},
			{2, "nothing", []string{"burn", "--amount", "0"}},
			{2, "who pays", []string{"pay", "--to", "alice", "--amount", "1"}},
			{2, "", []string{"verify", "junk"}},
			{2, "", []string{"pay", "--request", "junk"}},
			{2, "one entry", []string{"history", "-n", "0"}},
			{2, "which command", []string{}},
			{1, "check the name", []string{"pay", "--to", "nobody", "--amount", "1"}},
			{2, "is none of", []string{"balance", "--asset", "gold"}},
		} {
			code, out, errs := c.as("alice", e.args...)
			require.Equal(t, e.code, code, "%v: %s%s", e.args, out, errs)
			require.Contains(t, out+errs, e.says)
		}
		for _, e := range []struct {
			code int
			says string
			args []string
		}{
			{2, "is none of", []string{"issue", "--to", "bob", "--amount", "1", "--asset", "gold"}},
			{4, "unregistered", []string{"issue", "--to", "nobody", "--amount", "1"}},
			{1, "no receipt", []string{"export", "--receipt", strings.Repeat("00", 32)}},
		} {
			code, out, errs := c.run("", n.uttd, append(e.args, "--dir", n.folder, "--json")...)
			require.Equal(t, e.code, code, "%v: %s%s", e.args, out, errs)
			require.Equal(t, 1, strings.Count(out, e.says), "as JSON, and not once for each validator: %s", out)
		}
		code, out, _ := c.as("nowhere", "balance")
		require.Equal(t, 1, code)
		require.Contains(t, out, "uttw new")
		require.NoError(t, os.WriteFile(c.phrase+"2", []byte("wrong"), 0o600))
		code, out, _ = c.run("", c.uttw, "balance", "--wallet", filepath.Join(folder, "alice"), "--passphrase-file", c.phrase+"2", "--json")
		require.Equal(t, 1, code)
		require.Contains(t, out, "passphrase")
	})
	part("no secret is in the open", func(t *testing.T) {
		for _, folder := range []string{filepath.Join(c.folder, "alice"), n.folder} {
			require.NoError(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return nil // a database that goes on
				}
				require.NotContains(t, string(b), codes["alice"], path)
				if filepath.Base(path) == "state" {
					require.NotContains(t, string(b), "lunch")
				}
				if strings.Contains(filepath.Base(path), "log") {
					require.NotContains(t, string(b), "lunch", path)
					require.NotContains(t, string(b), "alice", path)
				}
				return nil
			}))
		}
	})
	part("auditors open a payment beyond the budget, and approve", func(t *testing.T) {
		held := c.wallet("alice", "pay", "--to", "bob", "--amount", "150", "--beyond")
		require.Equal(t, "held", held["state"])
		id, _, _ := strings.Cut(held["operation"].(string), "-")
		auditor := func(j int, args ...string) string {
			t.Helper()
			return c.operator(append(append([]string{"audit"}, args...), "--as", filepath.Join(n.folder, "auditors", fmt.Sprintf("auditor%d.json", j)))...)
		}
		require.Contains(t, auditor(1, "pending"), id)
		require.NotContains(t, auditor(1, "open"), "opened", "one alone opens nothing")
		require.Contains(t, auditor(3, "open"), "opened: 150.00 cash, payee "+utt.PIDOf("bob").String())
		require.NotContains(t, auditor(3, "open"), "payer")
		require.Contains(t, auditor(1, "approve", id), "150.00 cash, payee "+utt.PIDOf("bob").String(), "what it was about")
		require.Contains(t, auditor(3, "approve", id), "decided on the ledger")
		until(t, 30*time.Second, "bob is paid", func() bool { return c.wallet("bob", "balance")["private"] == "162.50" })

		c.operator("audit", "warrant", id, "--reason", "order 7 of the court")
		auditor(2, "disclosed", "0")
		require.Contains(t, auditor(4, "disclosed", "0"), "payer "+utt.PIDOf("alice").String())

		// one that is sealed only those see into who have its opening
		opening := filepath.Join(folder, "opening")
		require.Contains(t, c.operator("audit", "warrant", id, "--reason", "order 8 of the court", "--sealed", "72h", "--out", opening), "sealed until")
		require.NotContains(t, c.operator("export"), "order 8")
		file := func(j int) string { return filepath.Join(n.folder, "auditors", fmt.Sprintf("auditor%d.json", j)) }
		code, _, errs := c.run("", n.uttd, "audit", "disclosed", "1", "--as", file(2), "--dir", n.folder)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "sealed")
		for range 2 { // that he has the opening each shows the others first
			for _, j := range []int{1, 2, 3} {
				auditor(j, "disclosed", "1", "--opening", opening)
			}
		}
		require.Contains(t, auditor(2, "disclosed", "1", "--opening", opening), "payer "+utt.PIDOf("alice").String())
		require.Contains(t, c.operator("audit", "unseal", opening), "order 8 of the court")
		require.Contains(t, c.operator("export"), "order 8")

		// interrupted when it is handed in and in no block yet, it may be on record later: its opening stays
		for _, i := range []int{1, 2, 3} {
			n.kill(i)
		}
		opening = filepath.Join(folder, "opening of another")
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		d := exec.CommandContext(ctx, n.uttd, "audit", "warrant", id, "--reason", "order 9 of the court", "--sealed", "72h", "--out", opening, "--dir", n.folder)
		d.Cancel = func() error { return d.Process.Signal(os.Interrupt) }
		text, err := d.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(text), "is kept")
		code, _, errs = c.run("", n.uttd, "status", "--dir", n.folder)
		require.Equal(t, 0, code, errs)
		for _, i := range []int{1, 2, 3} {
			n.start(i)
		}
		until(t, time.Minute, "the warrant is on record, and opened", func() bool {
			code, _, _ := c.run("", n.uttd, "audit", "unseal", opening, "--dir", n.folder)
			return code == 0
		})
	})
	part("a payment is asked for, and known again", func(t *testing.T) {
		asked := c.wallet("bob", "request", "--amount", "4.20", "--memo", "invoice 7")
		text, memo := asked["request"].(string), asked["memo"].(string)
		require.Regexp(t, "^invoice 7 #[a-z2-7]{8}$", memo)
		code, out, _ := c.as("bob", "receive", text)
		require.Equal(t, 3, code)
		require.Contains(t, out, `"state": "not paid"`)

		waits := make(chan string)
		go func() {
			_, out, errs := c.as("bob", "receive", text, "--wait", "1m")
			waits <- out + errs
		}()
		code, out, errs := c.run(text+"\n", c.uttw, "pay", "--request", "-", "--wallet", filepath.Join(folder, "alice"), "--passphrase-file", c.phrase, "--json")
		require.Equal(t, 0, code, out+errs)
		var came struct {
			State, Received string
			Payments        []map[string]any
		}
		require.NoError(t, json.Unmarshal([]byte(<-waits), &came))
		require.Equal(t, []string{"paid", "4.20"}, []string{came.State, came.Received})
		require.Equal(t, memo, came.Payments[0]["memo"])
		require.Equal(t, "paid", c.wallet("bob", "receive", text)["state"])
		require.Len(t, c.wallet("bob", "receive")["received"], 4, "a payment in the open, and three in private")
		code, out, _ = c.as("bob", "receive", "--wait", "1s")
		require.Equal(t, 3, code, "nothing new: %s", out)

		over := c.wallet("bob", "request", "--amount", "1", "--within", "1s")
		short := over["request"].(string)
		expires, err := time.Parse(time.RFC3339, over["until"].(string))
		require.NoError(t, err)
		until(t, 10*time.Second, "the request is over", func() bool { return time.Since(expires) > time.Second })
		for _, e := range []struct {
			who  string
			code int
			says string
			args []string
		}{
			{"alice", 1, "paid already", []string{"pay", "--request", text}},
			{"alice", 1, "ask the payee for another", []string{"pay", "--request", short}},
			{"alice", 2, "copy it again", []string{"pay", "--request", text[:40]}},
			{"alice", 2, "payment request", []string{"pay", "--request", "bob"}},
			{"alice", 2, "amount", []string{"pay", "--request", text, "--amount", "1"}},
			{"alice", 2, "request", []string{"pay", "--amount", "1"}},
			{"alice", 2, "uttw pay --request", []string{"receive", text}},
			{"bob", 2, "of at most", []string{"request", "--amount", "1", "--memo", strings.Repeat("x", 60)}},
			{"bob", 2, "--within", []string{"request", "--amount", "1", "--within", "0s"}},
			{"bob", 2, "nothing", []string{"request", "--amount", "0"}},
		} {
			code, out, errs := c.as(e.who, e.args...)
			require.Equal(t, e.code, code, "%v: %s%s", e.args, out, errs)
			require.Contains(t, out+errs, e.says)
		}
		code, out, _ = c.as("bob", "receive", short)
		require.Equal(t, 3, code, "it is known after its time")
		require.Contains(t, out, "not paid")
		c.wallet("alice", "pay", "--request", text, "--again")
		require.Equal(t, "8.40", c.wallet("bob", "receive", text)["received"])
	})
	crashes := 0
	part("a wallet that is killed at any of its writes", func(t *testing.T) {
		total := func() (sum utt.Amount) {
			for _, who := range []string{"alice", "bob"} {
				b := c.wallet(who, "balance")
				require.Equal(t, "0.00", b["pending"])
				v, err := home.ParseAmount(b["private"].(string), 2)
				require.NoError(t, err)
				sum += v
			}
			return sum
		}
		paid := func(who, kind string) (count int) {
			code, out, errs := c.as(who, "history", "-n", "100")
			require.Equal(t, 0, code, errs)
			var rows []map[string]any
			require.NoError(t, json.Unmarshal([]byte(out), &rows))
			for _, row := range rows {
				if row["kind"] == kind && row["memo"] == "killed" && row["state"] == "executed" {
					count++
				}
			}
			return count
		}
		before := total()
		for alive := false; !alive; {
			c.env = []string{fmt.Sprint("UTTW_CRASH=", crashes)}
			code, out, errs := c.as("alice", "pay", "--to", "bob", "--amount", "0.01", "--memo", "killed")
			c.env = nil
			if alive = code == 0; !alive {
				require.Equal(t, -1, code, out+errs)
				crashes++
			}
			for _, h := range c.wallet("alice", "pending")["pending"].([]any) {
				c.wallet("alice", "pending", h.(string), "--again")
			}
			require.Equal(t, paid("alice", "paid"), paid("bob", "received"), "after %d points", crashes)
		}
		t.Logf("killed at %d points", crashes)
		require.Greater(t, crashes, 3)
		require.Equal(t, before, total(), "nothing is lost, and nothing paid twice")
		crashes = paid("bob", "received")
		code, out, errs := c.run(codes["alice"]+"\n", c.uttw, "restore", "--identity", "alice", "--net", filepath.Join(n.folder, "network.json"),
			"--wallet", filepath.Join(folder, "restored"), "--passphrase-file", c.phrase)
		require.Equal(t, 0, code, out+errs)
		history := func(who string) (all []string) {
			code, out, errs := c.as(who, "history", "-n", "100")
			require.Equal(t, 0, code, errs)
			var rows []map[string]any
			require.NoError(t, json.Unmarshal([]byte(out), &rows))
			for _, row := range rows {
				all = append(all, fmt.Sprint(row["kind"], row["amount"], row["state"], row["operation"].(string)[:32]))
			}
			return all
		}
		lost, restored := c.wallet("alice", "balance"), c.wallet("restored", "balance")
		delete(lost, "height") // blocks go on
		delete(restored, "height")
		require.Equal(t, lost, restored)
		require.ElementsMatch(t, history("alice"), history("restored"))
	})
	part("records for an explorer", func(t *testing.T) {
		kinds := make(map[string]int)
		for line := range strings.Lines(c.operator("export")) {
			var row struct {
				Record struct{ Kind string }
				Entry  map[string]any
			}
			require.NoError(t, json.Unmarshal([]byte(line), &row), line)
			require.NotEmpty(t, row.Entry)
			kinds[row.Record.Kind]++
		}
		require.Equal(t, map[string]int{
			"registration": 2, "issue": 1, "mint": 1, "grant": 1, "transfer": 5 + crashes, "public transfer": 1, "settlement": 1, "warrant": 3, "warrant opening": 3,
		}, kinds)
		_, digest, _ := strings.Cut(paid["operation"].(string), "-")
		require.Contains(t, c.operator("export", "--receipt", digest), `"status":"executed"`)
		code, _, errs := c.run("", n.uttd, "export", "--receipt", strings.Repeat("0", 64), "--dir", n.folder)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "no receipt")
	})
	require.Contains(t, c.operator("status"), "certified up to")
	n.agree(n.everybody()...)
}
