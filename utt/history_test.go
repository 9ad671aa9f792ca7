package utt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A history is a network on which chance does everything that can be done, by honest users
// and by liars, and the truth about it: who really got what from whom. To add an operation
// is to add a move; the laws stay.
type history struct {
	t     testing.TB
	net   *local.Network
	world *utt.World
	rand  *rand.Rand

	users   []string
	parties map[string]*utt.Party
	seen    utt.Cursor
	done    map[string]int
	refused map[string]int // lies

	held    map[utt.ID]*attempted
	waiting []*utt.WarrantOpening
	granted map[counted]utt.Amount // of counters
	reached map[counted]utt.Amount // what others got, where that counter is to be charged
	uncollected,
	issued map[string]utt.Amount // by asset
}

// counted is what a counter counts.
type counted struct {
	user           string
	counter, asset string
	epoch          utt.Epoch
}

// attempted is a transfer with its maker.
type attempted struct {
	*utt.Attempt
	by    string
	use   utt.Case
	asset string
	epoch utt.Epoch
}

const feeOffice = "fees@example.org"

func newHistory(t testing.TB, seed uint64) *history {
	policy := testPolicy
	policy.Classes, policy.Counters = []utt.Amount{300}, []budget.Counter{{Name: volume, Classes: []utt.Amount{700}}}
	held := slices.Clone(testHeld)
	held[0].Limit = 500
	held[1].Limit, held[1].Counter = 600, volume
	net, err := local.New(context.Background(), local.Config{
		Assets: []string{cash, gold}, Policy: policy, Held: held, Tax: 700, TaxOffice: taxOffice, TaxByTotal: true, TaxBatch: 2,
		Fee: utt.Fee{Base: 1, PerInput: 2}, FeeAccount: feeOffice, Authority: utt.TwoOfThree(),
	})
	require.NoError(t, err)
	h := &history{
		t: t, net: net, rand: rand.New(rand.NewPCG(seed, 9)), users: []string{alice, bob, mallory}, parties: make(map[string]*utt.Party),
		done: make(map[string]int), refused: make(map[string]int), held: make(map[utt.ID]*attempted), granted: make(map[counted]utt.Amount),
		reached: make(map[counted]utt.Amount), uncollected: make(map[string]utt.Amount), issued: make(map[string]utt.Amount),
	}
	h.world = &utt.World{
		Parameters: net.Parameters(), Key: net.ProvingKey(utt.Self), Keys: net.ProvingKeys(), Issuer: net.Issuer(), Endorser: net.Endorser(),
		Approval: net.Auditors().Approval, ApprovalShares: net.Auditors().ApprovalShares,
	}
	for _, u := range h.users {
		h.parties[u] = utt.NewParty(net.Parameters(), u, seedOf(u), nil)
	}
	for _, u := range h.users {
		own := light(t, net, u, new(store.Memory))
		h.parties[u].Keys, err = h.parties[u].WithScanKey(own.OwnScanKey())
		require.NoError(t, err)
		r, err := own.Registration(0)
		require.NoError(t, err)
		r, err = net.Endorser().Endorse(u, r)
		require.NoError(t, err)
		h.must(r)
		for _, asset := range net.Parameters().Assets() {
			h.issue(u, asset, 1500)
			for range 3 {
				h.must(h.parties[u].Minted(h.parties[u].Nonce, asset, 300))
			}
			for _, counter := range []string{budget.Privacy, volume} {
				_, err := h.grant(u, counter, asset, 1)
				require.NoError(t, err)
			}
		}
	}
	h.world.Alice, h.world.Bob, h.world.Mallory = h.parties[alice], h.parties[bob], h.parties[mallory]
	return h
}

func (h *history) epoch() utt.Epoch { return h.net.Ledger().Head().Epoch }

