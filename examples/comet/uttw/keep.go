package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// This file is what changes once wallets keep their state on disk: here a wallet is made anew
// from its seed and syncs from the first block, and only the handle of what was handed in
// last is kept.

// open makes the wallet of an identity.
func open(p *utt.Parameters, identity string, seed []byte, c wallet.Config) (*wallet.Wallet, error) {
	return wallet.New(p, identity, seed, c)
}

// code is the seed as people write it down, with a check of their spelling.
func code(seed []byte) string {
	sum := sha256.Sum256(append([]byte("utt seed "), seed...))
	digits := hex.EncodeToString(append(seed[:len(seed):len(seed)], sum[:2]...))
	var groups []string
	for len(digits) > 0 {
		groups, digits = append(groups, digits[:4]), digits[4:]
	}
	return strings.Join(groups, " ")
}

var errCode = errors.New("this is no recovery code: 17 groups of four digits, 0 to 9 and a to f")

// seedOf reads a code.
func seedOf(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ToLower(strings.Join(strings.Fields(text), "")))
	if err != nil || len(b) != utt.SeedSize+2 {
		return nil, errCode
	}
	seed := b[:utt.SeedSize]
	if code(seed) != strings.ToLower(strings.Join(strings.Fields(text), " ")) {
		return nil, fmt.Errorf("%w; one of them is misspelt", errCode)
	}
	return seed, nil
}
