//go:build uttbroken

package utt_test

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// takeOut takes checks out for the rest of a test.
func takeOut(t testing.TB, labels ...string) {
	for _, l := range labels {
		t.Cleanup(batch.Break(l))
	}
}

// A cheat that one check refuses is executed once that check is taken out: so the
// check is needed, and the test of its rejection tests it. Where another check
// stands behind, the cheat is refused by that until it is taken out as well.
func TestBrokenLetsEveryCheatPass(t *testing.T) {
	w := sharedWorld()
	for _, c := range cheats() {
		t.Run(c.Label+"/"+c.Name, func(t *testing.T) {
			w.requireRefused(t, c)
			takeOut(t, c.Label)
			for _, behind := range c.Also {
				require.Equal(t, behind, w.submit(t, c).Rejection.Label)
				takeOut(t, behind)
			}
			if c.Unbreakable != "" {
				v, err := cmp.Or(c.On, w.Parameters).Check(context.Background(), w.head.Time, []utt.Operation{c.Op})
				require.NoError(t, err)
				require.NoError(t, v.Err(c.Op), "only that nothing can be executed stops it: %s", c.Unbreakable)
				return
			}
			r := w.submit(t, c)
			require.True(t, r.Status.Accepted(), "%v", r.Rejection)
		})
	}
}

// submit puts the cheat into a block and returns its receipt. It has changed the
// ledger if and only if it was executed.
func (w *world) submit(t testing.TB, c *utt.Cheat) utt.Receipt {
	t.Helper()
	l, twin, _ := w.ledgers(t, c)
	ops := parse(t, append(slices.Clone(c.Before), c.Op)...)
	receipts := execute(t, l, c.Time, ops...)
	execute(t, twin, c.Time, ops[:len(ops)-1]...)
	r := receipts[len(receipts)-1]
	require.Equal(t, r.Status == utt.Rejected, l.Digest() == twin.Digest())
	return r
}

// What passes is money: the thief's wallet takes it in, spends it, and in two of the
// cases the accounts then hold more than was ever issued.
func TestBrokenMoneyIsSpendable(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		label, name string
		steal       func(*utt.World) *utt.Transfer
		owner       string
		want        utt.Amount
	}{
		{"TX-OUT-VAL", "an inflated output", (*utt.World).Inflated, bob, 1_000_050},
		{"TX-SIG-IN", "a counterfeit coin", (*utt.World).Counterfeited, mallory, 1_000_600},
		{"TX-CRED-PID", "a stolen coin", (*utt.World).Stolen, mallory, 1000},
	} {
		t.Run(c.label, func(t *testing.T) {
			w := newWorld(t)
			op := c.steal(&w.World)
			require.ErrorIs(t, w.net.Submit(ctx, op), utt.ErrInvalid)
			takeOut(t, c.label)
			require.NoError(t, w.net.Submit(ctx, op))
			thief := map[string]*wallet.Wallet{bob: w.bob, mallory: w.mallory}[c.owner]
			require.NoError(t, thief.Sync(ctx, w.net))
			require.Equal(t, c.want, thief.Balance(cash).Spendable, c.name)
			id, err := thief.Burn(ctx, w.net, cash, c.want)
			require.NoError(t, err)
			require.NoError(t, thief.Await(ctx, w.net, id))
			accounts, err := w.net.Ledger().Accounts(cash)
			require.NoError(t, err)
			supply, err := w.net.Ledger().Supply(cash)
			require.NoError(t, err)
			require.Equal(t, c.label != "TX-CRED-PID", accounts > supply, "money out of nothing")
		})
	}
}

// A node makes up money. Without [LOG-1] the wallet believes it.
func TestBrokenWalletBelievesANode(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	sync := func() (utt.Amount, error) {
		wallet := restore(t, w.net, alice)
		err := wallet.Sync(ctx, &node{Node: w.net, records: replace(anIssue, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record {
			return utt.Issued(r.Cursor(), 0, alice, cash, 1_000_000)
		})})
		return wallet.Balance(cash).Account, err
	}
	_, err := sync()
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "[LOG-1]")
	takeOut(t, "LOG-1")
	account, err := sync()
	require.NoError(t, err)
	require.Greater(t, account, utt.Amount(900_000))
}

