package main

import (
	"errors"
	"fmt"

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
	w, err := wallet.Open(p, s.Identity, seed, f, wallet.Config{Birthday: s.Born})
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return w, f, nil
}
