package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/store"
)

// scanSeed is the scan secret of services.
var scanSeed = bytes.Repeat([]byte{3, 5}, 16)

func openService(n *town, s store.Store) (*provider.Service, error) {
	secret, err := utt.NewScanSecret(scanSeed)
	if err != nil {
		return nil, err
	}
	return provider.OpenService(n.Parameters(), secret, s, provider.ServiceConfig{Now: n.Now})
}

func newService(t testing.TB, n *town, disk store.Store) *provider.Service {
	t.Helper()
	s, err := openService(n, disk)
	require.NoError(t, err)
	return s
}

func expect(t testing.TB, n *town, s *provider.Service, identities ...string) {
	t.Helper()
	for _, identity := range identities {
		require.NoError(t, s.Expect(n.mandate(t, identity, s.ScanKey())))
	}
}

func question(t testing.TB, n *town, identity string, d utt.ScanKey, from utt.Cursor, now time.Time) *utt.WatchQuestion {
	t.Helper()
	k, err := utt.DeriveKeys(n.Parameters(), utt.PIDOf(identity), seedOf(identity))
	require.NoError(t, err)
	q, err := k.WatchQuestion(d, from, now)
	require.NoError(t, err)
	return q
}

// told is all that a customer is told.
func told(t testing.TB, n *town, s *provider.Service, identity string) (places []utt.Cursor) {
	t.Helper()
	for from := (utt.Cursor{Height: 1}); ; {
		a, err := s.Watch(t.Context(), question(t, n, identity, s.ScanKey(), from, n.Now()))
		require.NoError(t, err)
		require.NoError(t, a.Check(from))
		if places = append(places, a.Places...); len(a.Places) < utt.MaxWatchPlaces {
			require.Equal(t, s.Checkpoint().Next(), a.Next)
			return places
		}
		require.Positive(t, a.Next.Compare(from))
		from = a.Next
	}
}

// concerning are the places of records that a test finds to concern a user.
func concerning(t testing.TB, n *town, identity string, payments ...utt.ID) (places []utt.Cursor) {
	t.Helper()
	pid := utt.PIDOf(identity)
	for r, err := range n.Records(t.Context(), utt.Cursor{}) {
		require.NoError(t, err)
		e, err := r.Entry(n.Parameters())
		require.NoError(t, err)
		if e.PID == pid || e.To == pid || slices.Contains(payments, r.ID()) || e.Kind == utt.KindAmendment {
			places = append(places, r.Cursor())
		}
	}
	return places
}

// lived is a town in which things have happened to bob, by alice's payments of these IDs.
func lived(t testing.TB, n *town, d utt.ScanKey) (payments []utt.ID) {
	t.Helper()
	ctx := t.Context()
	n.join(t, bob, d, 100)
	a := n.join(t, alice, utt.ScanKey{}, 500, 100, 100)
	pay := func(use utt.Case, v utt.Amount) utt.ID {
		require.NoError(t, a.Sync(ctx, n))
		h, err := a.PayAs(ctx, n, use, bob, cash, v, "")
		require.NoError(t, err)
		_, err = a.AwaitHeld(ctx, n, h)
		require.NoError(t, err)
		payments = append(payments, h.ID)
		return h.ID
	}
	pay(utt.Anonymous, 10)
	held := pay(utt.Audited, 60)
	delayed := pay(utt.Delayed, 60)
	require.NoError(t, n.Issue(ctx, bob, cash, 7))
	require.NoError(t, n.Decide(ctx, utt.Veto, held))
	require.NoError(t, n.Decide(ctx, utt.Approve, delayed))
	require.NoError(t, n.Advance(ctx, 2*time.Hour))
	require.NoError(t, a.Sync(ctx, n))
	require.NoError(t, n.Issue(ctx, alice, cash, 5))
	require.NoError(t, a.Sync(ctx, n))
	h, err := a.PayPublicly(ctx, n, bob, cash, 5)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, n, h))
	return payments
}

