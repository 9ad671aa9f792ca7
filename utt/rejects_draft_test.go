package utt_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// B1: two forged equations that cancel under one weight for both.
func TestRejectsCancellingForgeries(t *testing.T) {
	w := sharedWorld()
	op, cancels := w.CredentialAgainstGroth16()
	require.True(t, cancels, "the errors must cancel, or this test shows nothing")
	refuseAs(t, "TX-SIG-CRED", op)
	refuseAs(t, "TX-SIG-IN", w.CancellingCoins())
}

// B2: a point of small order in a commitment of the Σ proof is no reason for
// replicas to disagree: they all ignore it.
func TestRejectsDisagreementOfReplicas(t *testing.T) {
	w := sharedWorld()
	ctx := context.Background()
	for _, order := range []int64{3, 11} {
		for _, relation := range []int{0, 5, 10} {
			op := parse(t, w.SmallOrderCommitment(order, relation))[0]
			for range 4 {
				for _, block := range [][]utt.Operation{{op}, {op, w.honest}, {cheat(t, "a random nullifier").Op, op}} {
					v, err := w.Parameters.Check(ctx, w.head.Time, block)
					require.NoError(t, err)
					require.NoError(t, v.Err(op), "order %d in relation %d", order, relation)
				}
			}
		}
	}
}

// B3: a burn into anybody's account.
func TestRejectsBurnIntoAnothersAccount(t *testing.T) {
	refuse(t, "a burn into another's account", "a burn into no account", "money out of a payment")
}

// B4: a sender who picks circuit, case or flags, to pay no tax and use no budget.
func TestRejectsRulesOfTheSendersChoice(t *testing.T) {
	refuse(t, "a circuit of the sender's choice", "audited without auditors", "for other parameters", "for another network",
		"tax paid to oneself", "tax of nothing", "a budget coin too many", "an output too few", "an output too many")
}

// B5: a registration intercepted and completed with another address; an account key
// registered twice.
func TestRejectsInterceptedRegistration(t *testing.T) {
	w := sharedWorld()
	honest := w.CarolsRegistration()
	refuseAs(t, "REG-ENDORSEMENT", w.Intercepted(honest, false))
	refuseAs(t, "REG-POSSESSION", w.Intercepted(honest, true))
	refuse(t, "an account key of two users", "another's account key", "a second credential", "an endorsement of another class")
}

// B6: two attempts with the same inputs, whose outputs have the same bases, do not
// tell the difference of their values, nor that an owner is the same.
func TestRejectsRetryThatLeaks(t *testing.T) {
	w := sharedWorld()
	a, b := w.PaymentOf(120), w.PaymentOf(125)
	for j := range 3 {
		require.False(t, utt.ValueDifferenceShows(a, b, j, 5), "output %d", j)
	}
	seen := map[[32]byte]bool{}
	for _, op := range []*utt.Transfer{a, b, w.PaymentOf(120)} {
		for _, s := range w.NoteSeeds(op, w.Mallory, w.Bob) {
			require.False(t, seen[s], "a note seed used before")
			seen[s] = true
		}
	}
}

// B7: a ρ that is not constrained, so that D hides nothing.
func TestRejectsUnconstrainedRho(t *testing.T) {
	w := sharedWorld()
	b, err := w.Parameters.MarshalBinary()
	require.NoError(t, err)
	bad := w.UnconstrainedRho()
	require.NotEqual(t, b, bad)
	require.Len(t, bad, len(b))
	_, err = utt.ParseParameters(bad)
	require.ErrorIs(t, err, utt.ErrMalformed)
	// and D differs from attempt to attempt
	require.NotEqual(t, w.SpendOf(300).BalanceCommitment(), w.SpendOf(300).BalanceCommitment())
}

// B8: an issue replayed.
func TestRejectsReplayedIssue(t *testing.T) {
	refuse(t, "an issue replayed", "money of one's own making", "a public transfer replayed")
}

// B9: a budget of one asset spent on another.
func TestRejectsBudgetOfAnotherAsset(t *testing.T) { refuse(t, "budget of another asset") }

// B11: the payee learns the blindings of his own output and of no other.
func TestRejectsUnmaskingByThePayee(t *testing.T) {
	w := sharedWorld()
	identities := []utt.PID{w.Mallory.PID(), w.Bob.PID(), w.Alice.PID()}
	for i := range 20 {
		identities = append(identities, utt.PIDOf(fmt.Sprint("somebody ", i)))
	}
	op := w.HonestPayment()
	require.Equal(t, 1, w.Unmask(op, w.Bob, identities, true), "the method must work on his own, or this test shows nothing")
	require.Zero(t, w.Unmask(op, w.Bob, identities, false))
}

// B12: budget spent as money, money as budget, and budgets handed over to be pooled.
func TestRejectsBudgetAsMoney(t *testing.T) {
	refuse(t, "budget as money", "money as budget", "budget handed over", "a budget taken for more than it is")
}

