package wallet

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// sectionsAtOnce are asked for in a Sync of a light wallet, whatever it finds [ASK-FIXED].
const sectionsAtOnce = 2

// begins is from where a Sync asks.
func (w *Wallet) begins(way Way) beginning {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, signed, recent, b := w.state.frontier, w.state.signed, w.state.boundaries.recent, w.state.boundaries
	if way == Light {
		if w.window == nil {
			w.window = &window{boundaries: b, at: at, drawn: at.Records}
		}
		if at, b = w.window.at, w.window.boundaries; w.window.credentials != nil {
			recent = w.window.recent
		}
	}
	switch {
	case w.returns():
		return beginning{b.day, w.state.boundaries.credentials}
	case !batch.Enforced("ASK-SAME"), w.now().Unix()/slot == w.asked.Unix()/slot:
		return beginning{at, signed} // it shows itself as long as it asks again within a slot
	}
	return beginning{b.slot, recent}
}

// returns reports whether the wallet asks for the first time in this process, or after a pause.
func (w *Wallet) returns() bool {
	since := w.now().Sub(w.asked)
	return batch.Enforced("ASK-SAME") && (w.asked.IsZero() || since < 0 || since > 2*max(slot*time.Second, w.every))
}

// light reads on from a place, asks for details, and takes in what is complete. It reports
// whether there are more summaries than it reads at once, and from where on.
func (w *Wallet) light(ctx context.Context, n follow.Source, at beginning, took func(utt.Frontier)) (next utt.Frontier, more bool, err error) {
	from := at.ledger
	source, ok := summariesOf(n)
	if !ok {
		return from, false, fmt.Errorf("%w: the node serves no summaries, by which a light wallet keeps up, since it is no follow.EntrySource: ask another, or open the wallet in the full way", utt.ErrInvalid)
	}
	v := w.window
	next = from
	if len(v.seen) < atOnce || !v.aimed() { // else what comes after waits too
		if next, more, err = w.skim(ctx, source, v, from); err != nil {
			return from, false, err
		}
	}
	if !v.aimed() {
		return next, more, nil // nothing is published yet, or the node lags, which shows at the end
	}
	if a, ok := n.(*aimed); ok {
		a.last = v.aim.Checkpoint
	}
	if !more {
		c, err := w.credentialsOf(ctx, n, at.credentials, v.at.Checkpoint)
		if err != nil {
			return from, false, err
		}
		v.credentials = v.credentials.and(c)
		w.mu.Lock()
		before := w.state.boundaries.recent
		w.mu.Unlock()
		if v.recent, err = v.credentials.recent(ctx, before); err != nil {
			return from, false, err
		}
	}
	if err := w.details(ctx, source, v); err != nil {
		return from, false, err
	}
	err = w.settleWindow(ctx, v, took)
	if err == nil && len(v.seen) == 0 && v.credentials != nil { // else the registration may be among what waits
		if err = w.takeCredentials(ctx, v.credentials); err == nil {
			v.credentials = nil
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = len(v.seen)
	if m := w.state.registered; err == nil && m != nil && m.ScanKey() != w.scan.ScanKey() {
		err = fmt.Errorf("%w: payments to the user have clues for another scan key than the wallet's own, and a light wallet does not find them: "+
			"Readdress to OwnScanKey, or open the wallet in the full way", utt.ErrConflict)
	}
	return next, more, err
}

// skim reads summaries.
func (w *Wallet) skim(ctx context.Context, n follow.EntrySource, v *window, from utt.Frontier) (reached utt.Frontier, more bool, err error) {
	at, known := w.now(), v.at
	reached = from
	var fresh []*summarised
	aim, err := follow.Summaries(ctx, w.p, from, n, atOnce, func(_ context.Context, summaries []*utt.Summary, to utt.Frontier) error {
		by := leadingSummaries(reached, summaries, to)
		before := reached
		reached = to
		if to.Height < known.Height {
			return nil
		}
		if before.Height < known.Height {
			k, failed := by.through(known)
			if failed != nil {
				return failed
			}
			summaries = summaries[k:]
			by = leadingSummaries(known, summaries, to)
		}
		if to.Height == known.Height {
			return nil
		}
		b, failed := v.pass(v.at, by)
		if failed != nil {
			return failed
		}
		for _, s := range summaries {
			fresh = append(fresh, &summarised{Summary: s})
		}
		v.boundaries, v.at = b, to
		return nil
	})
	more = aim != nil && reached.Height < aim.Height
	secret, handle, born := w.scan, w.PID().ScanHandle(w.p.Network()), w.born()
	parallel.For(len(fresh), func(i int) {
		if s := fresh[i]; s.Kind() == utt.KindTransfer && s.Time() >= born {
			s.clue = slices.Contains(secret.HandlesIn(w.p.Network(), s.Summary), handle)
		}
	})
	v.seen = append(v.seen, fresh...)
	if fault := (*NodeError)(nil); errors.As(err, &fault) {
		fault.Known = known.Height
	}
	switch {
	case err != nil:
		return from, false, err
	case ctx.Err() != nil:
		return from, false, ctx.Err()
	case !more && reached.Height < known.Height:
		return from, false, &NodeError{Fault: Behind, Height: reached.Height, Known: known.Height}
	}
	if aim != nil && aim.Height >= v.at.Height { // else the node lags
		v.aim = aim
	}
	w.mu.Lock()
	w.asked = at
	w.mu.Unlock()
	return reached, more, nil
}

// leadingSummaries are summaries of records that lead from one place to another.
func leadingSummaries(from utt.Frontier, summaries []*utt.Summary, to utt.Frontier) leading {
	return leading{
		count:  len(summaries),
		at:     func(i int) (height, time uint64) { return summaries[i].Cursor().Height, summaries[i].Time() },
		extend: func(n int) (utt.Frontier, error) { return from.ExtendEntries(summaries[:n]) },
		to:     to,
	}
}

// details asks for sections: of those that the wallet needs, as many as it asks for in each Sync, or for
// others, and besides for those that all light wallets need.
func (w *Wallet) details(ctx context.Context, n follow.EntrySource, v *window) error {
	if v.chosen == nil {
		v.chosen, v.drawn = w.choose(v, v.drawn), v.at.Records
	}
	for len(v.chosen) > 0 {
		number := v.chosen[0]
		first := number * utt.SectionSize
		summaries := make([]*utt.Summary, min(utt.SectionSize, v.aim.Records-first))
		for k := range summaries {
			if i := first + uint64(k) - v.first(); first+uint64(k) >= v.first() && i < uint64(len(v.seen)) {
				summaries[k] = v.seen[i].Summary
			}
		}
		records, err := follow.Open(ctx, n, v.aim, number, summaries)
		if err != nil {
			return err
		}
		for k, r := range records {
			if summaries[k] != nil {
				v.seen[first+uint64(k)-v.first()].record = r
			}
		}
		v.chosen = v.chosen[1:]
	}
	v.chosen = nil
	return nil
}

// choose are the sections to ask for, in an order that tells nothing. Decoys are those that come
// first by a function of the seed and of the section, of what was read last, so that who asks
// again, also in another process, asks for the same.
func (w *Wallet) choose(v *window, before uint64) []uint64 {
	needed, _ := w.survey(v)
	all := make(map[uint64]bool)
	for i := range v.seen {
		if s := v.seen[i]; s.Kind() == utt.KindAmendment && s.record == nil {
			all[v.section(i)] = true // everybody needs it
		}
	}
	public := len(all)
	for _, number := range needed {
		if len(all) < public+sectionsAtOnce {
			all[number] = true
		}
	}
	switch {
	case !batch.Enforced("ASK-FIXED"):
		before = v.at.Records + utt.SectionSize
	case v.at.Records > before:
	case len(needed) == 0:
		before = v.at.Records + utt.SectionSize // nothing is new, and nothing waits
	default:
		before = v.first()
	}
	var decoys []uint64
	for number := before / utt.SectionSize; number*utt.SectionSize < v.at.Records; number++ {
		if !all[number] {
			decoys = append(decoys, number)
		}
	}
	slices.SortFunc(decoys, func(a, b uint64) int { return bytes.Compare(w.rank(a), w.rank(b)) })
	for _, number := range decoys[:min(len(decoys), max(0, public+sectionsAtOnce-len(all)))] {
		all[number] = true
	}
	chosen := make([]uint64, 0, len(all))
	for number := range all {
		chosen = append(chosen, number)
	}
	slices.Sort(chosen)
	return chosen
}

// rank is a random function of the seed.
func (w *Wallet) rank(section uint64) []byte {
	h := hmac.New(sha256.New, w.decoys[:])
	h.Write(wire.AppendUint64(nil, section))
	return h.Sum(nil)
}

// survey finds what in a window concerns the user: the sections of what has no details yet, and
// how many records, of whole blocks, can be taken in. A coin that the user gets there, and spends
// there, is found as soon as its details are known.
func (w *Wallet) survey(v *window) (needed []uint64, ready int) {
	_, keys, err := w.follow(nil)
	if err != nil {
		return nil, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	in := &surveying{w: w, keys: keys, coins: make(map[coinKey]bool), held: make(map[utt.ID]*utt.Sighting)}
	ready = -1
	for i, s := range v.seen {
		if in.turns && s.Cursor().Height > v.seen[i-1].Cursor().Height {
			if ready < 0 {
				ready = i // what follows is read by other rules, or keys
			}
			return needed, ready
		}
		if s.concerned = in.concerns(s); !s.concerned {
			continue
		}
		if s.record == nil && s.Whole() && !in.signed(s) {
			s.record, _ = s.Record(nil)
		}
		if s.record == nil {
			if k := v.section(i); len(needed) == 0 || needed[len(needed)-1] != k {
				needed = append(needed, k)
			}
			if ready < 0 {
				for ready = i; ready > 0 && v.seen[ready-1].Cursor().Height == s.Cursor().Height; ready-- {
				}
			}
			continue
		}
		in.look(s)
	}
	if ready < 0 {
		ready = len(v.seen)
	}
	return needed, ready
}

// surveying is what a survey has found so far.
type surveying struct {
	w     *Wallet
	keys  *utt.Keys
	coins map[coinKey]bool         // that the user gets, besides those that he has
	held  map[utt.ID]*utt.Sighting // likewise
	turns bool                     // there are other rules, or other keys of the user's, from the next block on
}

// concerns reports whether a wallet has something to do with a record.
func (in *surveying) concerns(s *summarised) bool {
	w := in.w
	switch s.Kind() {
	case utt.KindTransfer:
		return s.clue || in.spends(s) || s.PID() == w.PID() || w.state.p.At(s.Epoch()).FeeAccount() == w.PID()
	case utt.KindSettlement:
		return w.state.holds.m[s.ID()] != nil || in.held[s.ID()] != nil
	case utt.KindRegistration, utt.KindMint, utt.KindGrant:
		return s.PID() == w.PID()
	case utt.KindAmendment:
		return true
	default:
		return s.Whole()
	}
}

// signed reports whether a record has signatures that the user needs.
func (in *surveying) signed(s *summarised) bool {
	return s.Kind() == utt.KindMint || s.Kind() == utt.KindGrant
}

// spends reports whether a transfer spends a coin of the user's.
func (in *surveying) spends(s *summarised) bool {
	return slices.ContainsFunc(s.Nullifiers(), func(n coinKey) bool { return in.coins[n] || in.w.state.coins.m[n] != nil || !in.w.state.free(n) })
}

// look notes what comes of a record that is there with its details.
func (in *surveying) look(s *summarised) {
	own := in.spends(s)
	var seen *utt.Sighting
	switch s.Kind() {
	case utt.KindAmendment:
		in.turns = true
	case utt.KindReaddress:
		in.turns = in.turns || s.PID() == in.w.PID()
	case utt.KindSettlement:
		if h := in.w.state.holds.m[s.ID()]; h != nil {
			seen, own = h.sighting.Settled(s.record), h.mine
		} else {
			seen, own = in.held[s.ID()].Settled(s.record), true
		}
	default:
		seen = in.keys.Look(s.record)
	}
	if s.Status() == utt.Held {
		in.held[s.ID()] = seen
		return
	}
	for _, o := range seen.Received(own) {
		if h, err := o.Holding(); err == nil && o.Role != utt.Credential {
			in.coins[h.Nullifier().Key()] = true
		}
	}
}

// settleWindow takes in what is complete.
func (w *Wallet) settleWindow(ctx context.Context, v *window, took func(utt.Frontier)) error {
	for {
		known := w.frontier()
		_, ready := w.survey(v)
		if ready == 0 && len(v.seen) > 0 || known.Checkpoint == v.at.Checkpoint {
			return nil
		}
		to := v.at
		summaries := make([]*utt.Summary, ready)
		var records []*utt.Record
		var numbers []uint64
		for i, s := range v.seen[:ready] {
			summaries[i] = s.Summary
			if s.concerned {
				records, numbers = append(records, s.record), append(numbers, v.first()+uint64(i))
			}
		}
		if ready < len(v.seen) {
			var err error
			if to, err = known.ExtendEntries(summaries); err != nil {
				return err
			}
			to.Height, to.Time = summaries[ready-1].Cursor().Height, summaries[ready-1].Time()
		}
		by := leadingSummaries(known, summaries, to)
		by.taken = numbers
		if err := w.takeIn(ctx, records, by, Light); err != nil {
			return err
		}
		took(to)
		v.seen = v.seen[ready:]
	}
}

// CatchUp is Sync until nothing waits for its details, which of a light wallet that is restored,
// or was away, takes many times as many sections as a Sync asks for: the node sees how many these
// are, and so about how often the user was paid and paid. Of other wallets it is Sync. What was
// paid before the user had his own scan key it does not bring back: open the wallet in way Full
// once, on its store, and Light from then on.
func (w *Wallet) CatchUp(ctx context.Context, n Node) error {
	for {
		if err := w.Sync(ctx, n); err != nil {
			return err
		}
		if w.Waiting() == 0 {
			return nil
		}
	}
}

// Waiting is how many records a light wallet has read the summaries of and not taken in, since
// they or others before them wait for their details: Sync asks for a fixed number at once, and
// CatchUp for all.
func (w *Wallet) Waiting() int {
	if w.usable() != nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting
}

// OwnScanKey is the key of who looks out for himself: what a light wallet's user is to have in his
// address.
func (w *Wallet) OwnScanKey() utt.ScanKey {
	if w.usable() != nil {
		return utt.ScanKey{}
	}
	return w.scan.ScanKey()
}

// summariesOf is where summaries are read from.
func summariesOf(n follow.Source) (follow.EntrySource, bool) {
	switch s := n.(type) {
	case *aimed:
		return summariesOf(s.Source)
	case *apart:
		return summariesOf(s.Reader)
	}
	e, ok := n.(follow.EntrySource)
	return e, ok
}