// A customer is told of what concerns him, and nobody else is.
func TestServiceTells(t *testing.T) {
	n := newTown(t)
	disk := new(store.Memory)
	s := newService(t, n, disk)
	expect(t, n, s, bob, carol)
	payments := lived(t, n, s.ScanKey())
	n.join(t, carol, utt.ScanKey{}, 100)
	require.NoError(t, s.Follow(t.Context(), n))
	require.ElementsMatch(t, []utt.PID{utt.PIDOf(bob), utt.PIDOf(carol)}, s.Customers())
	want := concerning(t, n, bob, payments...)
	require.Equal(t, want, told(t, n, s, bob))
	require.Equal(t, concerning(t, n, carol), told(t, n, s, carol))
	a, err := s.Watch(t.Context(), question(t, n, bob, s.ScanKey(), utt.Cursor{}, n.Now()))
	require.NoError(t, err)
	require.Zero(t, a.Since)
	require.Equal(t, want, told(t, n, newService(t, n, disk), bob), "after a restart")

	b := n.join(t, "dave", s.ScanKey())
	m, err := n.Ledger().Registered(b.PID())
	require.NoError(t, err)
	mandate := n.mandate(t, "dave", s.ScanKey())
	require.NoError(t, s.Follow(t.Context(), n))
	require.ErrorIs(t, s.Admit(m, n.mandate(t, bob, s.ScanKey())), utt.ErrInvalid)
	require.NoError(t, s.Admit(m, mandate))
	since := s.Checkpoint().Next()
	require.NoError(t, n.Issue(t.Context(), "dave", cash, 7))
	require.NoError(t, s.Follow(t.Context(), n))
	require.NoError(t, s.Admit(m, mandate), "twice is once")
	require.ErrorIs(t, s.Expect(mandate), utt.ErrConflict)
	a, err = s.Watch(t.Context(), question(t, n, "dave", s.ScanKey(), utt.Cursor{}, n.Now()))
	require.NoError(t, err)
	require.Equal(t, &utt.WatchAnswer{Since: since, Places: []utt.Cursor{since}, Next: s.Checkpoint().Next()}, a)

	require.NoError(t, s.Drop(utt.PIDOf(bob)))
	_, err = s.Watch(t.Context(), question(t, n, bob, s.ScanKey(), utt.Cursor{}, n.Now()))
	require.ErrorIs(t, err, utt.ErrInvalid)
	view, err := disk.View()
	require.NoError(t, err)
	pid := utt.PIDOf(bob)
	for p, err := range view.Ascend(nil, nil) {
		require.NoError(t, err)
		require.NotContains(t, string(p.Key)+string(p.Value), string(pid[:]), "he is forgotten")
	}
	require.NoError(t, view.Close())
	require.Equal(t, "redacted", fmt.Sprint(s))
}