// submit puts an operation into a block, and reports what is false then.
func (h *history) submit(op utt.Operation) (*utt.Rejection, error) {
	before := h.net.Ledger().Digest()
	receipts, err := h.net.Execute(context.Background(), op)
	if err != nil {
		return nil, err
	}
	if err := h.takeIn(); err != nil {
		return nil, err
	}
	if no := receipts[0].Rejection; no != nil {
		records, err := h.net.Ledger().BlockRecords(h.net.Ledger().Head().Height)
		require.NoError(h.t, err)
		require.Empty(h.t, records)
		require.NotEqual(h.t, before, h.net.Ledger().Digest(), "a block is a block")
		return no, nil
	}
	return nil, nil
}

// must submits what is to be executed.
func (h *history) must(op utt.Operation) {
	h.t.Helper()
	no, err := h.submit(op)
	require.NoError(h.t, err)
	require.Nil(h.t, no, "%v", no)
}

// takeIn has the parties read what is new, and settles what was held.
func (h *history) takeIn() error {
	h.world.Parameters = h.net.Parameters()
	for _, u := range h.users {
		h.parties[u].Follow(h.net.Parameters())
	}
	records, err := h.net.Signed(context.Background())
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Cursor().Compare(h.seen) < 0 {
			continue
		}
		h.world.Records = append(h.world.Records, r)
		h.seen = utt.Cursor{Height: r.Cursor().Height, Index: r.Cursor().Index + 1}
		for _, u := range h.users {
			h.parties[u].Take(r)
		}
		a := h.held[r.ID()]
		if r.Kind() != utt.KindSettlement || r.Status() == utt.Approved {
			continue
		}
		if a == nil {
			return fmt.Errorf("%v was settled, and never held", r.ID())
		}
		delete(h.held, r.ID())
		if err := h.happened(a, r.Status()); err != nil {
			return err
		}
	}
	return nil
}

// happened enters into the truth a transfer that was executed or refunded.
func (h *history) happened(a *attempted, s utt.Status) error {
	others := utt.Amount(0)
	for _, g := range a.Gets {
		if g.Back == (s == utt.Refunded) && g.To != utt.PIDOf(a.by) && g.Amount > 0 {
			if !g.Money {
				return fmt.Errorf("a budget of %d reached %v", g.Amount, g.To)
			}
			others += g.Amount
		}
	}
	row, ok := h.net.Parameters().At(a.epoch).RowFor(a.asset, a.use)
	switch {
	case !ok:
		return errors.New("a transfer of no row")
	case s == utt.Refunded && others > 0:
		return fmt.Errorf("%d reached others by a refund", others)
	case s == utt.Refunded:
		return nil
	case row.Limit > 0 && others > row.Limit:
		return fmt.Errorf("%d reached others, of at most %d", others, row.Limit)
	case row.Counter != "":
		c := counted{a.by, row.Counter, a.asset, a.epoch}
		if h.reached[c] += others; h.reached[c] > h.granted[c] {
			return fmt.Errorf("%d of %s reached others from %s in epoch %d, who was granted %d", h.reached[c], a.asset, a.by, a.epoch, h.granted[c])
		}
	case others > 0 && row.Audit == (utt.Audit{}):
		return fmt.Errorf("%d reached others with neither counter nor audit", others)
	}
	h.uncollected[a.asset] += a.Tax
	if 10000*a.Tax < 700*others {
		return fmt.Errorf("a tax of %d on %d", a.Tax, others)
	}
	return nil
}

// move is something that is done, "" if chance chose what cannot be.
type move struct {
	name string
	do   func(h *history, by, to, asset string) (string, error)
}

