package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// All auditors see what the row reveals, and nothing else, and what t of them decide
// happens, also where the others are away.
func TestAuditorsDecide(t *testing.T) {
	ctx := context.Background()
	for reveals, want := range map[utt.Reveals]audit.Opened{
		utt.RevealAmount:         {},
		utt.RevealAmountAndPayee: {Payee: utt.PIDOf(bob)},
		utt.RevealAll:            {Payee: utt.PIDOf(bob), Payer: utt.PIDOf(alice)},
	} {
		const small, large = 1800, 1<<33 + 5 // which has both limbs
		net, a, b := newNetwork(t, reveals, 2000, 2*large)
		auditors, err := net.NewAuditors(func(o audit.Opened) utt.Verb {
			if o.Amount > small {
				return utt.Veto
			}
			return utt.Approve
		})
		require.NoError(t, err)
		require.NoError(t, net.Audit(ctx, auditors...))
		for amount, state := range map[utt.Amount]wallet.State{small: wallet.Executed, large: wallet.Refunded} {
			id := hold(t, net, a, utt.Audited, amount)
			held := a.Outgoing()[0]
			for _, u := range auditors[1:3] { // any two; here one that others lag behind
				require.NoError(t, u.Sync(ctx, net))
				require.Equal(t, []audit.Payment{{Transfer: id, Case: utt.Audited, Asset: cash, Reveals: reveals, Time: held.Time, Due: held.Due}}, u.Held())
				_, err := u.Opened(id)
				require.ErrorIs(t, err, utt.ErrNotFound)
			}
			judged := want
			judged.Payment, judged.Amount = auditors[1].Held()[0], amount
			seen := false
			require.NoError(t, watch(net, auditors[1:3], func() {
				if o, err := auditors[2].Opened(id); err == nil {
					seen = true
					require.Equal(t, judged, o)
				}
			}))
			require.True(t, seen)
			require.NoError(t, a.Sync(ctx, net))
			require.NoError(t, b.Sync(ctx, net))
			s, err := a.Status(ctx, net, wallet.Handle{ID: id})
			require.NoError(t, err)
			require.Equal(t, state, s.State)
			require.NoError(t, net.Audit(ctx, auditors...))
			for _, u := range auditors {
				require.Empty(t, u.Held())
				require.Empty(t, u.Blamed())
			}
		}
		require.Len(t, b.Received(), 1)
	}
}

// watch is Network.Audit that looks on after every step of some auditors.
func watch(net *local.Network, auditors []*audit.Auditor, look func()) error {
	ctx := context.Background()
	for range 4 {
		for _, a := range auditors {
			messages, decisions, err := a.Work(ctx)
			if err != nil {
				return err
			}
			look()
			for _, m := range messages {
				for _, to := range auditors {
					if to.Index() == m.To {
						if err := to.Receive(m.Bytes); err != nil {
							return err
						}
					}
				}
			}
			for _, d := range decisions {
				_ = net.Submit(ctx, d) // the second one is late
			}
		}
	}
	return nil
}

// One auditor alone opens nothing and decides nothing, however often he asks himself.
func TestOneAuditorAlone(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAll, 2000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 1500)
	c.sync()
	require.ErrorIs(t, c.all[0].Decide(id, utt.Approve), utt.ErrPolicy, "he has not read it")
	require.NoError(t, c.all[0].Decide(id, utt.Veto))
	for range 3 {
		_, decisions := c.work(1)
		require.Empty(t, decisions)
		c.all[0].Overdue()
	}
	_, err := c.all[0].Opened(id)
	require.ErrorIs(t, err, utt.ErrNotFound)
	// with another's share he does
	messages, _ := c.work(2)
	for _, m := range messages {
		require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
	}
	_, decisions := c.work(1, 3, 4)
	require.Empty(t, decisions, "his veto is alone")
	o, err := c.all[0].Opened(id)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(1500), o.Amount)
	require.NoError(t, a.Sync(ctx, net))
	require.Len(t, a.Outgoing(), 1)
}