// Questions that are not a customer's own, or not of now, are not answered.
func TestServiceRefuses(t *testing.T) {
	n := newTown(t)
	s := newService(t, n, new(store.Memory))
	thief, err := utt.DeriveKeys(n.Parameters(), utt.PIDOf(carol), seedOf("mallory"))
	require.NoError(t, err)
	charge, err := thief.Mandate(s.ScanKey(), n.someday())
	require.NoError(t, err)
	expect(t, n, s, bob)
	require.NoError(t, s.Expect(charge), "whose it is shows when she is registered")
	require.ErrorIs(t, s.Expect(nil), utt.ErrInvalid)
	require.ErrorIs(t, s.Expect(n.mandate(t, bob, n.scanner.ScanKey())), utt.ErrInvalid)
	early := question(t, n, bob, s.ScanKey(), utt.Cursor{}, n.Now())
	_, err = s.Watch(t.Context(), early)
	require.ErrorIs(t, err, utt.ErrInvalid, "he is not registered")
	n.join(t, bob, s.ScanKey())
	n.join(t, carol, s.ScanKey())
	require.NoError(t, s.Follow(t.Context(), n))
	require.Equal(t, []utt.PID{utt.PIDOf(bob)}, s.Customers())
	_, err = s.Watch(t.Context(), early)
	require.NoError(t, err)
	for name, q := range map[string]*utt.WatchQuestion{
		"of no customer": question(t, n, carol, s.ScanKey(), utt.Cursor{}, n.Now()),
		"of yesterday":   question(t, n, bob, s.ScanKey(), utt.Cursor{}, n.Now().Add(-24*time.Hour)),
		"of tomorrow":    question(t, n, bob, s.ScanKey(), utt.Cursor{}, n.Now().Add(24*time.Hour)),
		"for another":    question(t, n, bob, n.scanner.ScanKey(), utt.Cursor{}, n.Now()),
		"an empty one":   new(utt.WatchQuestion),
		"none":           nil,
	} {
		_, err := s.Watch(t.Context(), q)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	far, err := s.Watch(t.Context(), question(t, n, bob, s.ScanKey(), utt.Cursor{Height: 1 << 60}, n.Now()))
	require.NoError(t, err)
	require.Empty(t, far.Places)

	disk := new(store.Memory)
	newService(t, n, disk)
	other, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	_, err = provider.OpenService(n.Parameters(), other, disk, provider.ServiceConfig{})
	require.ErrorIs(t, err, utt.ErrConflict)
	full := new(store.Memory)
	require.NoError(t, full.Apply([]store.Write{{Key: []byte("x"), Value: []byte("y")}}))
	_, err = provider.OpenService(n.Parameters(), other, full, provider.ServiceConfig{})
	require.ErrorIs(t, err, utt.ErrConflict)
	for _, secret := range []*utt.ScanSecret{nil, new(utt.ScanSecret)} {
		_, err = provider.OpenService(n.Parameters(), secret, full, provider.ServiceConfig{})
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
}

// upTo is a node that has got so far.
type upTo struct {
	*town
	height uint64
}

func (n *upTo) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return n.town.Certificate(ctx, min(height, n.height))
}

// Whatever write fails, be it on disk all the same, a service that is opened again tells all, once.
func TestServiceCrashAtEveryWrite(t *testing.T) {
	n := newTown(t)
	secret, err := utt.NewScanSecret(scanSeed)
	require.NoError(t, err)
	payments := lived(t, n, secret.ScanKey())
	want := concerning(t, n, bob, payments...)
	for k, ended := 0, false; !ended; k++ {
		for _, written := range []bool{false, true} {
			disk := new(store.Memory)
			failing := &conformance.Failing{Store: disk, K: k, Written: written}
			err := func() error {
				s, err := openService(n, failing)
				if err != nil {
					return err
				}
				if err := s.Expect(n.mandate(t, bob, s.ScanKey())); err != nil {
					return err
				}
				for h := range n.Ledger().Head().Height {
					if err := s.Follow(t.Context(), &upTo{n, h + 1}); err != nil {
						return err
					}
				}
				return nil
			}()
			if ended = !failing.Failed(); ended {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, utt.ErrStore)
				require.ErrorIs(t, err, conformance.ErrInjected)
			}
			s := newService(t, n, disk)
			if len(s.Customers()) == 0 {
				expect(t, n, s, bob)
			}
			require.NoError(t, s.Follow(t.Context(), n))
			require.Equal(t, want, told(t, n, s, bob), "write %d", k)
			require.NoError(t, s.Follow(t.Context(), n))
		}
		require.Less(t, k, 60)
	}
}

// However many clues name a customer, an answer is short, and the next one goes on.
func TestServiceWithManyPlaces(t *testing.T) {
	n := newTown(t)
	s := newService(t, n, new(store.Memory))
	expect(t, n, s, bob)
	lived(t, n, s.ScanKey())
	require.NoError(t, s.Follow(t.Context(), n))
	before := told(t, n, s, bob)
	many := provider.Fill(t, s, utt.PIDOf(bob), 1_000_000)
	began := time.Now()
	a, err := s.Watch(t.Context(), question(t, n, bob, s.ScanKey(), utt.Cursor{Height: 1}, n.Now()))
	require.NoError(t, err)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Len(t, a.Places, utt.MaxWatchPlaces)
	b, err := a.MarshalBinary()
	require.NoError(t, err)
	require.Less(t, len(b), 4<<10)
	require.Equal(t, slices.Concat(before, many)[:utt.MaxWatchPlaces], a.Places)
	next, err := s.Watch(t.Context(), question(t, n, bob, s.ScanKey(), a.Next, n.Now()))
	require.NoError(t, err)
	require.Equal(t, slices.Concat(before, many)[utt.MaxWatchPlaces:2*utt.MaxWatchPlaces], next.Places)
}