var moves = []move{
	{"issue", func(h *history, by, to, asset string) (string, error) {
		h.issue(by, asset, 1+utt.Amount(h.rand.Uint64N(900)))
		return "issue", nil
	}},
	{"register", func(h *history, by, to, asset string) (string, error) {
		no, err := h.submit(h.world.RegistrationOf(by))
		if err == nil && no == nil {
			err = errors.New("registered twice")
		}
		return "register again", err
	}},
	{"readdress", func(h *history, by, to, asset string) (string, error) {
		next, err := h.net.Ledger().AddressNumber(utt.PIDOf(by))
		if err != nil {
			return "", err
		}
		number := next + uint64(h.rand.IntN(3)) - 1 // or one that was there, or that is ahead
		if number == 0 {
			number = next
		}
		r, err := h.parties[by].Readdress(number, h.world.Someday())
		if err != nil {
			return "", err
		}
		if r, err = h.net.Endorser().EndorseReaddress(by, r, h.world.Someday()); err != nil {
			return "", err
		}
		no, err := h.submit(r)
		if number != next {
			if no != nil && no.Code == utt.CodeRepeated { // the very bytes
				return "no readdress", err
			}
			return "no readdress", errors.Join(err, refusedAs(no, utt.CodeNonce))
		}
		return "readdress", errors.Join(err, errOf(no))
	}},
	{"grant", func(h *history, by, to, asset string) (string, error) {
		return h.grant(by, []string{budget.Privacy, volume}[h.rand.IntN(2)], asset, h.epoch()+utt.Epoch(h.rand.IntN(2)))
	}},
	{"mint", func(h *history, by, to, asset string) (string, error) {
		have, err := h.net.Ledger().Balance(utt.PIDOf(by), asset)
		if err != nil || have == 0 {
			return "", err
		}
		no, err := h.submit(h.parties[by].Minted(h.parties[by].Nonce, asset, 1+utt.Amount(h.rand.Uint64N(uint64(have)))))
		if h.suspended(by) {
			return "no mint", errors.Join(err, refusedAs(no, utt.CodeSuspended))
		}
		return "mint", errors.Join(err, errOf(no))
	}},
	{"pay publicly", func(h *history, by, to, asset string) (string, error) {
		v := 1 + utt.Amount(h.rand.Uint64N(200))
		no, err := h.submit(h.parties[by].Public(h.parties[by].Nonce+uint64(h.rand.IntN(2)), to, asset, v))
		switch {
		case no != nil:
			return "no public payment", err
		case h.suspended(by):
			return "", errors.New("a public payment of a suspended user")
		}
		return "public payment", err
	}},
	transferOf(utt.Self), transferOf(utt.Anonymous), transferOf(utt.Audited), transferOf(utt.Delayed),
	transferOf(utt.Anonymous), transferOf(utt.Anonymous), lieIn(utt.Self), lieIn(utt.Anonymous), lieIn(utt.Audited), lieIn(utt.Delayed),
	lieIn(utt.Anonymous), lieIn(utt.Delayed), lieIn(utt.Self),
	{"decide", decide}, {"decide", decide},
	{"wait", wait}, {"wait", wait},
	{"collect", func(h *history, by, to, asset string) (string, error) {
		open, err := h.net.Ledger().OpenTaxBatch(asset)
		if err != nil || open == 0 {
			return "", err
		}
		c, err := h.net.OpenTax(context.Background(), asset, h.rand.Uint64N(open))
		if err != nil {
			return "", err
		}
		if no, err := h.submit(c); no != nil || err != nil {
			return "collect again", err
		}
		h.uncollected[asset] -= c.Amount()
		return "collect", nil
	}},
	{"amend", func(h *history, by, to, asset string) (string, error) {
		number := func(least, more uint64) utt.Amount { return utt.Amount(least + h.rand.Uint64N(more)) }
		no, err := h.submit(drafted(h.t, h.net.Parameters(), h.epoch()+2, func(c *utt.Config) {
			c.Policy.Classes[0], c.Policy.Counters[0].Classes[0] = number(200, 200), number(500, 400)
			c.Tax.MinPayments = int(number(1, 3))
			c.Tax.Account, c.FeeAccount = c.FeeAccount, c.Tax.Account
			for i := range c.Rows {
				c.Rows[i].Fee.Base = number(0, 4)
			}
		}))
		return "amend", errors.Join(err, errOf(no))
	}},
	{"suspend", func(h *history, by, to, asset string) (string, error) {
		n, err := h.net.Ledger().SuspensionNumber()
		if err != nil {
			return "", err
		}
		was := h.suspended(by)
		no, err := h.submit(utt.ForgeSuspension(h.net.Parameters(), n, utt.PIDOf(by), !was, 0, 2))
		if err = errors.Join(err, errOf(no)); err == nil && h.suspended(by) == was {
			err = errors.New("nothing changed")
		}
		return "suspend", err
	}},
	{"warrant", warrant}, {"warrant", warrant},
	{"open a warrant", func(h *history, by, to, asset string) (string, error) {
		if len(h.waiting) == 0 {
			return "", nil
		}
		i := h.rand.IntN(len(h.waiting))
		no, err := h.submit(h.waiting[i])
		h.waiting = slices.Delete(h.waiting, i, i+1)
		return "open a warrant", errors.Join(err, errOf(no))
	}},
}

