package bench

import (
	"bytes"
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// rich is a wallet with many coins. One of them is on the ledger, and is paid from; the others
// are copies of it under other names and values, written into the wallet's store.
type rich struct {
	w       *wallet.Wallet
	disk    *store.Memory
	opening time.Duration // what it takes to open the wallet
}

const (
	paidFrom = utt.Amount(1_000_000_000) // larger than half of the others, and smaller than the rest
	eachTime = utt.Amount(2_000_000)
	fewCoins = 100
)

var manyRuns = flag.Int("coinruns", 12, "how often BenchmarkManyCoins measures each of the two wallets")

// BenchmarkManyCoins compares a wallet of many coins with one of 100: the medians of Pay, of a
// Sync that takes its record in, of Balance, and of Plan, which is what of Pay is no proof, in
// processor time where that is known. open-ms is what it takes to open the wallet of many.
func BenchmarkManyCoins(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("coins=%d", n), func(b *testing.B) {
			for b.Loop() {
				benchmarkManyCoins(b, n)
			}
		})
	}
}

func benchmarkManyCoins(b *testing.B, n int) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Policy: budget.Policy{
		Start: time.Unix(1_700_000_000, 0), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{paidFrom},
	}})
	require.NoError(b, err)
	payee, err := net.Wallet("payee", seed("payee"))
	require.NoError(b, err)
	require.NoError(b, net.Enroll(ctx, payee, "payee", 0))
	wallets := []*rich{newRich(b, net, "few", fewCoins), newRich(b, net, "many", n)}
	const pay, sync, balance, plan = 0, 1, 2, 3
	var times [4][2][]float64
	for range *manyRuns {
		for i, r := range wallets {
			measure := func(what int, f func()) {
				stop := stopwatch()
				f()
				c := stop()
				times[what][i] = append(times[what][i], cmp.Or(c.cpu, c.wall))
			}
			require.NoError(b, r.w.Sync(ctx, net)) // what the other did
			measure(plan, func() {
				for range 100 {
					_, err = r.w.Plan("payee", asset, eachTime, "bench")
				}
			})
			require.NoError(b, err)
			measure(pay, func() { _, err = r.w.Pay(ctx, net, "payee", asset, eachTime, "bench") })
			require.NoError(b, err)
			measure(sync, func() { err = r.w.Sync(ctx, net) })
			require.NoError(b, err)
			require.Empty(b, r.w.Pending())
			measure(balance, func() {
				for range 10_000 {
					r.w.Balance(asset)
				}
			})
		}
	}
	for what, name := range map[int]string{pay: "pay-ratio", sync: "sync-ratio", balance: "balance-ratio", plan: "plan-ratio"} {
		b.ReportMetric(median(times[what][1])/median(times[what][0]), name)
	}
	b.ReportMetric(wallets[1].opening.Seconds()*1e3, "open-ms")
	require.Len(b, wallets[1].w.Coins(asset), n)
}

