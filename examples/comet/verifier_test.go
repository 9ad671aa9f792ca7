package comet

import (
	"bufio"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// verifierMode is set in the environment of a process that is this test, but only verifies.
const verifierMode = "COMET_VERIFIER"

// work is what such a process is to verify, all of it so many times.
type work struct {
	Parameters []byte
	Batches    [][][]byte
	Times      int
}

// verifier reads its work, says that it is ready, waits for a line, and says how long it took a
// processor to decode and verify all once.
func verifier(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	var w work
	if err := gob.NewDecoder(lines).Decode(&w); err != nil {
		return err
	}
	parameters, err := utt.ParseParameters(w.Parameters)
	if err != nil {
		return err
	}
	verify := func() error {
		for _, raw := range w.Batches {
			ops, _ := utt.ParseOperations(raw)
			v, err := parameters.Check(context.Background(), uint64(time.Now().Unix()), ops)
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
	if err := verify(); err != nil { // once before: a validator's tables are made, too
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := lines.ReadString('\n'); err != nil {
		return err
	}
	begun := ownCPU()
	for range w.Times {
		if err := verify(); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, int64(ownCPU()-begun)/int64(w.Times))
	return err
}

func ownCPU() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// verified is how long it takes a processor to decode and verify an operation, in batches, in
// milliseconds: the mean of so many processes that do it at once, each on one thread as
// validators are. With others at work beside it a processor is slower: they share its caches, and
// two of what a machine calls processors may be one.
func (n *network) verified(processes int, batches ...[]utt.Operation) float64 {
	n.t.Helper()
	w, count := work{Times: 5}, 0
	var err error
	w.Parameters, err = n.parameters.AppendBinary(nil)
	require.NoError(n.t, err)
	for _, ops := range batches {
		count += len(ops)
		raw := make([][]byte, len(ops))
		for i, op := range ops {
			raw[i], err = op.AppendBinary(nil)
			require.NoError(n.t, err)
		}
		w.Batches = append(w.Batches, raw)
	}
	var sum time.Duration
	ready, begin := make(chan struct{}, processes), make(chan struct{})
	took := make(chan time.Duration, processes)
	for range processes {
		go func() {
			d, err := w.run(ready, begin)
			if err != nil {
				n.t.Error(err)
				ready <- struct{}{}
			}
			took <- d
		}()
	}
	for range processes {
		<-ready
	}
	close(begin)
	for range processes {
		sum += <-took
	}
	return 1000 * sum.Seconds() / float64(processes*count)
}

// run has another process do the work, when it is to begin.
func (w *work) run(ready chan<- struct{}, begin <-chan struct{}) (took time.Duration, err error) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), verifierMode+"=1", "GOMAXPROCS=1", "GOGC=400") // as validators have
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = in.Close()
		if ended := c.Wait(); err == nil {
			err = ended
		}
	}()
	if err := gob.NewEncoder(in).Encode(w); err != nil {
		return 0, err
	}
	var said string
	if _, err := fmt.Fscanln(out, &said); err != nil {
		return 0, fmt.Errorf("a process that verifies: %w", err)
	}
	ready <- struct{}{}
	<-begin
	if _, err := fmt.Fprintln(in); err != nil {
		return 0, err
	}
	var nanoseconds int64
	if _, err := fmt.Fscanln(out, &nanoseconds); err != nil {
		return 0, fmt.Errorf("a process that verifies: %w", err)
	}
	return time.Duration(nanoseconds), nil
}