// A payment to somebody who is not registered is vetoed, whatever Judge says.
func TestRejectsUnknownPayee(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmountAndPayee, 2000)
	asked := false
	c := newCrew(t, net, func(audit.Opened) utt.Verb { asked = true; return utt.Approve })
	op := payNobody(t, net)
	require.NoError(t, net.Submit(ctx, op))
	require.NoError(t, net.Audit(ctx, c.all...))
	require.False(t, asked)
	require.NoError(t, a.Sync(ctx, net))
	s, err := a.Status(ctx, net, wallet.HandleOf(op))
	require.NoError(t, err)
	require.Equal(t, wallet.Status{State: wallet.Refunded, Cause: utt.ByVeto}, s)
	require.Equal(t, utt.Amount(2000), a.Balance(cash).Spendable)
}

// payNobody is alice's audited payment to a user who is not registered, as no wallet makes it.
func payNobody(t testing.TB, net *local.Network) *utt.Transfer {
	t.Helper()
	p := net.Parameters()
	keys, err := utt.DeriveKeys(p, utt.PIDOf(alice), seedOf(alice))
	require.NoError(t, err)
	nobody, err := utt.DeriveKeys(p, utt.PIDOf("nobody"), seedOf("nobody"))
	require.NoError(t, err)
	d := &utt.Draft{Case: utt.Audited, Asset: cash, Epoch: 1, Values: []utt.Amount{1500, 500}, Payee: nobody.Member(0)}
	records, err := net.Signed(context.Background())
	require.NoError(t, err)
	for _, r := range records {
		for _, o := range keys.Look(r).Received(false) {
			h, err := o.Holding()
			require.NoError(t, err)
			switch o.Role {
			case utt.Credential:
				d.Credential = h
			case utt.Minted:
				d.Inputs = append(d.Inputs, h)
			default:
			}
		}
	}
	op, err := keys.Transfer(nil, d, net.ProvingKey(utt.Audited))
	require.NoError(t, err)
	return op
}

// What is approved and waits is vetoed by the auditors' own word, and not approved again.
func TestVetoAfterApproval(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Delayed, 4000)
	require.NoError(t, net.Audit(ctx, c.all...))
	for _, u := range c.all {
		require.Len(t, u.Held(), 1)
		require.True(t, u.Held()[0].Approved)
		require.ErrorIs(t, u.Decide(id, utt.Approve), utt.ErrPolicy)
		require.ErrorIs(t, u.Decide(utt.ID{}, utt.Veto), utt.ErrNotFound)
		require.ErrorIs(t, u.Decide(id, 9), utt.ErrInvalid)
	}
	// also by one who was made again, and has to open it again
	c.all[3] = c.make(3)
	require.NoError(t, c.all[3].Sync(ctx, net))
	require.NoError(t, c.all[3].Decide(id, utt.Veto))
	require.NoError(t, c.all[0].Decide(id, utt.Veto))
	require.NoError(t, net.Audit(ctx, c.all...))
	require.NoError(t, a.Sync(ctx, net))
	s, err := a.Status(ctx, net, wallet.Handle{ID: id})
	require.NoError(t, err)
	require.Equal(t, wallet.Status{State: wallet.Refunded, Cause: utt.ByVeto}, s)
}

// Auditors who disagree: what reaches the ledger first counts.
func TestAuditorsDisagree(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, func(audit.Opened) utt.Verb { return 0 })
	id := hold(t, net, a, utt.Audited, 4000)
	require.NoError(t, net.Audit(ctx, c.all...))
	require.Len(t, c.all[0].Held(), 1, "nobody has said anything")
	for i, verb := range []utt.Verb{utt.Approve, utt.Veto, utt.Approve, utt.Veto} {
		require.NoError(t, c.all[i].Decide(id, verb))
	}
	require.NoError(t, net.Audit(ctx, c.all...))
	require.NoError(t, a.Sync(ctx, net))
	s, err := a.Status(ctx, net, wallet.Handle{ID: id})
	require.NoError(t, err)
	require.True(t, s.Final())
	require.Empty(t, c.all[0].Blamed())
}

