package bft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// Invariant is what must hold whatever up to f replicas and the network do.
type Invariant string

// The invariants.
const (
	Agreement   Invariant = "agreement"    // blocks, receipts and digests are the same everywhere
	NoDouble    Invariant = "double spend" // no coin is spent twice
	Conserved   Invariant = "value"        // issued = accounts + private money
	EnoughShare Invariant = "shares"       // no coin without t shares, none before its block is decided
	OneSet      Invariant = "one set"      // of a payment that was held, itself or the refund is signed, and once
	InBudget    Invariant = "budget"       // nobody pays more in an epoch than his budget
	Fairness    Invariant = "blame"        // nobody honest is blamed
	Progress    Invariant = "progress"     // what is submitted is decided once the network has healed
)

// Violation says which invariant does not hold. The seed repeats the run.
type Violation struct {
	Seed      uint64
	Time      uint64
	Step      int
	Invariant Invariant
	Detail    string
}

func (v *Violation) Error() string {
	return fmt.Sprintf("bft: seed %d, time %d, step %d: %s: %s", v.Seed, v.Time, v.Step, v.Invariant, v.Detail)
}

// harness checks the invariants. Signatures it verifies where the replicas share
// verdicts, so that benchmarks do not count it. It sees what honest replicas do, and knows what
// the operations of the workload mean, which the replicas do not.
type harness struct {
	n, t       int
	quorum     int
	items      []*Item
	index      map[utt.Digest]int
	waiting    []waiting
	decided    map[uint64]*agreed
	executedAt map[utt.Digest]uint64 // heights
	highest    uint64
	spent      map[string]int
	budget     map[string]utt.Amount
	private    utt.Amount // money in coins
	founded    uint64     // height of the founding
	trace      []string
	run        struct { // of like events, the last line of the trace
		line int
		what string
		from uint64
	}
	signed    map[uint64][]NodeID   // honest replicas that sent shares on a block
	unchecked []uint64              // blocks on which the present step has sent shares
	shares    []utt.Checkpoint      // of which it has sent shares of certificates
	exposed   map[NodeID]int        // errors of a replica that others have seen
	full      int                   // blocks of four transfers or more
	names     map[utt.Digest]string // of operations that move no money
	open      bool                  // operations come from clients; what they mean is not known
	held      []*Item               // payments that were held
	became    map[utt.ID]utt.Status // of those that are no longer
	sets      map[utt.ID]utt.Cursor // records whose outputs are signed, by the ID of the payment
}

// waiting is an item that was submitted and is not decided.
type waiting struct {
	item int
	by   uint64 // when it has reached all
}

// agreed is what the first replica found at a height, and all others must.
type agreed struct {
	id       BlockID
	digest   [32]byte
	receipts []utt.Receipt

	outputs     bool              // that are to be signed as coins
	signatures  [32]byte          // zero as long as nobody has any
	checkpoints [2]utt.Checkpoint // likewise, by kind
}

func newHarness(configs []Config, s *Schedule) *harness {
	h := &harness{
		n: len(configs), t: configs[0].Committees.Coin.Threshold(), quorum: 2*configs[0].Faults + 1, items: slices.Clip(s.Items),
		index: make(map[utt.Digest]int), decided: make(map[uint64]*agreed), executedAt: make(map[utt.Digest]uint64),
		signed: make(map[uint64][]NodeID), spent: make(map[string]int), exposed: make(map[NodeID]int), budget: make(map[string]utt.Amount),
		became: make(map[utt.ID]utt.Status), sets: make(map[utt.ID]utt.Cursor),
	}
	for i, item := range s.Items {
		h.index[item.Digest] = i
	}
	if l, err := ledger.New(configs[0].Parameters, configs[0].Store); err == nil {
		supply, accounts, _ := money(l)
		h.private, h.founded = supply-accounts, l.Head().Height
	}
	return h
}

// note adds a line to the trace.
func (h *harness) note(m *Simulation, format string, args ...any) {
	h.trace = append(h.trace, fmt.Sprintf("%6d  %s", m.now, fmt.Sprintf(format, args...)))
}

// series notes what happens block after block in one line.
func (h *harness) series(m *Simulation, what string, height uint64) {
	last := len(h.trace) - 1
	if h.run.line == last && h.run.what == what && last >= 0 {
		before, _, _ := strings.Cut(h.trace[last], what)
		h.trace[last] = fmt.Sprintf("%s%s %d to %d", before, what, h.relative(h.run.from), h.relative(height))
		return
	}
	h.note(m, "%s %d", what, h.relative(height))
	h.run.line, h.run.what, h.run.from = last+1, what, height
}

func (h *harness) violated(m *Simulation, i Invariant, format string, args ...any) {
	if m.err == nil {
		m.err = &Violation{m.s.Seed, m.now, m.steps, i, fmt.Sprintf(format, args...)}
	}
}

// add makes an operation known that comes from a client.
func (h *harness) add(m *Simulation, i *Item) {
	h.items = append(h.items, i)
	h.index[i.Digest] = len(h.items) - 1
	h.submitted(m, len(h.items)-1)
}

