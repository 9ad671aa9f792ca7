package bench

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	aDay     = 24 * 60 * 60 * perSecond // payments
	aDaySync = 24 * 60                  // a Sync a minute
	watching = "watched"
	settled  = 5 // seconds after the full minute, when Wallet.Run syncs
)

// BenchmarkFollow is what a day of 864 000 payments, 20 of them to the user, takes who keeps up with the
// ledger: bytes downloaded, and processor time on one thread.
//
// MB/day and cpu-s/day are of one Sync, after payments and nothing else: what few take, 20 of which
// are to the user, and what many take more, to a day's. Of MB/day summaries-MB/day are entries of
// the log, which a light wallet reads. us/payment and x25519/payment are the processor time of a
// payment to somebody else, the latter by that of one X25519, taken just before and after.
//
// synced-MB/day and synced-cpu-s/day are of a Sync a minute, when Wallet.Run makes it, of a ledger whose
// last certificate is a second older: each has its certificates, what it reads again [ASK-SAME],
// and the two sections of a light wallet, whose bytes are details-MB/day and not in the former.
// They are 1440 times the median of minutes, of which most have nothing for the user.
//
// A watched wallet reads nothing of what others pay: its cpu-s/day are of a Sync in which the 20 come,
// and kB/received is what each of them takes, what it asks its provider and what he says included.
func BenchmarkFollow(b *testing.B) {
	const own = 20
	var few, many *busy
	for _, way := range []string{"full", "light", watching, "provider/customers=1", "provider/customers=100000"} {
		b.Run("way="+way, func(b *testing.B) {
			onOneThread(b)
			if few == nil {
				t := newTown(b, own)
				few, many = newBusy(b, t, 2*own*utt.SectionSize), newBusy(b, t, 20_000+2*own*utt.SectionSize)
			}
			var at measured
			for b.Loop() {
				for range 3 {
					at.add(b, way, few, many)
				}
			}
			at.report(b, way, many)
		})
	}
}

// TestFollow runs what BenchmarkFollow does on a small ledger.
func TestFollow(t *testing.T) {
	const own = 2
	of := newTown(t, own)
	few, many := newBusy(t, of, 2*own*utt.SectionSize), newBusy(t, of, 3*slot*perSecond)
	read := make(map[string]int)
	for _, way := range []string{"full", "light", watching, "provider/customers=1", "provider/customers=1000"} {
		var at measured
		at.add(t, way, few, many)
		read[way] = at.few.bytes() + at.more.bytes()
	}
	require.Less(t, read[watching], read["light"])
	require.Less(t, read["light"], read["full"])
}

// measured are repeated measurements of one way to keep up.
type measured struct {
	others          int       // payments that are more in the one ledger than in the other
	few, more       spent     // bytes are the same each time
	cpuFew, cpuMore []float64 // seconds
	ratio           []float64 // cpuMore by that of an X25519
	synced          []spent   // minute by minute
	cpuSynced       []float64
}

func (m *measured) add(tb testing.TB, way string, few, many *busy) {
	m.others = len(many.at) - len(few.at)
	once := func(b *busy) spent {
		r := b.follower(tb, way)
		b.read(tb, b.before, r.read)
		runtime.GC()
		s := b.read(tb, b.last, r.read)
		r.found()
		return s
	}
	before := exchanges(500)
	if way == watching { // which takes as long whatever others pay
		m.few = once(many)
	} else {
		m.few = once(few)
		m.more = once(many).beyond(m.few)
	}
	m.cpuFew, m.cpuMore = append(m.cpuFew, m.few.cpu), append(m.cpuMore, m.more.cpu)
	m.ratio = append(m.ratio, 2*m.more.cpu/(before+exchanges(500)))
	r := many.follower(tb, way)
	many.read(tb, many.before, r.read)
	for at := many.before + slot + settled; at <= many.last; at += slot {
		s := many.read(tb, at, r.read)
		m.synced, m.cpuSynced = append(m.synced, s), append(m.cpuSynced, s.cpu)
	}
}

func (m *measured) report(b *testing.B, way string, many *busy) {
	b.ReportMetric(0, "ns/op") // of no meaning
	times := aDay / float64(m.others)
	metric := func(value float64, name string) { b.ReportMetric(value, name) }
	metric(1e-6*(times*float64(m.more.bytes())+float64(m.few.bytes())), "MB/day")
	metric(times*median(m.cpuMore)+median(m.cpuFew), "cpu-s/day")
	var sum, sections []float64
	for _, s := range m.synced {
		sum, sections = append(sum, float64(s.bytes()-s.sections)), append(sections, float64(s.sections))
	}
	metric(1e-6*aDaySync*median(sum), "synced-MB/day")
	metric(aDaySync*median(m.cpuSynced), "synced-cpu-s/day")
	if way == watching {
		metric(1e-3*float64(m.few.single)/float64(len(many.paid)/2), "kB/received")
		return
	}
	metric(1e6*median(m.cpuMore)/float64(m.others), "us/payment")
	metric(median(m.ratio)/float64(m.others), "x25519/payment")
	if way == "light" {
		metric(1e-6*(times*float64(m.more.ranges)+float64(m.few.ranges)), "summaries-MB/day")
		metric(1e-6*aDaySync*median(sections), "details-MB/day")
	}
}

// exchanges is the mean cost of an X25519, over k of them.
func exchanges(k int) float64 {
	secret, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	stop := stopwatch()
	for range k {
		if _, err := secret.ECDH(secret.PublicKey()); err != nil {
			panic(err)
		}
	}
	c := stop()
	return max(c.cpu, 1e-9) / float64(k)
}

// follower reads a ledger in one of the ways.
type follower struct {
	read  reader
	found func() // requires that it has found all
}

func (b *busy) follower(tb testing.TB, way string) follower {
	ctx := context.Background()
	var clock time.Time
	now := func() time.Time { return clock }
	timed := func(read func(n *remote) error) reader {
		return func(n *remote, at time.Time) error {
			clock = at
			return read(n)
		}
	}
	open := func(identity string, c wallet.Config) (*wallet.Wallet, func()) {
		c.Now = now
		w, err := wallet.Open(b.parameters(tb), identity, seed(identity), new(store.Memory), c)
		require.NoError(tb, err)
		return w, func() { require.EqualValues(tb, len(b.paid)/2, w.Balance(asset).Spendable) }
	}
	watched := func(s *provider.Service) follower {
		d := &watcher{Service: s}
		w, found := open(client, wallet.Config{Way: wallet.Watched, Watcher: d, ScanKey: s.ScanKey()})
		return follower{timed(func(n *remote) (err error) {
			d.n = n
			if s.Checkpoint().Height < n.height {
				n.itself(func() { err = s.Follow(ctx, &remote{busy: b, height: n.height}) })
			}
			return errors.Join(err, w.Sync(ctx, n))
		}), found}
	}
	var customers int
	if n, _ := fmt.Sscanf(way, "provider/customers=%d", &customers); n == 1 {
		s := b.service(tb, customers, now)
		return follower{timed(func(n *remote) error { return s.Follow(ctx, n) }), func() {
			w := watched(s)
			b.read(tb, b.before, w.read)
			b.read(tb, b.last, w.read)
			w.found()
		}}
	}
	switch way {
	case watching:
		return watched(b.service(tb, 1, now))
	case "light":
		w, found := open(himself, wallet.Config{Way: wallet.Light})
		return follower{timed(func(n *remote) error { return w.CatchUp(ctx, n) }), found}
	}
	w, found := open(himself, wallet.Config{})
	return follower{timed(func(n *remote) error { return w.Sync(ctx, n) }), found}
}