// After it is due nobody gives a share, votes or hands a decision in, though the ledger has
// not settled it: by the clock, since certificates stand still.
func TestNothingAfterItIsDue(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	now := net.Now()
	late := make([]*audit.Auditor, len(c.all))
	for j := range late {
		config := c.config(j)
		config.Now = func() time.Time { return now }
		var err error
		late[j], err = audit.New(config)
		require.NoError(t, err)
	}
	c.all = late
	id := hold(t, net, a, utt.Audited, 4000)
	c.sync()
	now = now.Add(time.Hour)
	messages, decisions := c.work(1, 2, 3, 4)
	require.Empty(t, messages)
	require.Empty(t, decisions)
	require.ErrorIs(t, c.all[0].Decide(id, utt.Veto), utt.ErrPolicy)
	now = now.Add(-time.Second)
	require.NoError(t, net.Audit(ctx, c.all...), "a second before")
	require.NoError(t, a.Sync(ctx, net))
	require.Empty(t, a.Outgoing())
}

// Messages that are lost are asked for again, by who was made again as well.
func TestLostMessages(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAll, 5000)
	c := newCrew(t, net, approve)
	hold(t, net, a, utt.Audited, 4000)
	c.sync()
	c.work(1, 2, 3, 4) // all lost
	c.all[0] = c.make(0)
	require.NoError(t, net.Audit(ctx, c.all[:2]...))
	require.Len(t, c.all[0].Held(), 1, "2 has spoken before 1 was made again")
	for _, u := range c.all[:2] {
		u.Overdue()
	}
	require.NoError(t, net.Audit(ctx, c.all[:2]...))
	require.Empty(t, c.all[0].Held())

	// a decision that was lost is handed in again
	require.NoError(t, a.Sync(ctx, net))
	require.NoError(t, net.Issue(ctx, alice, cash, 3000))
	require.NoError(t, a.Sync(ctx, net))
	h, err := a.Mint(ctx, net, cash, 3000)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	hold(t, net, a, utt.Audited, 3000)
	c.sync()
	var lost []*utt.Decision
	for range 4 {
		messages, decisions := c.work(1, 2, 3, 4)
		for _, m := range messages {
			require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
		}
		lost = append(lost, decisions...)
	}
	require.Len(t, lost, 4, "each made it, once")
	for _, d := range lost {
		require.Equal(t, lost[0].Digest(), d.Digest(), "byte for byte")
	}
	c.all[2].Overdue()
	_, again := c.work(3)
	require.Len(t, again, 1)
	require.NoError(t, net.Submit(ctx, again[0]))
	require.NoError(t, net.Audit(ctx, c.all...))
	require.Empty(t, c.all[0].Held())
}

// Who has not taken a payment in yet keeps what others say of it, and not without bounds.
func TestEarlyMessages(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAll, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	for _, u := range c.all[:2] {
		require.NoError(t, u.Sync(ctx, net))
	}
	messages, _ := c.work(1, 2)
	for _, m := range messages {
		if m.To == 3 {
			require.NoError(t, c.all[2].Receive(m.Bytes))
			require.NoError(t, c.all[2].Receive(m.Bytes), "twice")
		}
	}
	require.Equal(t, 1, c.all[2].Early(1))
	require.NoError(t, c.all[2].Sync(ctx, net))
	require.Zero(t, c.all[2].Early(1))
	c.work(3)
	_, err := c.all[2].Opened(id)
	require.NoError(t, err)

	vote, err := net.Auditors().ApprovalShares[0].Sign(utt.DecisionCommitment(net.Parameters().Network(), utt.Veto, id))
	require.NoError(t, err)
	for i := range audit.MaxEarly + 10 {
		require.NoError(t, c.give(c.letter(1, 4).Vote(utt.ID{1, byte(i), byte(i >> 8)}, utt.Veto, vote)))
	}
	require.Equal(t, audit.MaxEarly, c.all[3].Early(1))
	require.NoError(t, c.give(c.letter(1, 4).Ask(utt.ID{9})), "of what is not known there is nothing to say")
	messages, _ = c.work(4)
	require.Empty(t, messages)
}