// Replicas that conspire certify a made-up signature. Without [SIG-1] the wallet
// counts the coin, which it cannot spend.
func TestBrokenWalletTakesUnsignedCoins(t *testing.T) {
	w := sharedWorld()
	takeOut(t, "LOG-SIG")
	sync := func() ([]utt.Amount, error) {
		wallet := restore(t, w.net, alice)
		err := wallet.Sync(context.Background(), &lyingNode{w.net, func(r *utt.Record) *utt.Record {
			if r.IsMintOf(w.Alice.PID()) {
				return r.SignedLike(w.Records[len(w.Records)-1])
			}
			return r
		}})
		return wallet.Coins(cash), err
	}
	coins, err := sync()
	require.ErrorContains(t, err, "[SIG-1]")
	require.Empty(t, coins)
	takeOut(t, "SIG-1")
	coins, err = sync()
	require.NoError(t, err)
	require.Equal(t, []utt.Amount{500}, coins)
}

// A node leaves records out. Without [CERT-1] the wallet believes that there are no more, if
// it does not look at the roots either.
func TestBrokenWalletMissesRecords(t *testing.T) {
	w := sharedWorld()
	sync := func() (*wallet.Wallet, error) {
		wallet := restore(t, w.net, alice)
		return wallet, wallet.Sync(context.Background(), &node{Node: w.net, records: func([]*utt.Record) []*utt.Record { return nil }})
	}
	for _, label := range []string{"LOG-1", "LOG-SIG"} {
		takeOut(t, label)
	}
	_, err := sync()
	require.ErrorContains(t, err, "[CERT-1]")
	takeOut(t, "CERT-1")
	poor, err := sync()
	require.NoError(t, err)
	require.Empty(t, poor.Coins(cash))
}

// A certifier signs what its ledger does not have. Without [LOG-CERT] it does.
func TestBrokenCertifierSignsAnotherLog(t *testing.T) {
	n := newCertifying(t)
	sign := func() error {
		_, err := n.certifier(t, 0, nil).Certify(context.Background(), 1, n.records[1])
		return err
	}
	require.ErrorContains(t, sign(), "[LOG-CERT]")
	takeOut(t, "LOG-CERT")
	require.NoError(t, sign())
}

// A certificate of the credentials given as one of the ledger. Without [CERT-KIND] it is one, with
// roots of zeros.
func TestBrokenCertificateOfTheOtherKind(t *testing.T) {
	n := newCertifying(t)
	c, shares := n.credentials(t)
	certify := func() error {
		_, err := n.committees.Certify(n.p, shares)
		return err
	}
	require.ErrorContains(t, n.p.VerifyCertificate(c), "[CERT-KIND]")
	require.Error(t, certify())
	takeOut(t, "CERT-KIND")
	require.NoError(t, n.p.VerifyCertificate(c))
	require.NoError(t, certify())
}

// A node puts a signature on a registration that no certificate covers. Without [LOG-LAG] a wallet
// takes the record in as it is.
func TestBrokenRegistrationWithACredential(t *testing.T) {
	w := sharedWorld()
	sync := func() error {
		return restore(t, w.net, alice).Sync(context.Background(), &node{Node: w.net, records: replace(utt.KindRegistration, 0, func(r *utt.Record, all []*utt.Record) *utt.Record {
			return r.SignedLike(all[len(all)-1])
		})})
	}
	require.ErrorContains(t, sync(), "[LOG-LAG]")
	takeOut(t, "LOG-LAG")
	require.NoError(t, sync())
}

// A node withholds a credential. Without [LOG-SIG] the wallet believes that there is none.
func TestBrokenCredentialsOfANode(t *testing.T) {
	w := sharedWorld()
	sync := func() (*wallet.Wallet, error) {
		lost := restore(t, w.net, alice)
		return lost, lost.Sync(context.Background(), &creditor{Network: w.net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf { return all[1:] }})
	}
	_, err := sync()
	require.ErrorContains(t, err, "[LOG-SIG]")
	takeOut(t, "LOG-SIG")
	lost, err := sync()
	require.NoError(t, err)
	require.Error(t, lost.Credited())
}