// wait lets time pass, up to two epochs.
func wait(h *history, by, to, asset string) (string, error) {
	d := []time.Duration{30 * time.Minute, time.Hour, 12 * time.Hour, month, month, 2 * month}[h.rand.IntN(6)]
	if err := h.net.Advance(context.Background(), d); err != nil {
		return "", err
	}
	if err := h.takeIn(); err != nil || d < month {
		return "wait", err
	}
	for _, u := range h.users { // or there would be little to do
		if _, err := h.grant(u, []string{budget.Privacy, volume}[h.rand.IntN(2)], asset, h.epoch()); err != nil {
			return "", err
		}
	}
	return "epoch", nil
}

// warrant has an audited payment opened, which waits.
func warrant(h *history, by, to, asset string) (string, error) {
	ids, l := h.idsHeld(), h.net.Ledger()
	number, err := l.WarrantNumber()
	if err != nil || len(ids) == 0 {
		return "", err
	}
	due, err := l.DueWarrants()
	if err != nil {
		return "", err
	}
	overdue := slices.ContainsFunc(due, func(d ledger.DueWarrant) bool { return d.Until <= l.Head().Time })
	terms := utt.WarrantTerms{Transfers: []utt.ID{ids[h.rand.IntN(len(ids))]}, Components: utt.ComponentPayer, Reason: "by chance"}
	w, o, err := utt.NewWarrant(nil, h.net.Parameters(), h.net.Auditors().Warrant, number, terms, l.Head().Time+1+h.rand.Uint64N(day), h.rand.IntN(2) == 0)
	if err != nil {
		return "", err
	}
	no, err := h.submit(w)
	if overdue {
		return "no warrant", errors.Join(err, refusedAs(no, utt.CodeOverdue))
	}
	h.waiting = append(h.waiting, o)
	return "warrant", errors.Join(err, errOf(no))
}

// suspended reports whether a user is.
func (h *history) suspended(user string) bool {
	is, err := h.net.Ledger().Suspended(utt.PIDOf(user))
	require.NoError(h.t, err)
	return is
}

// refusedAs reports what was not refused, or for another reason.
func refusedAs(no *utt.Rejection, code utt.Code) error {
	if no == nil || no.Code != code {
		return fmt.Errorf("%v, where the code is %v", no, code)
	}
	return nil
}

// idsHeld are what waits for a decision, in an order.
func (h *history) idsHeld() []utt.ID {
	return slices.SortedFunc(maps.Keys(h.held), func(a, b utt.ID) int { return bytes.Compare(a[:], b[:]) })
}

// decide has two auditors decide on something that is or was held.
func decide(h *history, by, to, asset string) (string, error) {
	verb, ids := utt.Approve, h.idsHeld()
	if len(ids) == 0 {
		return "", nil
	}
	id := ids[h.rand.IntN(len(ids))]
	if h.rand.IntN(3) == 0 {
		verb = utt.Veto
	}
	no, err := h.submit(h.world.Decide(verb, id, h.rand.IntN(2), 2+h.rand.IntN(2)))
	if no != nil {
		return "no decision", err
	}
	return verb.String(), err
}

