package main

import (
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// order decides blocks: the operations that came in since the last one. A block is
// decided once it is in the store.
type order struct {
	s store.Store

	mu      sync.Mutex
	height  uint64
	time    uint64
	waiting [][]byte
}

// most is how many operations wait for a block.
const most = 1 << 10

// fit is how many of the operations a block can have, so that a value of the store holds
// it: one at least.
func fit(ops [][]byte) (n int) {
	for size := 1 + 8 + 8 + 2; n < len(ops); n++ { // version, height, time, number
		if size += 4 + len(ops[n]); size > store.MaxValue {
			break
		}
	}
	return n
}

func blockKey(height uint64) []byte { return binary.BigEndian.AppendUint64([]byte("b"), height) }

func newOrder(p *utt.Parameters, s store.Store) (*order, error) {
	o := &order{s: s, time: uint64(p.Policy().Start.Unix())}
	for {
		b, ok, err := s.Get(blockKey(o.height + 1))
		if err != nil || !ok {
			return o, err
		}
		block := new(utt.Block)
		if err := block.UnmarshalBinary(b); err != nil {
			return nil, err
		}
		o.height, o.time = block.Height, block.Time
	}
}

// take takes an operation of a party in, unless too many wait.
func (o *order) take(_ int, op []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) >= most {
		return errors.New("too many wait")
	}
	o.waiting = append(o.waiting, op)
	return nil
}

// decide makes blocks: of what has come in, and an empty one now and then, so that the
// ledger's clock goes on.
func (o *order) decide() error {
	for now := range time.Tick(50 * time.Millisecond) {
		if err := o.next(uint64(now.Unix())); err != nil {
			return err
		}
	}
	return nil
}

func (o *order) next(now uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 && now < o.time+5 {
		return nil
	}
	taken := o.waiting[:fit(o.waiting)]
	b := &utt.Block{Height: o.height + 1, Time: max(o.time, now)}
	ops, errs := utt.ParseOperations(taken)
	for i, op := range ops {
		if errs[i] == nil {
			b.Ops = append(b.Ops, op)
		}
	}
	encoded, err := b.MarshalBinary()
	if err != nil {
		return err
	}
	if err := o.s.Apply([]store.Write{{Key: blockKey(b.Height), Value: encoded}}); err != nil {
		return err
	}
	crash("ordered")
	o.height, o.time, o.waiting = b.Height, b.Time, o.waiting[len(taken):]
	return nil
}

// ServeHTTP answers with the block of a height, if it is decided.
func (o *order) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	height, err := strconv.ParseUint(r.PathValue("height"), 10, 64)
	if err != nil {
		http.Error(w, "no height", http.StatusBadRequest)
		return
	}
	b, decided, err := o.s.Get(blockKey(height))
	if err != nil || !decided {
		http.Error(w, "not decided yet, or the store failed", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write(b)
}