func (h *harness) submitted(m *Simulation, item int) {
	if !h.items[item].Invalid {
		h.waiting = append(h.waiting, waiting{item, m.now + m.net.Delta})
	}
}

// settled reports whether a coin of an item is spent, or the payment that it is about
// decided on, and all honest replicas have dropped
// it. What is not is to be decided.
func (h *harness) settled(m *Simulation, w waiting) bool {
	i := h.items[w.item]
	_, decided := h.became[i.Settles]
	return m.now > w.by && (decided || slices.ContainsFunc(i.Spends, func(coin string) bool { return h.spent[coin] > 0 })) &&
		!slices.ContainsFunc(m.endpoints, func(e *endpoint) bool {
			return e.forger == nil && !e.down && e.node.mempool.find(i.Raw) != nil
		})
}

// observe checks what an honest replica did in a step.
func (h *harness) observe(m *Simulation, e *endpoint, events []Event) {
	for _, event := range events {
		switch v := event.(type) {
		case Executed:
			h.executed(m, e, v)
		case Published:
			h.published(m, e, v)
		case Restored:
			h.note(m, "node %d restores the ledger after block %d", e.id, h.relative(v.Height))
			m.auditors(e, h.held)
			if a := h.decided[v.Height]; a != nil && a.digest != v.Digest {
				h.violated(m, Agreement, "node %d restored another state after block %d", e.id, v.Height)
			}
		case Blamed:
			h.exposed[v.Who]++
			if m.s.Byzantine[v.Who] == "" {
				h.violated(m, Fairness, "node %d blames node %d, which is honest", e.id, v.Who)
			}
			h.once(m, "node %d is blamed for its %s on block %d", v.Who, v.What, h.relative(v.Height))
		case Contradicted:
			h.exposed[v.By]++
			if m.s.Byzantine[v.By] == "" {
				h.violated(m, Fairness, "node %d saw node %d, which is honest, contradict itself", e.id, v.By)
			}
			h.once(m, "node %d contradicts itself at block %d", v.By, h.relative(v.Height))
		case Denied:
			h.exposed[v.By]++
			if m.s.Byzantine[v.By] == "" {
				h.violated(m, Agreement, "node %d, which is honest, attests to another state than node %d after block %d", v.By, e.id, v.Height)
			}
			h.once(m, "node %d attests to another state after block %d", v.By, h.relative(v.Height))
		case Refused:
			h.exposed[v.Proposer]++
			if m.s.Byzantine[v.Proposer] == "" {
				h.violated(m, Fairness, "node %d refuses the block of node %d, which is honest: %s", e.id, v.Proposer, v.Reason)
			}
			h.once(m, "block %d of node %d in round %d is refused: %s", h.relative(v.Height), v.Proposer, v.Round, v.Reason)
		case Failed:
			h.violated(m, Agreement, "node %d: %s", e.id, v.Reason)
		}
	}
}

// once notes what several replicas find, when the first does.
func (h *harness) once(m *Simulation, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(h.trace, func(l string) bool { return strings.HasSuffix(l, "  "+what) }) {
		h.note(m, "%s", what)
	}
}

// name names an operation that moves no money, for the trace.
func (h *harness) name(op utt.Operation, name string) {
	if h.names == nil {
		h.names = make(map[utt.Digest]string)
	}
	h.names[op.Digest()] = name
}

// relative counts blocks from the founding.
func (h *harness) relative(height uint64) int64 {
	return int64(height) - int64(h.founded)
}

func (h *harness) executed(m *Simulation, e *endpoint, v Executed) {
	if a := h.decided[v.Height]; a != nil {
		if a.id != v.Block.id || a.digest != v.Digest || !agree(a.receipts, v.Receipts) {
			h.violated(m, Agreement, "node %d decided block %v with state %x at height %d, another node %v with %x",
				e.id, v.Block.id, v.Digest[:4], v.Height, a.id, a.digest[:4])
		}
	} else {
		records, err := e.node.Ledger().BlockRecords(v.Height)
		if err != nil {
			h.violated(m, Agreement, "node %d: %v", e.id, err)
		}
		outputs := slices.ContainsFunc(records, func(r *utt.Record) bool { return !r.Owes() && r.Outputs(e.node.Ledger().Parameters()) > 0 })
		h.settles(m, e, records)
		h.oneSet(m, e, records)
		h.decided[v.Height] = &agreed{id: v.Block.id, digest: v.Digest, receipts: v.Receipts, outputs: outputs}
		h.highest = max(h.highest, v.Height)
		if result := h.result(v); result == "empty" {
			h.series(m, "empty blocks", v.Height)
		} else {
			h.note(m, "block %d of node %d, round %d: %s", h.relative(v.Height), e.node.c.proposer(v.Height, max(v.Round, 0)), v.Round, result)
		}
		if len(v.Receipts) >= 4 {
			h.full++
		}
		h.account(m, v)
		h.conserve(m, e)
	}
	m.auditors(e, h.heldIn(v))
	slices.Sort(v.Voters)
	if len(slices.Compact(v.Voters)) < h.quorum && e.node.c.broken.quorum == 0 {
		h.violated(m, EnoughShare, "node %d executes, and signs, a block that %d precommitted", e.id, len(v.Voters))
	}
	if v.Round < 0 {
		h.series(m, fmt.Sprintf("node %d catches up with blocks", e.id), v.Height)
	}
}