// grant asks for a counter.
func (h *history) grant(by, counter, asset string, e utt.Epoch) (string, error) {
	g, err := utt.NewGrant(h.net.Parameters(), utt.PIDOf(by), counter, asset, e, 0)
	if err != nil {
		return "", err
	}
	no, err := h.submit(g)
	if no != nil || err != nil {
		return "grant again", err
	}
	c := counted{by, counter, asset, e}
	h.granted[c] += g.Amount()
	if limit, _ := h.net.Parameters().At(e).Policy().Amount(counter, 0); h.granted[c] > limit {
		return "", fmt.Errorf("%d of %v", h.granted[c], c)
	}
	if h.suspended(by) {
		return "", errors.New("a grant to a suspended user")
	}
	return "grant", nil
}

func errOf(no *utt.Rejection) error {
	if no == nil {
		return nil
	}
	return no
}

func (h *history) issue(to, asset string, v utt.Amount) {
	h.t.Helper()
	nonce, err := h.net.Ledger().IssueNonce()
	require.NoError(h.t, err)
	o, err := utt.NewIssue(h.net.Parameters(), h.net.Issuer(), nonce, utt.PIDOf(to), asset, v)
	require.NoError(h.t, err)
	h.must(o)
	h.issued[asset] += v
}

// transfer makes one, and enters it into the truth if it is accepted.
func (h *history) transfer(by, to, asset string, use utt.Case, lie int) (*attempted, *utt.Rejection, error) {
	made := h.world.Attempt(h.rand, h.parties[by], h.parties[to], use, asset, h.epoch(), lie)
	if made == nil {
		return nil, nil, nil
	}
	a := &attempted{made, by, use, asset, h.epoch()}
	before, err := h.wealth(asset)
	if err != nil {
		return nil, nil, err
	}
	op, err := utt.ParseOperation(utt.RawOperation(a.Op))
	if err != nil {
		return a, &utt.Rejection{Label: "malformed"}, nil
	}
	h.held[op.ID()] = a
	no, err := h.submit(op)
	after, lost := h.wealth(asset)
	err = errors.Join(err, lost)
	for u, had := range before {
		if err == nil && u != by && after[u] < had {
			err = fmt.Errorf("%s lost %d of %s by what %s did", u, had-after[u], asset, by)
		}
	}
	if status, _, lost := h.net.Ledger().Hold(op.ID()); lost == nil && status == utt.Held && no == nil {
		return a, no, err
	}
	delete(h.held, op.ID())
	if no == nil && err == nil {
		err = h.happened(a, utt.Executed)
	}
	return a, no, err
}

// wealth is what users have of an asset, what may come back to them included.
func (h *history) wealth(asset string) (map[string]utt.Amount, error) {
	all := make(map[string]utt.Amount)
	for _, u := range h.users {
		account, err := h.net.Ledger().Balance(utt.PIDOf(u), asset)
		if err != nil {
			return nil, err
		}
		coins, err := h.parties[u].Unspent(context.Background(), asset)
		if err != nil {
			return nil, err
		}
		all[u] = account + coins + h.parties[u].Waiting(asset)
	}
	return all, nil
}

func transferOf(use utt.Case) move {
	return move{use.String(), func(h *history, by, to, asset string) (string, error) {
		a, no, err := h.transfer(by, to, asset, use, -1)
		if a == nil {
			return "", err
		}
		return use.String(), errors.Join(err, errOf(no))
	}}
}

func lieIn(use utt.Case) move {
	return move{use.String(), func(h *history, by, to, asset string) (string, error) {
		if by == to {
			return "", nil
		}
		a, no, err := h.transfer(by, to, asset, use, h.rand.IntN(utt.Lies()))
		if a != nil && no != nil {
			h.refused[a.Lie+": "+no.Label]++
			return "lie", err
		}
		return "", err // or what would have been a lie was true
	}}
}

// step does something at random, and says what, and which law does not hold.
func (h *history) step() (string, error) {
	pick := func(of []string) string { return of[h.rand.IntN(len(of))] }
	what, err := moves[h.rand.IntN(len(moves))].do(h, pick(h.users), pick(h.users), pick([]string{cash, cash, gold}))
	if what != "" {
		h.done[what]++
	}
	return what, errors.Join(err, h.laws())
}

