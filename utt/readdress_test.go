package utt_test

import (
	"context"
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// [ADDR-EXPIRY]: a readdress is taken up to its last second, by ledgers and payers, and an endorser
// vouches for none that would be good for longer than he says.
func TestReaddressExpires(t *testing.T) {
	w := sharedWorld()
	k, err := w.Mallory.WithScanKey(utt.ScanKey{9})
	require.NoError(t, err)
	last := w.head.Time + 100
	asked, err := k.Readdress(1, last)
	require.NoError(t, err)
	_, err = w.Endorser.EndorseReaddress(mallory, asked, last-1)
	require.ErrorIs(t, err, utt.ErrPolicy)
	r, err := w.Endorser.EndorseReaddress(mallory, asked, last)
	require.NoError(t, err)
	require.Equal(t, last, r.Expires())
	requireExecuted(t, execute(t, w.fork(t), last, r))
	no := execute(t, w.fork(t), last+1, r)[0]
	requireRejected(t, no, utt.CodePolicy, "ADDR-EXPIRY")
	l := w.fork(t)
	for now, want := range map[uint64]ledger.Outlook{last: ledger.Now, last + 1: ledger.Never} {
		o, _, err := l.Preview(r, now)
		require.NoError(t, err)
		require.Equal(t, want, o)
	}
	_, err = w.ReaddressRecord(r, last).Readdressed(w.Parameters, w.Mallory.Registered)
	require.NoError(t, err)
	_, err = w.ReaddressRecord(r, last+1).Readdressed(w.Parameters, w.Mallory.Registered)
	require.ErrorContains(t, err, "[ADDR-EXPIRY]")
	for i := range utt.RawOperation(r) { // the endorser has signed it as well
		if d, err := utt.ParseOperation(flipped(utt.RawOperation(r), i)); err == nil && d.(*utt.Readdress).Expires() != last {
			require.ErrorContains(t, check(t, w.Parameters, w.head.Time, d).Err(d), "[ADDR-SIGNATURES]")
		}
	}
}

func flipped(b []byte, i int) []byte {
	d := append([]byte(nil), b...)
	d[i] ^= 1
	return d
}

// A payer who follows the records takes no address of whom the rules pay, on t replicas' word neither.
func TestPayersKeepFixedAddresses(t *testing.T) {
	w := sharedWorld()
	_, p := w.TaxedFor(w.Mallory.PID())
	_, err := w.ReaddressRecord(w.HonestReaddress(1), w.head.Time).Readdressed(p, w.Mallory.Registered)
	require.ErrorContains(t, err, "[ADDR-FIXED]")
}

// An address with another scan key than its owner asked for is not his, though its key for notes is.
func TestScanKeyOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	spy := newScan(t)
	asked, err := w.mallory.Readdress(utt.ScanKey{}, w.net.Now().AddDate(1, 0, 0)) // seen by the endorser
	require.NoError(t, err)
	stolen := w.Readdressed(func(r *utt.Readdress) { utt.SetKeys(r, asked.Address(), spy.ScanKey()) }, utt.AccountOf(w.Mallory), w.Endorser, nil)
	require.NoError(t, w.net.Submit(context.Background(), stolen))
	sync1(t, w.net, w.mallory)
	require.True(t, w.mallory.PaidElsewhere())
	readdressed(t, w.net, w.mallory, spy.ScanKey()) // his own wish
	require.False(t, w.mallory.PaidElsewhere())
}

// endorsed is who vouches, with a prefix.
type endorsed struct {
	key    byte
	prefix string
}

// [ADDR-ENDORSER]: who registered a user moves him; after an amendment by which his identity may be
// another's, that one.
func TestMayReaddress(t *testing.T) {
	w := sharedWorld()
	c := w.Parameters.Config()
	key := func(i byte) ed25519.PublicKey {
		return ed25519.NewKeyFromSeed(append(make([]byte, 31), i)).Public().(ed25519.PublicKey)
	}
	set := func(c *utt.Config, all []endorsed) {
		c.Endorsers, c.Prefixes = nil, nil
		bound := false
		for _, e := range all {
			c.Endorsers, c.Prefixes = append(c.Endorsers, key(e.key)), append(c.Prefixes, e.prefix)
			bound = bound || e.prefix != ""
		}
		if !bound {
			c.Prefixes = nil
		}
	}
	user := utt.PIDOf("somebody")
	banks := []endorsed{{1, "bank:"}, {2, "bank:"}, {3, "bank:branch:"}, {4, ""}}
	for name, v := range map[string]struct {
		then, now []endorsed
		registrar byte
		may       []byte
	}{
		"no prefixes":                        {[]endorsed{{1, ""}, {2, ""}}, nil, 1, []byte{1}},
		"no prefixes, and he is gone":        {[]endorsed{{1, ""}, {2, ""}, {3, ""}}, []endorsed{{2, ""}, {3, ""}}, 1, []byte{2, 3}},
		"prefixes":                           {banks, nil, 1, []byte{1}},
		"of the branch":                      {banks, nil, 3, []byte{3}},
		"of the rest":                        {banks, nil, 4, []byte{4}},
		"he is gone, another has his prefix": {banks, banks[1:], 1, []byte{2}},
		"his prefix is gone":                 {banks, banks[2:], 1, []byte{4}},
		"the branch is gone":                 {banks, banks[:2], 3, []byte{1, 2}},
		"the branch is gone, the rest stays": {banks, []endorsed{banks[0], banks[1], banks[3]}, 4, []byte{4}},
		"a prefix is new":                    {banks, append(banks[:3:3], endorsed{4, ""}, endorsed{5, "bank:b"}, endorsed{6, "shop:"}), 1, []byte{1, 5}},
		"a longer one is new":                {banks, append(banks[:4:4], endorsed{5, "bank:branch:x"}), 1, []byte{1}},
		"prefixes are new, one is his":       {[]endorsed{{1, ""}, {2, ""}}, banks, 1, []byte{1, 3, 4}},
		"he has another prefix":              {banks, []endorsed{{1, "shop:"}, {2, "bank:"}}, 1, []byte{2}},
	} {
		t.Run(name, func(t *testing.T) {
			then := c
			set(&then, v.then)
			p, err := utt.NewParameters(then)
			require.NoError(t, err)
			version := uint64(0)
			if v.now != nil {
				set(&then, v.now)
				a, err := utt.NewAmendment(p, 3, then)
				require.NoError(t, err)
				p, err = p.Amend(a)
				require.NoError(t, err)
			} else {
				v.now = v.then
			}
			for _, e := range append(slices.Clip(v.now), endorsed{99, ""}) {
				err := p.MayReaddress(user, version, key(v.registrar), key(e.key))
				if want := slices.Contains(v.may, e.key); !want {
					require.ErrorIs(t, err, utt.ErrPolicy, "%d", e.key)
					require.ErrorContains(t, err, "[ADDR-ENDORSER]", "%d", e.key)
				} else {
					require.NoError(t, err, "%d", e.key)
				}
			}
			require.ErrorIs(t, p.MayReaddress(user, p.Amendments()+1, key(1), key(1)), utt.ErrInvalid)
		})
	}
	require.ErrorIs(t, new(utt.Parameters).MayReaddress(user, 0, nil, nil), utt.ErrInvalid)
}
