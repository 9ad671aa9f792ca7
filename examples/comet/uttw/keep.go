package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// open opens the wallet of an identity on its file.
func (c *command) openState(p *utt.Parameters, s settings, seed []byte) (*wallet.Wallet, *store.File, error) {
	f, err := store.Open(c.path(stateFile))
	if err != nil {
		return nil, nil, fmt.Errorf("the wallet's state, which another uttw may be using: %w", err)
	}
	w, err := wallet.Open(p, s.Identity, seed, dying(f), wallet.Config{Birthday: s.Born})
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return w, f, nil
}

// mortal is a store whose process is killed at one of its writes, as a power failure would: for
// tests of what happens then.
type mortal struct {
	store.Store
	left int // points until then: before each write, and behind it
}

// dying is the store, mortal if UTTW_CRASH says at which point.
func dying(s store.Store) store.Store {
	point, err := strconv.Atoi(os.Getenv("UTTW_CRASH"))
	if err != nil {
		return s
	}
	return &mortal{s, point}
}

func (m *mortal) Apply(writes []store.Write) error {
	m.pass()
	err := m.Store.Apply(writes)
	m.pass()
	return err
}

func (m *mortal) pass() {
	if m.left--; m.left >= 0 {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // until it is dead
}
