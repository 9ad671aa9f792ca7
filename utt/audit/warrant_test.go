package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

const amountAndPayee = utt.ComponentAmount | utt.ComponentPayee

// A sealed warrant for amount and payee of a payment that was decided by its amount alone:
// those auditors who have the opening open it, t of them, and nothing else of it.
func TestWarrant(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000, 9000)
	c := newCrew(t, net, approve)
	ids := c.settled(a, 4000, 1<<12+7)
	start := net.Now()
	opening := c.warrant(true, amountAndPayee, ids[0])
	want := audit.Warrant{Number: 0, Payments: 1, Until: uint64(start.Add(time.Hour).Unix()), State: audit.WarrantWaiting}
	require.Equal(t, []audit.Warrant{want}, c.all[0].Warrants())

	// nobody answers one that he has no opening of
	messages, _ := c.work(1, 2, 3, 4)
	require.Empty(t, messages)
	require.ErrorIs(t, c.all[0].OpenUnder(0, nil), utt.ErrPolicy)
	require.ErrorIs(t, c.all[0].OpenUnder(1, opening), utt.ErrNotFound)
	_, err := c.all[0].Disclosed(0)
	require.ErrorIs(t, err, utt.ErrNotFound)

	// t − 1 who have it learn nothing, however often they ask
	require.NoError(t, c.all[0].OpenUnder(0, opening))
	require.NoError(t, c.all[0].OpenUnder(0, opening), "again")
	for range 3 {
		messages, _ = c.work(1, 2, 3, 4)
		for _, m := range messages {
			require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
		}
		c.all[0].Overdue()
	}
	got, err := c.all[0].Disclosed(0)
	require.NoError(t, err)
	require.Empty(t, got)
	want.Answered = true
	require.Equal(t, []audit.Warrant{want}, c.all[0].Warrants())
	require.False(t, c.all[1].Warrants()[0].Answered)

	// t do, of whom the second was told before he had the opening that the first one has it
	require.NoError(t, c.all[1].OpenUnder(0, opening))
	c.exchange(1, 2, 3, 4)
	disclosed := []audit.Disclosure{{Transfer: ids[0], Asset: cash, Case: utt.Audited, Time: uint64(start.Unix()), Components: amountAndPayee,
		Amount: 4000, Payee: utt.PIDOf(bob)}}
	for _, u := range c.all[:2] {
		got, err = u.Disclosed(0)
		require.NoError(t, err)
		require.Equal(t, disclosed, got)
		require.Equal(t, 1, u.Warrants()[0].Disclosed)
		require.Empty(t, u.Blamed())
	}
	_, err = c.all[2].Disclosed(0)
	require.ErrorIs(t, err, utt.ErrNotFound, "he has no opening")

	// made again, an auditor knows it once he is told again
	c.all[1] = c.make(1)
	require.NoError(t, c.all[1].Sync(ctx, net))
	c.exchange(1, 2)
	_, err = c.all[1].Disclosed(0)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.NoError(t, c.all[1].OpenUnder(0, opening))
	c.exchange(1, 2)
	got, err = c.all[1].Disclosed(0)
	require.NoError(t, err)
	require.Equal(t, disclosed, got)

	// once it is opened on record all see what it named, and need nothing in private; also
	// after the time by which it had to be
	require.NoError(t, net.Submit(ctx, opening))
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	c.sync()
	c.all[3] = c.make(3)
	require.NoError(t, c.all[3].Sync(ctx, net))
	want = audit.Warrant{Number: 0, Payments: 1, Until: want.Until, State: audit.WarrantOpened, Transfers: ids[:1], Components: amountAndPayee, Reason: "case 7"}
	require.Equal(t, want, c.all[3].Warrants()[0])
	require.NoError(t, c.all[3].OpenUnder(0, nil))
	c.exchange(1, 4)
	got, err = c.all[3].Disclosed(0)
	require.NoError(t, err)
	require.Equal(t, disclosed, got)
}