// Auditors are made with what fits together only.
func TestNewChecks(t *testing.T) {
	net, _, _ := newNetwork(t, utt.RevealAll)
	other, _, _ := newNetwork(t, utt.RevealAll)
	plain, err := local.New(context.Background(), local.Config{Policy: testPolicy})
	require.NoError(t, err)
	_, err = plain.NewAuditors(approve)
	require.ErrorIs(t, err, utt.ErrInvalid)
	c, o := newCrew(t, net, approve), newCrew(t, other, approve)
	for name, change := range map[string]func(*audit.Config){
		"no parameters":                      func(k *audit.Config) { k.Parameters = nil },
		"parameters without auditors":        func(k *audit.Config) { k.Parameters = plain.Parameters() },
		"parameters of another network":      func(k *audit.Config) { k.Parameters = other.Parameters() },
		"no committee":                       func(k *audit.Config) { k.Opening = nil },
		"another's committee to open":        func(k *audit.Config) { k.Opening = o.config(0).Opening },
		"another's committee to approve":     func(k *audit.Config) { k.Approval = o.config(0).Approval },
		"the ledger's committee":             func(k *audit.Config) { k.Approval = net.Committees().Ledger },
		"no share to open":                   func(k *audit.Config) { k.OpeningShare = nil },
		"no share to approve":                func(k *audit.Config) { k.ApprovalShare = nil },
		"a share of another generation":      func(k *audit.Config) { k.OpeningShare = o.config(0).OpeningShare },
		"another auditor's share to open":    func(k *audit.Config) { k.OpeningShare = c.config(1).OpeningShare },
		"another auditor's share to approve": func(k *audit.Config) { k.ApprovalShare = c.config(1).ApprovalShare },
		"no keys":                            func(k *audit.Config) { k.Keys = nil },
		"another's keys":                     func(k *audit.Config) { k.Keys = c.config(1).Keys },
		"a peer too few":                     func(k *audit.Config) { k.Peers = k.Peers[:3] },
		"a peer without an identity":         func(k *audit.Config) { k.Peers[2].Identity = nil },
		"a peer without an address":          func(k *audit.Config) { k.Peers[2].Address = k.Peers[2].Address[1:] },
		"nobody who judges":                  func(k *audit.Config) { k.Judge = nil },
	} {
		config := c.config(0)
		change(&config)
		_, err := audit.New(config)
		require.Error(t, err, name)
	}
	good := c.config(0).Peers[1]
	require.NoError(t, good.Validate())
	for _, p := range []audit.Peer{{}, {Identity: good.Identity}, {Address: good.Address}, {Identity: good.Identity[1:], Address: good.Address}} {
		require.ErrorIs(t, p.Validate(), utt.ErrMalformed)
	}
}

// What auditors read and hold does not end up in a log.
func TestNothingPrints(t *testing.T) {
	net, _, _ := newNetwork(t, utt.RevealAll)
	c := newCrew(t, net, approve)
	for _, v := range []any{c.all[0], c.keys[0], audit.Opened{Amount: 77}, &audit.Opened{Amount: 77}} {
		require.Equal(t, "redacted", fmt.Sprintf("%v", v))
		require.Equal(t, "redacted", fmt.Sprintf("%+v", v))
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, `"redacted"`, string(b))
	}
	require.Equal(t, threshold.Index(1), c.all[0].Index())
	require.Equal(t, utt.Checkpoint{}, c.all[0].Checkpoint())
}

// Auditors are used by several goroutines at once.
func TestConcurrentAuditors(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAll, 3000, 3000, 3000)
	c := newCrew(t, net, approve)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, u := range c.all {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_ = u.Sync(ctx, net)
				for _, p := range u.Held() {
					_, _ = u.Opened(p.Transfer)
				}
				u.Overdue()
			}
		})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				messages, decisions, err := u.Work(ctx)
				require.NoError(t, err)
				for _, m := range messages {
					require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
				}
				for _, d := range decisions {
					_ = net.Submit(ctx, d) // late ones are refused
				}
			}
		})
	}
	for range 3 {
		h, err := a.PayAs(ctx, net, utt.Audited, bob, cash, 2000, "")
		require.NoError(t, err)
		require.NoError(t, a.Await(ctx, net, h))
	}
	close(stop)
	wg.Wait()
	for _, u := range c.all {
		require.Empty(t, u.Blamed())
	}
}
