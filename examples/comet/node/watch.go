package node

import (
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
)

// watch keeps what the page shows: what everybody can read of the last blocks.
type watch struct {
	mu         sync.Mutex
	names      map[string]string // of validators, by CometBFT's addresses
	decimals   map[string]int
	proposer   string
	validators []Validator
	blocks     []Block // the newest last
	totals     Totals
}

// Validator is one, and whether it signed the last block.
type Validator struct {
	Name string `json:"name"`
	Up   bool   `json:"up"`
}

// Block is what everybody can read of a block.
type Block struct {
	Height   uint64 `json:"height"`
	Time     uint64 `json:"time"`
	Proposer string `json:"proposer"`
	Shown    []Item `json:"shown"`
	Rejected int    `json:"rejected"`
}

// Item is what everybody can read of a record, in words.
type Item struct {
	Kind    string `json:"kind"`
	Status  string `json:"status"`
	Asset   string `json:"asset,omitempty"`
	Amount  string `json:"amount,omitempty"` // where it is public
	Case    string `json:"case,omitempty"`
	Spent   int    `json:"spent,omitempty"` // coins
	Made    int    `json:"made,omitempty"`
	Who     string `json:"who,omitempty"` // where that is public
	To      string `json:"to,omitempty"`
	ID      string `json:"id"`
	Cause   string `json:"cause,omitempty"`
	Epoch   uint64 `json:"epoch,omitempty"`
	Private bool   `json:"private"`
}

// Totals are counts since the validator was started.
type Totals struct {
	Private   int `json:"private"`
	Public    int `json:"public"`
	Grants    int `json:"grants"`
	Held      int `json:"held"`
	Approved  int `json:"approved"`
	Refunded  int `json:"refunded"`
	Rejected  int `json:"rejected"`
	Operation int `json:"operations"`
}

const keptBlocks = 120

func newWatch(h *home.Home) *watch {
	w := &watch{names: make(map[string]string), decimals: h.Settings.Decimals}
	for _, n := range h.Settings.Names {
		if id, name, ok := strings.Cut(n, "="); ok {
			w.names[id] = name
		}
	}
	return w
}

// name of a validator: its address is that of its identity.
func (w *watch) name(address []byte) string {
	id := hex.EncodeToString(address)
	if n := w.names[id]; n != "" {
		return n
	}
	return id[:min(8, len(id))]
}

// voted takes note of who signed the block before this one, and who proposed it.
func (w *watch) voted(req *abci.RequestFinalizeBlock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proposer = w.name(req.ProposerAddress)
	if len(req.DecidedLastCommit.Votes) == 0 {
		return
	}
	w.validators = w.validators[:0]
	for _, v := range req.DecidedLastCommit.Votes {
		w.validators = append(w.validators, Validator{w.name(v.Validator.Address), v.BlockIdFlag == cmtproto.BlockIDFlagCommit})
	}
	slices.SortFunc(w.validators, func(a, b Validator) int { return strings.Compare(a.Name, b.Name) })
}

// block takes note of an executed block.
func (w *watch) block(b *utt.Block, receipts []utt.Receipt, records []*utt.Record, p *utt.Parameters) {
	w.mu.Lock()
	defer w.mu.Unlock()
	shown := Block{Height: b.Height, Time: b.Time, Proposer: w.proposer, Shown: []Item{}}
	for _, r := range receipts {
		w.totals.Operation++
		if !r.Status.Accepted() {
			shown.Rejected++
			w.totals.Rejected++
		}
	}
	for _, r := range records {
		e, err := r.Entry(p)
		if err != nil {
			continue
		}
		shown.Shown = append(shown.Shown, w.item(r, e))
	}
	if w.blocks = append(w.blocks, shown); len(w.blocks) > keptBlocks {
		w.blocks = slices.Delete(w.blocks, 0, 1)
	}
}

func (w *watch) item(r *utt.Record, e utt.Entry) Item {
	id := r.ID()
	i := Item{
		Kind: e.Kind.String(), Status: r.Status().String(), Asset: e.Asset, ID: hex.EncodeToString(id[:6]),
		Spent: len(e.Nullifiers), Made: len(e.Outputs), Epoch: uint64(e.Epoch),
	}
	if e.Amount > 0 {
		i.Amount = home.FormatAmount(e.Amount, w.decimals[e.Asset])
	}
	if e.PID != (utt.PID{}) {
		i.Who = e.PID.String()[:8]
	}
	if e.To != (utt.PID{}) {
		i.To = e.To.String()[:8]
	}
	switch e.Kind {
	case utt.KindTransfer:
		i.Case, i.Private = e.Case.String(), true
		w.totals.Private++
		if r.Status() == utt.Held {
			w.totals.Held++
		}
	case utt.KindSettlement:
		i.Cause = e.Cause.String()
		if r.Status() == utt.Refunded {
			w.totals.Refunded++
		} else {
			w.totals.Approved++
		}
	case utt.KindGrant:
		w.totals.Grants++
	case utt.KindPublicTransfer:
		w.totals.Public++
	}
	return i
}

// Seen is what the page asks for.
type Seen struct {
	Network    string      `json:"network"`
	Validator  string      `json:"validator"`
	Now        int64       `json:"now"`
	Height     uint64      `json:"height"`
	Published  uint64      `json:"published"`
	Epoch      uint64      `json:"epoch"`
	Waiting    int         `json:"waiting"`
	Validators []Validator `json:"validators"`
	Blocks     []Block     `json:"blocks"`
	Totals     Totals      `json:"totals"`
}

// seen is what there is, with the blocks above a height.
func (a *app) seen(above uint64) Seen {
	r := a.r()
	head := r.Ledger().Head()
	s := Seen{
		Network: a.home.Parameters.Name(), Validator: a.home.Settings.Name, Now: time.Now().Unix(),
		Height: head.Height, Published: r.Published(), Epoch: uint64(head.Epoch), Waiting: a.pool.size(),
	}
	a.watch.mu.Lock()
	defer a.watch.mu.Unlock()
	s.Validators, s.Totals = slices.Clone(a.watch.validators), a.watch.totals
	for _, b := range a.watch.blocks {
		if b.Height > above {
			s.Blocks = append(s.Blocks, b)
		}
	}
	return s
}