// A warrant that names its payments needs no opening: held, executed and refunded ones,
// whatever each row reveals.
func TestWarrantForSeveral(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000, 9000, 7000)
	c := newCrew(t, net, func(o audit.Opened) utt.Verb {
		switch o.Amount {
		case 4000:
			return utt.Approve
		case 6000:
			return 0
		}
		return utt.Veto
	})
	ids := c.settled(a, 4000, 8000)
	ids = append(ids, hold(t, net, a, utt.Delayed, 6000))
	c.warrant(false, utt.RevealAll.Components(), ids...)
	require.ElementsMatch(t, ids, c.all[0].Warrants()[0].Transfers)
	for _, u := range c.all[1:3] {
		require.NoError(t, u.OpenUnder(0, nil))
	}
	require.NoError(t, net.Audit(ctx, c.all[1:3]...))
	got, err := c.all[2].Disclosed(0)
	require.NoError(t, err)
	require.Len(t, got, 3)
	amounts := map[utt.ID]utt.Amount{ids[0]: 4000, ids[1]: 8000, ids[2]: 6000}
	for i, d := range got {
		require.Equal(t, c.all[0].Warrants()[0].Transfers[i], d.Transfer, "in order")
		require.Equal(t, amounts[d.Transfer], d.Amount)
		require.Equal(t, []utt.PID{utt.PIDOf(bob), utt.PIDOf(alice)}, []utt.PID{d.Payee, d.Payer})
	}
	require.Equal(t, 3, c.all[2].Warrants()[0].Disclosed)
}

// [ASK-NAMED] A warrant opens what it names: no other component, no other payment, whatever
// others ask for.
func TestRejectsMoreThanAWarrantNames(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000, 9000)
	c := newCrew(t, net, approve)
	ids := c.settled(a, 4000, 8000)
	opening := c.warrant(true, amountAndPayee, ids[0])
	u := c.all[0]
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, ids[0], amountAndPayee), "[ASK-WARRANT]", "it is sealed")
	require.NoError(t, u.OpenUnder(0, opening))
	require.NoError(t, u.Permit(audit.ByWarrant, 0, ids[0], amountAndPayee))
	require.NoError(t, u.Permit(audit.ByWarrant, 0, ids[0], utt.ComponentPayee))
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, ids[0], utt.ComponentPayer), "[ASK-NAMED]")
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, ids[0], utt.RevealAll.Components()), "[ASK-NAMED]")
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, ids[1], amountAndPayee), "[ASK-NAMED]")
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, utt.ID{7}, amountAndPayee), "[ENC-FROM]")
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 1, ids[0], amountAndPayee), "[ENC-FROM]")
	require.ErrorContains(t, u.Permit(audit.ToDecide, 0, ids[0], utt.ComponentAmount), "[ENC-FROM]", "there is nothing to decide")
	c.work(1)
	require.NoError(t, c.give(c.letter(2, 1).AskUnder(0, ids[1]).AskUnder(1, ids[0]).Ask(ids[0])))
	messages, _ := c.work(1)
	require.Empty(t, messages)
}

// [AUD-SEALED] Who has not got the opening of a sealed warrant is told no share under it, and
// so not what it names either: he cannot show that he has it, by nobody else's word.
func TestRejectsSharesOfWhatIsSealed(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	elsewhere, _, _ := newNetwork(t, utt.RevealAmount)
	c := newCrew(t, net, approve)
	ids := c.settled(a, 4000)
	opening := c.warrant(true, amountAndPayee, ids[0])
	for _, u := range c.all[:2] {
		require.NoError(t, u.OpenUnder(0, opening))
	}
	c.exchange(1, 2, 3, 4)
	for _, u := range c.all[2:] {
		require.False(t, u.Overheard(0, ids[0]))
		require.ErrorIs(t, u.OpenUnder(0, nil), utt.ErrPolicy)
	}
	said := func(l *audit.Letter) []audit.Message {
		t.Helper()
		require.NoError(t, c.give(l))
		messages, _ := c.work(1)
		return messages
	}
	require.Empty(t, said(c.letter(3, 1).AskUnder(0, ids[0])), "he has guessed the payment")
	require.Empty(t, said(c.letter(3, 1).Knock(0, utt.ID{1})), "he has guessed the opening")
	require.Empty(t, said(c.letter(3, 1).Knock(0, c.all[0].Knock(0, 2))), "in another's words")
	require.Empty(t, said(c.letter(3, 1).Knock(1, c.all[0].Knock(0, 3))), "for another warrant")
	other := newCrew(t, elsewhere, approve)
	require.Empty(t, said(c.letter(3, 1).Knock(0, other.all[0].Elsewhere(c.all[0], 0, 3))), "for another network")
	require.Len(t, said(c.letter(3, 1).Knock(0, c.all[0].Knock(0, 3))), 1)
	require.Len(t, said(c.letter(3, 1).AskUnder(0, ids[0])), 1, "and again, if that is lost")
	require.Empty(t, said(c.letter(4, 1).AskUnder(0, ids[0])))
	// what is opened on record all may hear
	require.NoError(t, net.Submit(ctx, opening))
	c.sync()
	require.Len(t, said(c.letter(4, 1).AskUnder(0, ids[0])), 1)
}