// B13: one (account, nonce) minted on two histories. A replica that signed one of
// them never signs the other.
func TestRejectsSigningTwoHistories(t *testing.T) {
	w := sharedWorld()
	ctx := context.Background()
	refuse(t, "a mint replayed, two coins of one serial number")
	l, signer, err := w.net.NewReplica()
	require.NoError(t, err)
	execute(t, l, 0, w.SpendOf(300))
	shares, err := signer.SignBlock(ctx, 1)
	require.NoError(t, err)
	again, err := signer.SignBlock(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, shares, again, "to ask again yields the same")

	other, err := ledger.New(w.Parameters, new(store.Memory))
	require.NoError(t, err)
	_, err = w.net.Signer(other, signer.State())
	require.ErrorIs(t, err, utt.ErrNotFound, "a restored replica replays the decided blocks first")
	execute(t, other, 0, w.SpendOf(300))
	_, err = w.net.Signer(other, signer.State())
	require.ErrorIs(t, err, utt.ErrConflict)
}

// B14: garbled proofs under a victim's ID. The receipt names the bytes, and the
// wallet keeps its coins locked until the payment executes.
func TestRejectsGarbledProofsUnderAnothersID(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	carol := join(t, net, "carol@example.org", 400)
	require.NoError(t, carol.Sync(ctx, net))
	held := &holdingNode{Node: net}
	id, err := carol.Split(ctx, held, cash, 150)
	require.Error(t, err)

	before := net.Ledger().Head()
	garbled := utt.GarbleProof(held.op)
	require.Equal(t, held.op.ID(), garbled.ID())
	require.NotEqual(t, held.op.Digest(), garbled.Digest())
	receipts, err := net.Execute(ctx, garbled)
	require.NoError(t, err)
	require.Equal(t, utt.Rejected, receipts[0].Status)
	require.Equal(t, garbled.Digest(), receipts[0].Op)
	require.Equal(t, utt.CodeInvalid, receipts[0].Rejection.Code)
	require.Equal(t, before.Height+1, net.Ledger().Head().Height)

	require.NoError(t, carol.Sync(ctx, net))
	require.Equal(t, []wallet.Handle{id}, carol.Pending(), "the wallet concludes failure only from state")
	require.Equal(t, wallet.Balance{Pending: 400, Account: 100, Budget: 1000}, carol.Balance(cash))
	require.NoError(t, carol.Resubmit(ctx, net, id))
	require.NoError(t, carol.Await(ctx, net, id))
	require.Equal(t, []utt.Amount{250, 150}, carol.Coins(cash))
}

// holdingNode keeps an operation that is handed in to itself.
type holdingNode struct {
	wallet.Node
	op utt.Operation
}

func (n *holdingNode) Submit(_ context.Context, op utt.Operation) error {
	n.op = op
	return errors.New("lost on the way")
}

// B14, by a node: it adds a point of small order to an output of the wallet's payment,
// which the equation of the signature does not show. The payment must not look like
// another that was faster, or the wallet frees the coins and pays twice.
func TestRejectsDisplacedOutput(t *testing.T) {
	ctx := context.Background()
	for j := range 3 {
		net := newNetwork(t)
		carol, _ := join(t, net, "carol@example.org", 400), join(t, net, bob)
		require.NoError(t, carol.Sync(ctx, net))
		id, err := carol.Pay(ctx, net, bob, cash, 150, "")
		require.NoError(t, err)
		err = carol.Await(ctx, &lyingNode{net, func(r *utt.Record) *utt.Record {
			if r.IsTransfer() {
				return r.Displaced(j)
			}
			return r
		}}, id)
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.Equal(t, []wallet.Handle{id}, carol.Pending())
		require.NoError(t, carol.Await(ctx, net, id), "another node may go on")
		require.Equal(t, []utt.Amount{250}, carol.Coins(cash))
	}
}

// B14, by a node that blinds the payee's output anew, so that it is signed and not the
// wallet's: the payment must not look like another that was faster.
func TestRejectsReblindedOutput(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	carol, payee := join(t, net, "carol@example.org", 400), join(t, net, bob)
	require.NoError(t, carol.Sync(ctx, net))
	id, err := carol.Pay(ctx, net, bob, cash, 150, "")
	require.NoError(t, err)
	reblinded := 0
	err = carol.Await(ctx, &lyingNode{net, func(r *utt.Record) *utt.Record {
		if r.IsTransfer() {
			reblinded++
			return r.Reblinded(net.Parameters(), 0)
		}
		return r
	}}, id)
	require.Equal(t, 1, reblinded)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.Equal(t, []wallet.Handle{id}, carol.Pending(), "still to be decided")
	require.NoError(t, carol.Await(ctx, net, id), "another node may go on")
	require.Equal(t, wallet.Balance{Spendable: 250, Account: 100, Budget: 850}, carol.Balance(cash), "it pays once")
	require.NoError(t, payee.Sync(ctx, net))
	require.Equal(t, []utt.Amount{150}, payee.Coins(cash))
}