// BenchmarkService is a service that looks at payments, of which one in a hundred is to one of
// its customers.
func BenchmarkService(b *testing.B) {
	n := newTown(b)
	s := newService(b, n, new(store.Memory))
	expect(b, n, s, bob)
	a := n.join(b, alice, utt.ScanKey{}, 100)
	n.join(b, carol, utt.ScanKey{})
	n.news(b)
	paid(b, a, n, carol, 10)
	records := slices.Repeat(n.news(b)[:1], 512)
	provider.CrowdOf(s, 100_000)
	for b.Loop() {
		require.NoError(b, provider.Take(b.Context(), s, records))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/payment")
}

// [CLUE-MANDATE]: a mandate holds for the records up to its expiry, and another one from then on, or
// without a gap if it comes before.
func TestServiceMandatesExpire(t *testing.T) {
	ctx := t.Context()
	n := newTown(t)
	disk := new(store.Memory)
	s := newService(t, n, disk)
	until := func(identity string, d time.Duration) *utt.Mandate {
		k, err := utt.DeriveKeys(n.Parameters(), utt.PIDOf(identity), seedOf(identity))
		require.NoError(t, err)
		m, err := k.Mandate(s.ScanKey(), uint64(n.Now().Add(d).Unix()))
		require.NoError(t, err)
		return m
	}
	late := until(carol, 30*time.Minute)
	require.NoError(t, s.Expect(until(bob, 30*time.Minute)))
	require.NoError(t, s.Expect(late))
	n.join(t, bob, s.ScanKey())
	a := n.join(t, alice, utt.ScanKey{}, 500, 100)
	require.NoError(t, a.Sync(ctx, n))
	held, err := a.PayAs(ctx, n, utt.Audited, bob, cash, 60, "")
	require.NoError(t, err)
	require.NoError(t, s.Follow(ctx, n))
	before := told(t, n, s, bob)
	require.Len(t, before, 3)

	require.NoError(t, n.Advance(ctx, 31*time.Minute))
	n.join(t, carol, s.ScanKey())
	ended := utt.Cursor{Height: s.Checkpoint().Height + 2}
	require.NoError(t, n.Issue(ctx, bob, cash, 1))
	require.NoError(t, n.Decide(ctx, utt.Approve, held.ID))
	require.NoError(t, a.Sync(ctx, n))
	paid(t, a, n, bob, 10)
	require.NoError(t, s.Follow(ctx, n))
	require.Equal(t, []utt.PID{utt.PIDOf(bob)}, s.Customers(), "carol's had expired when she was registered")
	for _, s := range []*provider.Service{s, newService(t, n, disk)} {
		got, err := s.Watch(ctx, question(t, n, bob, s.ScanKey(), utt.Cursor{Height: 1}, n.Now()))
		require.NoError(t, err)
		require.Equal(t, &utt.WatchAnswer{Places: before, Next: ended}, got)
		_, err = s.Watch(ctx, question(t, n, bob, s.ScanKey(), ended, n.Now()))
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.ErrorContains(t, err, "give another")
	}
	user, err := n.Ledger().Registered(utt.PIDOf(bob))
	require.NoError(t, err)
	require.ErrorIs(t, s.Admit(user, until(bob, -time.Hour)), utt.ErrInvalid)
	require.NoError(t, s.Admit(user, until(bob, time.Hour)))
	since := s.Checkpoint().Next()
	require.NoError(t, s.Admit(user, until(bob, 2*time.Hour)))
	require.NoError(t, n.Advance(ctx, 90*time.Minute))
	require.NoError(t, n.Issue(ctx, bob, cash, 1))
	require.NoError(t, s.Follow(ctx, n))
	got, err := s.Watch(ctx, question(t, n, bob, s.ScanKey(), since, n.Now()))
	require.NoError(t, err)
	require.Equal(t, &utt.WatchAnswer{Since: since, Places: []utt.Cursor{{Height: s.Checkpoint().Height}}, Next: s.Checkpoint().Next()}, got)
}
