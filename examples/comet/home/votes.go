package home

import (
	"os"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/privval"
)

// VotesFile holds what the validator voted on last. It is made with the home: without it,
// nobody knows what the validator has voted on.
const VotesFile = "votes.json"

func newVotes(h *Home) error {
	privval.NewFilePV(cmted25519.GenPrivKey(), "", h.Data(VotesFile)).LastSignState.Save()
	return nil
}

// Voted reports whether it is known what the validator voted on last.
func (h *Home) Voted() bool {
	_, err := os.Stat(h.Data(VotesFile))
	return err == nil
}