func newRich(b *testing.B, net *local.Network, identity string, coins int) *rich {
	ctx := context.Background()
	r := &rich{disk: new(store.Memory)}
	open := func() {
		begun := time.Now()
		var err error
		r.w, err = wallet.Open(net.Parameters(), identity, seed(identity), r.disk, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
		require.NoError(b, err)
		r.opening = time.Since(begun)
	}
	open()
	require.NoError(b, net.Enroll(ctx, r.w, identity, 0))
	require.NoError(b, net.Issue(ctx, identity, asset, paidFrom))
	require.NoError(b, r.w.Sync(ctx, net))
	h, err := r.w.Mint(ctx, net, asset, paidFrom)
	require.NoError(b, err)
	require.NoError(b, r.w.Await(ctx, net, h))
	newSealed(b, net.Parameters(), identity, r.disk).multiply(b, coins-1)
	open()
	require.Len(b, r.w.Coins(asset), coins)
	return r
}

// sealed is a wallet's store, opened as section 11.5 of the specification says.
type sealed struct {
	store *store.Memory
	name  []byte
	aead  cipher.AEAD
	bind  []byte
}

func newSealed(b *testing.B, p *utt.Parameters, identity string, s *store.Memory) *sealed {
	network, pid := p.Network(), utt.PIDOf(identity)
	keys, err := hkdf.Key(sha256.New, seed(identity), wire.Frame(network[:], pid[:]), "UTT-V1/utt/wallet-seed/disk", 96)
	require.NoError(b, err)
	aead, err := chacha20poly1305.NewX(keys[32:64])
	require.NoError(b, err)
	return &sealed{s, keys[:32], aead, keys[64:]}
}

// multiply adds coins like the one of money that is there, of other values, and binds them.
func (s *sealed) multiply(b *testing.B, copies int) {
	var one, facts []byte
	v, err := s.store.View()
	require.NoError(b, err)
	for p, err := range v.Ascend([]byte{1}, []byte{2}) {
		require.NoError(b, err)
		plain, err := s.aead.Open(nil, p.Value[:24], p.Value[24:], p.Key)
		require.NoError(b, err)
		r := wire.NewReader(plain)
		name, value := r.Bytes(len(plain)), r.Bytes(len(plain))
		if bytes.HasPrefix(name, []byte("coin/")) && utt.Amount(binary.BigEndian.Uint64(value)) == paidFrom && binary.BigEndian.Uint64(value[8:]) == 0 {
			one = value
		}
		if string(name) == "facts" {
			facts = value
		}
	}
	require.NoError(b, v.Close())
	require.NotNil(b, one)
	var writes []store.Write
	for i := range copies {
		amount := uint64(1 + i*7919%1_000_000)
		if i%2 == 0 {
			amount += 10 * uint64(paidFrom)
		}
		binary.BigEndian.PutUint64(one, amount)
		name := make([]byte, 48)
		_, _ = rand.Read(name)
		writes = append(writes, s.write("coin/"+string(name), one))
	}
	bound := facts[len(facts)-33 : len(facts)-1]
	for _, w := range writes {
		h := hmac.New(sha256.New, s.bind)
		h.Write(wire.Frame(w.Key, w.Value))
		for i, sum := 0, h.Sum(nil); i < len(sum); i += 8 {
			binary.BigEndian.PutUint64(bound[i:], binary.BigEndian.Uint64(bound[i:])+binary.BigEndian.Uint64(sum[i:]))
		}
	}
	writes = append(writes, s.write("facts", facts))
	require.NoError(b, s.store.Apply(writes))
}

// write is that of an entry that is read when the wallet is opened.
func (s *sealed) write(name string, value []byte) store.Write {
	h := hmac.New(sha256.New, s.name)
	h.Write([]byte(name))
	key := append([]byte{1}, h.Sum(nil)[:24]...)
	plain := wire.Frame([]byte(name), value)
	plain = append(plain, make([]byte, (512-len(plain)%512)%512)...)
	nonce := make([]byte, 24)
	_, _ = rand.Read(nonce)
	return store.Write{Key: key, Value: s.aead.Seal(nonce, nonce, plain, key)}
}

// BenchmarkBirthday restores a wallet that none of 64 payments concerns, with a birthday behind
// them and without, and says how many times faster the first is.
func BenchmarkBirthday(b *testing.B) {
	s := streamOf(b, 64)
	var took [2]series
	for b.Loop() {
		for i, born := range []time.Time{s.net.Now().Add(48 * time.Hour), {}} {
			w, err := wallet.New(s.net.Parameters(), "stranger", seed("stranger"), wallet.Config{Now: s.net.Now, Birthday: born})
			require.NoError(b, err)
			all := s.after.decoded(b)
			took[i].measure(40, func() {
				if err := w.Sync(context.Background(), all); err != nil {
					b.Fatal(err)
				}
			})
			require.True(b, w.Registered())
		}
	}
	b.ReportMetric(took[1].best()/took[0].best(), "times-faster")
}