// B14, from the other side: a node serves a payment, a mint or a grant again, in the
// midst of the records or after them. Nobody's money grows by it, be the coin there
// still or spent.
func TestRejectsRecordServedAgain(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	carol := join(t, net, "carol@example.org", 400)
	payee := join(t, net, bob, 30)
	require.NoError(t, carol.Sync(ctx, net))
	done(t, carol, net)(carol.Pay(ctx, net, bob, cash, 150, ""))
	require.NoError(t, payee.Sync(ctx, net))
	require.Equal(t, wallet.Balance{Spendable: 180, Account: 100, Budget: 1000}, payee.Balance(cash))

	refuseAgain := func(state state) {
		t.Helper()
		var records []*utt.Record
		for r, err := range net.Records(ctx, utt.Cursor{}) {
			require.NoError(t, err)
			records = append(records, r)
		}
		last := records[len(records)-1].Cursor()
		for i, r := range records {
			if !slices.Contains([]utt.Kind{aTransfer, aMint, aGrant}, r.Kind()) {
				continue
			}
			for _, at := range []utt.Cursor{{Height: r.Cursor().Height, Index: 1}, {Height: last.Height, Index: 1}, r.Cursor()} {
				w := restore(t, net, bob)
				again := &node{Node: net, records: func(all []*utt.Record) []*utt.Record {
					if at.Height == r.Cursor().Height {
						return slices.Insert(slices.Clone(all), i+1, r.At(at))
					}
					return append(slices.Clone(all), r.At(at))
				}}
				require.ErrorIs(t, w.Sync(ctx, again), utt.ErrInvalid)
				require.Equal(t, stateOf(restore(t, net, bob)), stateOf(w))
			}
			w := restore(t, net, bob)
			sync1(t, &node{Node: net, records: func(all []*utt.Record) []*utt.Record {
				return append(slices.Clone(all), r.At(utt.Cursor{Height: last.Height + 1}))
			}}, w)
			require.Equal(t, state, stateOf(w), "above the certificate nothing is read")
		}
	}
	refuseAgain(stateOf(payee))
	done(t, payee, net)(payee.Pay(ctx, net, "carol@example.org", cash, 170, ""))
	refuseAgain(stateOf(payee))
}

// B14, by the order of a block: a payment comes before the registration of its payee,
// whose address the payer saw on its way. The payee's wallet takes both.
func TestRejectsPaymentThatBricksItsPayee(t *testing.T) {
	ctx := context.Background()
	const carol = "carol@example.org"
	w := newWorld(t)
	wallet := restore(t, w.net, carol)
	r, err := wallet.Registration(0)
	require.NoError(t, err)
	r, err = w.Endorser.Endorse(carol, r)
	require.NoError(t, err)
	receipts, err := w.net.Execute(ctx, parse(t, w.PaymentTo(r, 120), r)...)
	require.NoError(t, err)
	requireExecuted(t, receipts)
	require.NoError(t, wallet.Sync(ctx, w.net))
	require.True(t, wallet.Registered())
	require.Equal(t, []utt.Amount{120}, wallet.Coins(cash))
	done(t, wallet, w.net)(wallet.Split(ctx, w.net, cash, 50))
	require.Equal(t, []utt.Amount{70, 50}, wallet.Coins(cash), "and it is his to spend")
}

// B15: a node that substitutes a payee's address.
func TestRejectsSubstitutedAddress(t *testing.T) {
	w := sharedWorld()
	ctx := context.Background()
	seed := utt.PIDOf("seed of " + alice)
	wallet, err := w.net.Wallet(alice, seed[:])
	require.NoError(t, err)
	lying := &lyingNode{w.net, func(r *utt.Record) *utt.Record {
		if r.IsRegistrationOf(w.Bob.PID()) {
			return r.WithAddressOf(w.Mallory)
		}
		return r
	}}
	if err := wallet.Sync(ctx, lying); err == nil {
		_, err = wallet.Pay(ctx, lying, bob, cash, 10, "")
		require.ErrorIs(t, err, utt.ErrInvalid)
	} else {
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.NoError(t, wallet.Sync(ctx, w.net), "another node may go on")
		require.Equal(t, []utt.Amount{500}, wallet.Coins(cash))
	}
}

// lyingNode changes records on their way.
type lyingNode struct {
	wallet.Node
	lie func(*utt.Record) *utt.Record
}

func (n *lyingNode) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for r, err := range n.Node.Records(ctx, from) {
			if r != nil {
				r = n.lie(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// B16: a transfer rejected for its second input leaves the first one unspent.
func TestRejectsWithoutMarkingTheOtherInput(t *testing.T) {
	w := sharedWorld()
	spent, both, rest := w.SpendOf(300), w.HalfSpent(), w.SpendOf(200)
	w.requireRefused(t, &utt.Cheat{Label: "NF-ONCE", Code: utt.CodeSpent, Cause: utt.ErrConflict, Op: both, Before: []utt.Operation{spent}})
	l := w.fork(t)
	r := execute(t, l, 0, parse(t, spent, both, rest)...)
	require.Equal(t, []utt.Status{utt.Executed, utt.Rejected, utt.Executed}, []utt.Status{r[0].Status, r[1].Status, r[2].Status})
	used, err := l.Spent(both.(*utt.Transfer).Nullifiers()[0])
	require.NoError(t, err)
	require.True(t, used, "by the third")
}