// agree reports whether receipts of a block say the same, also those of one that was
// restored from a snapshot.
func agree(a, b []utt.Receipt) bool {
	return slices.EqualFunc(a, b, func(a, b utt.Receipt) bool {
		return a.Op == b.Op && a.Status == b.Status && (a.Rejection == nil) == (b.Rejection == nil) &&
			(a.Rejection == nil || a.Rejection.Code == b.Rejection.Code)
	})
}

// result is what became of a block's operations, in words that do not depend on
// keys or proofs.
func (h *harness) result(v Executed) string {
	if len(v.Receipts) == 0 {
		return "empty"
	}
	var words []string
	for _, r := range v.Receipts {
		name := cmp.Or(h.names[r.Op], "an unknown operation")
		if i, known := h.index[r.Op]; known && h.open {
			name = h.items[i].Name
		} else if known {
			name = fmt.Sprintf("#%d", i)
		}
		switch {
		case r.Rejection != nil:
			words = append(words, fmt.Sprintf("%s rejected (%v)", name, r.Rejection.Code))
		default:
			words = append(words, fmt.Sprintf("%s %v", name, r.Status))
		}
	}
	return strings.Join(words, ", ")
}

// account applies executed operations to the model.
func (h *harness) account(m *Simulation, v Executed) {
	for _, r := range v.Receipts {
		i, known := h.index[r.Op]
		if !known {
			continue
		}
		h.waiting = slices.DeleteFunc(h.waiting, func(w waiting) bool { return w.item == i })
		item := h.items[i]
		if !r.Status.Accepted() {
			continue
		}
		h.executedAt[r.Op] = v.Height
		if item.Invalid {
			h.violated(m, NoDouble, "%s was executed", item.Name)
		}
		for _, coin := range item.Spends {
			if h.spent[coin]++; h.spent[coin] > 1 {
				h.violated(m, NoDouble, "%s spends %s a second time", item.Name, coin)
			}
		}
		if h.budget[item.Payer] += item.Budget; item.Payer != "" && h.budget[item.Payer] > Privacy {
			h.violated(m, InBudget, "%s has paid %d of a budget of %d", item.Payer, h.budget[item.Payer], Privacy)
		}
		h.private += item.Out - item.In
		if r.Status == utt.Held {
			h.holds(m, item)
		}
	}
}

// heldIn are the payments that a block holds.
func (h *harness) heldIn(v Executed) (held []*Item) {
	for _, r := range v.Receipts {
		if i, known := h.index[r.Op]; known && r.Status == utt.Held {
			held = append(held, h.items[i])
		}
	}
	return held
}

func (h *harness) conserve(m *Simulation, e *endpoint) {
	if h.open {
		return
	}
	supply, accounts, err := money(e.node.Ledger())
	if err != nil || supply != accounts+h.private {
		h.violated(m, Conserved, "node %d: %d issued, %d in accounts, %d in coins", e.id, supply, accounts, h.private)
	}
}

// money is all that was issued and all that is in accounts, of every asset.
func money(l *ledger.Ledger) (supply, accounts utt.Amount, err error) {
	for _, asset := range l.Parameters().Assets() {
		s, err := l.Supply(asset)
		if err != nil {
			return 0, 0, err
		}
		a, err := l.Accounts(asset)
		if err != nil {
			return 0, 0, err
		}
		supply, accounts = supply+s, accounts+a
	}
	return supply, accounts, nil
}

// complete reports whether all is done at every replica that is up and honest: it serves
// wallets every block since the founding, signed and certified, whatever was lost.
func (h *harness) complete(m *Simulation) bool {
	if slices.ContainsFunc(h.waiting, func(w waiting) bool { return !h.settled(m, w) }) || len(h.became) < len(h.held) {
		return false
	}
	for _, e := range m.endpoints {
		if e.forger == nil && !e.down && (e.node.Height() < h.highest || e.node.Published() < h.highest) {
			return false
		}
	}
	for _, e := range m.endpoints {
		for height := h.founded + 1; height <= h.highest && e.forger == nil && !e.down; height++ {
			h.serves(m, e, height)
		}
	}
	return true
}

// stalled is the violation of progress, told apart by what is missing.
func (h *harness) stalled(m *Simulation) error {
	var at []string
	for _, e := range m.endpoints {
		switch {
		case e.forger != nil:
		case e.down:
			at = append(at, fmt.Sprintf("node %d is down", e.id))
		default:
			at = append(at, fmt.Sprintf("node %d at block %d", e.id, h.relative(e.node.Height())))
		}
	}
	return &Violation{m.s.Seed, m.now, m.steps, Progress,
		fmt.Sprintf("stalled with %d operations undecided; %s", len(h.waiting), strings.Join(at, ", "))}
}