// Warrants that give nothing, each for a reason of its own.
func TestRejectsWarrants(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	elsewhere, b, _ := newNetwork(t, utt.RevealAmount, 5000)
	c, foreign := newCrew(t, net, approve), newCrew(t, elsewhere, approve)
	ids, theirs := c.settled(a, 4000), foreign.settled(b, 4000)
	refused := func(number uint64, o *utt.WarrantOpening, label, why string) {
		t.Helper()
		for _, u := range c.all {
			err := u.OpenUnder(number, o)
			require.ErrorIs(t, err, utt.ErrPolicy, why)
			require.ErrorContains(t, err, label, why)
		}
		messages, _ := c.work(1, 2, 3, 4)
		require.Empty(t, messages, why)
	}
	opening := c.warrant(true, amountAndPayee, ids[0])
	other := c.warrant(true, utt.ComponentPayer, ids[0])
	refused(0, foreign.warrant(true, amountAndPayee, ids[0]), "[ASK-WARRANT]", "the opening of a warrant of another network")
	refused(0, foreign.warrant(true, amountAndPayee, theirs[0]), "[ENC-FROM]", "and of its payment")
	refused(0, other, "[ASK-WARRANT]", "the opening of another warrant")
	refused(1, opening, "[ASK-WARRANT]", "the opening of another warrant")

	// it names what was never held
	lie := c.warrant(true, utt.ComponentPayer, ids[0], utt.ID{3: 1}) // the first in order
	refused(2, lie, "[ENC-FROM]", "it names what was never held")
	require.NoError(t, net.Submit(ctx, lie))
	c.sync()
	require.Equal(t, audit.WarrantViolated, c.all[0].Warrants()[2].State)
	refused(2, nil, "[ENC-FROM]", "so that it is on record as a violation")
	require.ErrorContains(t, c.all[0].Permit(audit.ByWarrant, 2, ids[0], utt.ComponentPayer), "[ASK-WARRANT]")

	// overdue, and answered before it was
	require.NoError(t, c.all[0].OpenUnder(0, opening))
	c.work(1)
	require.NoError(t, c.all[1].OpenUnder(0, opening))
	require.NoError(t, net.Advance(ctx, time.Hour))
	for _, when := range []string{"by the clock", "by a certificate"} {
		require.Equal(t, audit.WarrantOverdue, c.all[0].Warrants()[0].State, when)
		c.all[0].Overdue()
		require.NoError(t, c.give(c.letter(2, 1).AskUnder(0, ids[0])), when)
		messages, _ := c.work(1, 2)
		require.Empty(t, messages, when)
		require.ErrorContains(t, c.all[2].OpenUnder(0, opening), "[ASK-WARRANT]", when)
		c.sync()
	}

	// void
	void, err := utt.NewWarrantVoid(net.Parameters(), 0)
	require.NoError(t, err)
	void, err = void.Sign(net.Parameters(), amender)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, void))
	c.sync()
	require.Equal(t, audit.WarrantVoid, c.all[0].Warrants()[0].State)
	c.all[0].Overdue()
	messages, _ := c.work(1, 2)
	require.Empty(t, messages)
	require.ErrorContains(t, c.all[2].OpenUnder(0, opening), "[ASK-WARRANT]")
}

// False shares are named, those of one warrant under another among them, and the others
// suffice.
func TestFalseSharesUnderAWarrantAreNamed(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	ids := c.settled(a, 4000)
	c.warrant(false, utt.ComponentPayee, ids[0])
	c.warrant(false, utt.ComponentPayee, ids[0])
	for _, u := range c.all {
		require.NoError(t, u.OpenUnder(1, nil))
	}
	require.NoError(t, c.all[1].OpenUnder(0, nil))
	replayed, err := net.Auditors().OpeningShares[1].Decrypt(nil, c.all[1].RequestUnder(0, ids[0]))
	require.NoError(t, err)
	require.NoError(t, c.give(c.letter(2, 1).ShareUnder(1, ids[0], replayed)))
	c.exchange(1, 3)
	require.Equal(t, []audit.Blame{{Auditor: 2, Purpose: audit.ByWarrant, Warrant: 1, Transfer: ids[0], Label: "ENC-SHARE"}}, c.all[0].Blamed())
	for _, j := range []threshold.Index{1, 3} {
		got, err := c.all[j-1].Disclosed(1)
		require.NoError(t, err)
		require.Equal(t, utt.PIDOf(bob), got[0].Payee)
		require.Zero(t, got[0].Amount)
	}
}
