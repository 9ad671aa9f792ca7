package node

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/cometbft/cometbft/crypto"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/utt-ecash/utt-go/examples/comet/home"
)

// voter votes for the validator. One that does not know what it voted on last, since its
// disk was lost, does not vote until the chain is so many blocks above where it might have:
// two votes for one height are what others are blamed for.
type voter struct {
	*privval.FilePV
	marker string // the file that says from where on it votes

	mu    sync.Mutex
	blind bool // it is not known what it voted on
	from  int64
}

// away is for how many blocks a validator stays away that does not know how it voted.
const away = 10

func newVoter(h *home.Home) (*voter, error) {
	v := &voter{marker: h.Data("votes-from")}
	key, state := cmted25519.PrivKey(h.Identity), h.Data(home.VotesFile)
	b, err := os.ReadFile(v.marker)
	switch {
	case err == nil:
		if v.from, err = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", v.marker, err)
		}
	case !os.IsNotExist(err):
		return nil, err
	}
	v.blind = !h.Voted() && v.from == 0
	v.FilePV = privval.NewFilePV(key, "", state)
	if h.Voted() {
		b, err := os.ReadFile(state)
		if err != nil {
			return nil, err
		}
		if err := readLast(b, &v.FilePV.LastSignState); err != nil {
			return nil, fmt.Errorf("%s: %w", state, err)
		}
	}
	return v, nil
}

// allowed reports whether there can be no other vote of this validator's for a height.
func (v *voter) allowed(height int64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.blind {
		v.from = height + away
		if err := os.WriteFile(v.marker, []byte(strconv.FormatInt(v.from, 10)+"\n"), 0o600); err != nil {
			return err
		}
		v.FilePV.LastSignState.Save()
		v.blind = false
	}
	if height < v.from {
		return fmt.Errorf("block %d: it is not known whether this validator has voted there before; it votes from block %d on", height, v.from)
	}
	return nil
}

// votesFrom is the first block that it votes on, 0 if it votes on all.
func (v *voter) votesFrom() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.from
}

// GetPubKey implements types.PrivValidator.
func (v *voter) GetPubKey() (crypto.PubKey, error) { return v.FilePV.GetPubKey() }

// SignVote implements types.PrivValidator.
func (v *voter) SignVote(chain string, vote *cmtproto.Vote) error {
	if err := v.allowed(vote.Height); err != nil {
		return err
	}
	return v.FilePV.SignVote(chain, vote)
}

// SignProposal implements types.PrivValidator.
func (v *voter) SignProposal(chain string, p *cmtproto.Proposal) error {
	if err := v.allowed(p.Height); err != nil {
		return err
	}
	return v.FilePV.SignProposal(chain, p)
}

// readLast reads what was voted on last.
func readLast(b []byte, into *privval.FilePVLastSignState) error {
	var last privval.FilePVLastSignState
	if err := cmtjson.Unmarshal(b, &last); err != nil {
		return err
	}
	into.Height, into.Round, into.Step = last.Height, last.Round, last.Step
	into.Signature, into.SignBytes = last.Signature, last.SignBytes
	return nil
}