// laws are that nothing was lost or made: all that was issued is in accounts, in coins that
// open and are signed, held, or tax that is not collected yet.
func (h *history) laws() error {
	l := h.net.Ledger()
	if err := h.net.Agree(); err != nil {
		return err
	}
	due, err := l.DueWarrants()
	if err != nil {
		return err
	}
	if len(due) != len(h.waiting) {
		return fmt.Errorf("%d warrants wait to be opened, of %d", len(due), len(h.waiting))
	}
	for _, asset := range h.net.Parameters().Assets() {
		supply, err := l.Supply(asset)
		if err != nil {
			return err
		}
		accounts, err := l.Accounts(asset)
		if err != nil {
			return err
		}
		var coins, held, tax utt.Amount
		for _, u := range h.users {
			v, err := h.parties[u].Unspent(context.Background(), asset)
			if err != nil {
				return err
			}
			coins, held = coins+v, held+h.parties[u].Waiting(asset)
		}
		open, err := l.OpenTaxBatch(asset)
		if err != nil {
			return err
		}
		for i := range open + 1 {
			b, err := l.TaxBatch(asset, i)
			if err != nil {
				return err
			}
			if b.Status == utt.BatchCollected {
				continue
			}
			v, err := b.SumOf(h.net.Parameters(), h.net.Decryptors().Shares, smallTable())
			if err != nil {
				return err
			}
			tax += v
		}
		switch {
		case supply != h.issued[asset]:
			return fmt.Errorf("a supply of %d of %s, where %d were issued", supply, asset, h.issued[asset])
		case tax != h.uncollected[asset]:
			return fmt.Errorf("a tax of %d of %s, where %d are due", tax, asset, h.uncollected[asset])
		case accounts+coins+held+tax != supply:
			return fmt.Errorf("%d of %s in accounts, %d in coins, %d held, %d due as tax, where %d were issued", accounts, asset, coins, held, tax, supply)
		}
	}
	return nil
}

// In random histories over every operation and every case, with liars among the users, what
// reaches others stays within what was granted and what auditors saw, and nothing is lost or
// made. There are three, and as many more as it takes to have been everywhere.
func TestHistories(t *testing.T) {
	sequential(t)
	const least, most = 3, 9
	all := make(map[string]int)
	for seed := uint64(1); seed <= least || seed <= most && missing(all) != ""; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := newHistory(t, seed)
			disks := make(map[string]*store.Memory)
			for _, u := range h.users {
				disks[u] = new(store.Memory)
			}
			var path []string
			for len(path) < 90 {
				if len(path)%30 == 20 { // those that follow, and stop, and go on
					for _, u := range h.users {
						require.NoError(t, light(t, h.net, u, disks[u]).Sync(t.Context(), h.net))
					}
				}
				what, err := h.step()
				require.NoError(t, err, "after %s, %s", strings.Join(path, ", "), what)
				if what != "" {
					path = append(path, what)
					all[what]++
					if h.net.Parameters().Version() > 0 {
						all["amended: "+what]++
					}
				}
			}
			h.waysAgree(disks)
			require.NotEmpty(t, h.refused)
			for lie, n := range h.refused {
				all[lie] += n
			}
		})
	}
	require.Empty(t, missing(all), "the histories went everywhere: %v", all)
}

// waysAgree demands that a user's full wallet, a light one that has followed, and a light one that is restored,
// know the same.
func (h *history) waysAgree(disks map[string]*store.Memory) {
	for _, u := range h.users {
		full := restore(h.t, h.net, u)
		sync1(h.t, h.net, full)
		requireAgrees(h.t, h.net, full, light(h.t, h.net, u, disks[u]))
		requireAgrees(h.t, h.net, full, light(h.t, h.net, u, new(store.Memory)))
	}
}

// missing is something of what can be done that was not.
func missing(done map[string]int) string {
	for _, what := range []string{"issue", "grant", "mint", "public payment", "self", "anonymous", "audited", "delayed", "approve", "veto", "epoch", "collect", "lie", "amend", "amended: anonymous", "suspend", "warrant", "open a warrant", "readdress", "no readdress"} {
		if done[what] == 0 {
			return what
		}
	}
	return ""
}