// A proof that something is on record, with another record in it. Without [LOG-INC] it is
// believed: that somebody was paid, for instance.
func TestBrokenInclusion(t *testing.T) {
	w := sharedWorld()
	all := included(t, w.net, w.Records)
	lie := all[1].WithRecord(all[2].Record())
	require.ErrorContains(t, w.Parameters.VerifyInclusion(lie), "[LOG-INC]")
	takeOut(t, "LOG-INC")
	require.NoError(t, w.Parameters.VerifyInclusion(lie))
}

// A node makes up an issue, or leaves out an entry. Without [LOG-1] and [CERT-1] a reader of
// summaries believes it.
func TestBrokenReaderOfEntries(t *testing.T) {
	m := newMadeUp(t, 20, 6)
	c, issue := m.certificate(t, 20), summaryOf(t, utt.Issued(utt.Cursor{Height: 7}, 0, alice, cash, 1_000_000))
	made := func() error {
		return second(utt.Frontier{}.LeadEntries(c, append(slices.Clone(m.summaries[:19]), issue)))
	}
	left := func() error { return second(utt.Frontier{}.LeadEntries(c, m.summaries[:19])) }
	require.ErrorContains(t, made(), "[LOG-1]")
	require.ErrorContains(t, left(), "[CERT-1]")
	takeOut(t, "LOG-1")
	require.NoError(t, made())
	require.ErrorContains(t, left(), "[CERT-1]")
	takeOut(t, "CERT-1")
	require.NoError(t, left())
}

// A node serves another payment's outputs, and other signatures, than the ledger has. Without
// [LOG-1] and [LOG-SIG] a reader takes them for the record's.
func TestBrokenSection(t *testing.T) {
	m := &madeUp{records: onRecord()[:11]} // the chain
	m.summaries = summariesOf(t, m.records)
	const i, j = 7, 8
	require.Equal(t, utt.KindTransfer, m.records[i].Kind())
	require.Equal(t, utt.KindTransfer, m.records[j].Kind())
	s, c := m.section(t, 0, 11), m.certificate(t, 11)
	open := func(s *utt.Section) (*utt.Record, error) {
		records, err := s.Open(c, 0, m.summaries)
		if err != nil {
			return nil, err
		}
		return records[i], nil
	}
	details, signatures := s.DetailsSwapped(i, j), s.SignaturesSwapped(i, j)
	require.ErrorContains(t, second(open(details)), "[LOG-1]")
	require.ErrorContains(t, second(open(signatures)), "[LOG-SIG]")
	takeOut(t, "LOG-1")
	r, err := open(details)
	require.NoError(t, err)
	require.Equal(t, m.records[j].Detail(), r.Detail())
	require.ErrorContains(t, second(open(signatures)), "[LOG-SIG]")
	takeOut(t, "LOG-SIG")
	r, err = open(signatures)
	require.NoError(t, err)
	require.Equal(t, m.records[j].Signatures(), r.Signatures())
}

// Edges from a stranger that are not the certificate's. Without [LOG-EXT] a certifier goes on
// from them, and signs roots of no ledger.
func TestBrokenCertifierTakesOtherEdges(t *testing.T) {
	n := newCertifying(t)
	first, _ := n.certify(t)
	c, err := n.committees.Certify(n.p, first)
	require.NoError(t, err)
	begin := func() error {
		_, err := replica.NewCertifier(n.ledger, n.committees.Ledger, n.certifying[0], c, utt.Frontier{})
		return err
	}
	require.ErrorContains(t, begin(), "[LOG-EXT]")
	takeOut(t, "LOG-EXT")
	require.NoError(t, begin())
}

// A block in milliseconds. Without [BLOCK-TIME] the ledger takes it, and no other for
// 56 000 years.
func TestBrokenLedgerStandsInTheYear57973(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	in := func(l *ledger.Ledger, time uint64) error {
		v, err := p.Check(context.Background(), time, nil)
		if err != nil {
			return err
		}
		_, err = l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: time}, v)
		return err
	}
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	require.ErrorContains(t, in(l, 1000*now), "[BLOCK-TIME]")
	require.NoError(t, in(l, now))
	takeOut(t, "BLOCK-TIME")
	require.NoError(t, in(l, 1000*now))
	require.ErrorIs(t, in(l, now+1), utt.ErrInvalid)
}
