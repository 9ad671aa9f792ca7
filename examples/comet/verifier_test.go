package comet

import (
	"bufio"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/utt"
)

// verifierMode is set in the environment of a process that is this test, but only verifies and
// signs.
const verifierMode = "COMET_VERIFIER"

// work is what such a process is to verify, and of which it is to sign the outputs with the key
// share in a home, all of it so many times.
type work struct {
	Home    string
	Batches [][][]byte // operations
	Records [][]byte
	Times   int
}

// taken is how long it took a processor, all of it once.
type taken struct{ Verify, Sign time.Duration }

// verifier reads its work, says that it is ready, waits for a line, and says how long it took.
func verifier(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	var w work
	if err := gob.NewDecoder(lines).Decode(&w); err != nil {
		return err
	}
	h, err := home.Open(w.Home)
	if err != nil {
		return err
	}
	var outputs []*sig.Commitment
	for _, b := range w.Records {
		r := new(utt.Record)
		if err := r.UnmarshalBinary(b); err != nil {
			return err
		}
		outputs = append(outputs, r.Commitments(h.Parameters)...)
	}
	both := []func() error{
		func() error { return w.verify(h.Parameters) },
		func() error {
			const chunk = 32 // as a Signer has them
			for part := range slices.Chunk(outputs, chunk) {
				if _, err := h.Coin.SignBatch(part); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for _, do := range both { // once before: a validator's tables are made, too
		if err := do(); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := lines.ReadString('\n'); err != nil {
		return err
	}
	var took [2]time.Duration
	for range w.Times {
		for i, do := range both {
			begun := ownCPU()
			if err := do(); err != nil {
				return err
			}
			took[i] += ownCPU() - begun
		}
	}
	n := time.Duration(w.Times)
	return gob.NewEncoder(out).Encode(taken{took[0] / n, took[1] / n})
}

// verify decodes and verifies the operations, batch by batch.
func (w *work) verify(p *utt.Parameters) error {
	for _, raw := range w.Batches {
		ops, _ := utt.ParseOperations(raw)
		v, err := p.Check(context.Background(), uint64(time.Now().Unix()), ops)
		if err != nil {
			return err
		}
		for _, op := range ops {
			if err := v.Err(op); err != nil {
				return err
			}
		}
	}
	return nil
}

func ownCPU() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// verified is how long it takes a processor to decode and verify an operation, in batches, and to
// sign the outputs of its record, in milliseconds: the mean of so many processes that do it at once, each on
// one thread as validators are. With others at work beside it a processor is slower: they share
// its caches, and two of what a machine calls processors may be one.
func (n *network) verified(processes int, records []*utt.Record, batches ...[]utt.Operation) (verify, sign float64) {
	n.t.Helper()
	w, count := work{Home: n.home(0), Times: 10}, 0
	for _, ops := range batches {
		count += len(ops)
		raw := make([][]byte, len(ops))
		for i, op := range ops {
			var err error
			raw[i], err = op.AppendBinary(nil)
			require.NoError(n.t, err)
		}
		w.Batches = append(w.Batches, raw)
	}
	require.Len(n.t, records, count)
	for _, r := range records {
		b, err := r.AppendBinary(nil)
		require.NoError(n.t, err)
		w.Records = append(w.Records, b)
	}
	ready, begin := make(chan struct{}, processes), make(chan struct{})
	all := make(chan taken, processes)
	for range processes {
		go func() {
			d, err := w.run(ready, begin)
			if err != nil {
				n.t.Error(err)
				ready <- struct{}{}
			}
			all <- d
		}()
	}
	for range processes {
		<-ready
	}
	close(begin)
	var sum taken
	for range processes {
		d := <-all
		sum.Verify, sum.Sign = sum.Verify+d.Verify, sum.Sign+d.Sign
	}
	per := func(d time.Duration) float64 { return 1000 * d.Seconds() / float64(processes*count) }
	return per(sum.Verify), per(sum.Sign)
}

// run has another process do the work, when it is to begin.
func (w *work) run(ready chan<- struct{}, begin <-chan struct{}) (took taken, err error) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), verifierMode+"=1", "GOMAXPROCS=1", "GOGC=400") // as validators have
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return took, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return took, err
	}
	if err := c.Start(); err != nil {
		return took, err
	}
	defer func() {
		_ = in.Close()
		if ended := c.Wait(); err == nil {
			err = ended
		}
	}()
	if err := gob.NewEncoder(in).Encode(w); err != nil {
		return took, err
	}
	answers := bufio.NewReader(out)
	if _, err := answers.ReadString('\n'); err != nil {
		return took, fmt.Errorf("a process that verifies: %w", err)
	}
	ready <- struct{}{}
	<-begin
	if _, err := fmt.Fprintln(in); err != nil {
		return took, err
	}
	if err := gob.NewDecoder(answers).Decode(&took); err != nil {
		return took, fmt.Errorf("a process that verifies: %w", err)
	}
	return took, nil
}
