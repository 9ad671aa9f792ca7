package node

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
)

// Status is how a validator is doing, for operators and for who issues money.
type Status struct {
	Name       string            `json:"name"`
	Height     uint64            `json:"height"`
	Time       uint64            `json:"time"`
	Epoch      uint64            `json:"epoch"`
	Digest     string            `json:"digest"` // of the ledger at this height
	Published  uint64            `json:"published"`
	Waiting    int               `json:"waiting"` // operations that are in no block
	Peers      int               `json:"peers"`
	Party      uint64            `json:"party"`      // in the ledger key's committee, 0 for none
	VotesFrom  int64             `json:"votes_from"` // the block, where it does not know how it voted before
	Replaced   []string          `json:"replaced,omitempty"`
	Blamed     []string          `json:"blamed,omitempty"`
	IssueNonce uint64            `json:"issue_nonce"`
	Warrants   uint64            `json:"warrants"` // the number of the next
	Supply     map[string]string `json:"supply"`
	Holders    []Holders         `json:"holders"` // of the keys, who reshare them
}

// Holders are those who hold a key.
type Holders struct {
	Purpose string   `json:"purpose"`
	Since   uint64   `json:"since"`
	Encoded []byte   `json:"encoded"` // utt.Holders
	IDs     []string `json:"ids"`
}

func (n *Node) status() (s Status, err error) {
	a := n.app
	l := a.r().Ledger()
	shot, err := l.Snapshot() // height and digest of one moment
	if err != nil {
		return s, err
	}
	digest, head := shot.Digest(), shot.Head()
	if err := shot.Close(); err != nil {
		return s, err
	}
	s = Status{
		Name: a.home.Settings.Name, Height: head.Height, Time: head.Time, Epoch: uint64(head.Epoch), Digest: hex.EncodeToString(digest[:]),
		Published: a.r().Published(), Waiting: a.pool.size(), Party: uint64(a.r().Party().Ledger), VotesFrom: n.voter.votesFrom(), Supply: make(map[string]string),
	}
	if n.comet != nil {
		s.Peers = n.comet.Switch().Peers().Size()
	}
	replaced, err := a.r().Replaced()
	if err != nil {
		return s, err
	}
	for _, k := range replaced {
		s.Replaced = append(s.Replaced, k.String())
	}
	for _, b := range a.r().Blamed() {
		s.Blamed = append(s.Blamed, fmt.Sprintf("%v, party %d, block %d: %s", b.Key, b.Index, b.Height, b.What))
	}
	if s.IssueNonce, err = l.IssueNonce(); err != nil {
		return s, err
	}
	if s.Warrants, err = l.WarrantNumber(); err != nil {
		return s, err
	}
	for _, asset := range a.home.Parameters.Assets() {
		var v utt.Amount
		if v, err = l.Supply(asset); err != nil {
			return s, err
		}
		s.Supply[asset] = strconv.FormatUint(uint64(v), 10)
	}
	for _, purpose := range home.Purposes {
		held, err := l.Holders(purpose)
		if err != nil {
			return s, err
		}
		h := Holders{Purpose: purpose, Since: held.Since}
		if h.Encoded, err = held.MarshalBinary(); err != nil {
			return s, err
		}
		for _, p := range held.Parties {
			h.IDs = append(h.IDs, string(home.ID(p)))
		}
		s.Holders = append(s.Holders, h)
	}
	return s, nil
}

func (n *Node) serveStatus(w http.ResponseWriter, _ *http.Request) {
	s, err := n.status()
	if err != nil {
		http.Error(w, "the validator failed", http.StatusInternalServerError)
		return
	}
	writeJSON(w, s)
}
