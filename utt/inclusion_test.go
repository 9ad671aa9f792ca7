package utt_test

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// included are proofs of all records of a ledger under its last certificate.
func included(t testing.TB, net interface {
	Inclusion(context.Context, utt.Cursor) (*utt.Inclusion, error)
}, records []*utt.Record) (all []*utt.Inclusion) {
	t.Helper()
	for _, r := range records {
		i, err := net.Inclusion(context.Background(), r.Cursor())
		require.NoError(t, err)
		all = append(all, i)
	}
	return all
}

// Whoever has the parameters sees from a text that a payment is on record, and its
// signatures.
func TestVerifyInclusion(t *testing.T) {
	w := sharedWorld()
	all := included(t, w.net, w.Records)
	for i, shown := range all {
		text, err := shown.MarshalText()
		require.NoError(t, err)
		d := new(utt.Inclusion)
		require.NoError(t, d.UnmarshalText(text))
		require.NoError(t, w.Parameters.VerifyInclusion(d))
		require.EqualValues(t, i, d.Index())
		require.Equal(t, w.Records[i].ID(), d.Record().ID())
		require.Equal(t, shown.Certificate().Checkpoint, d.Certificate().Checkpoint)

		for _, bad := range []string{"", string(text[1:]), string(text[:len(text)-1]), string(text) + "A", strings.Replace(string(text), "AA", "AB", 1), string(text) + "\n", strings.Repeat("x", 1<<19)} {
			require.ErrorIs(t, new(utt.Inclusion).UnmarshalText([]byte(bad)), utt.ErrMalformed)
		}
	}
	ours, err := w.net.Certificate(context.Background(), math.MaxUint64)
	require.NoError(t, err)
	bare, err := utt.NewInclusion(ours, nil, 0, w.Records[0].Unsigned(), all[0].Nodes(t, w.Records))
	require.NoError(t, err)
	require.NoError(t, w.Parameters.VerifyInclusion(bare), "without the signatures")
	require.False(t, bare.Record().Signed())
}

// What is shown is bound to the ledger, the place, the certificate and both parts of the
// record; paths are those of trees of the certificate's size.
func TestRejectsInclusions(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	p := w.Parameters
	all := included(t, w.net, w.Records)
	require.ErrorIs(t, p.VerifyInclusion(nil), utt.ErrInvalid)
	require.ErrorIs(t, p.VerifyInclusion(new(utt.Inclusion)), utt.ErrInvalid)

	another := newNetwork(t)
	join(t, another, alice, 10)
	foreign, err := another.Inclusion(ctx, utt.Cursor{Height: 1})
	require.NoError(t, err)
	require.NoError(t, another.Parameters().VerifyInclusion(foreign))
	require.ErrorContains(t, p.VerifyInclusion(foreign), "[CERT-1]", "of another ledger")

	before, err := w.net.Certificate(ctx, 1)
	require.NoError(t, err)
	for name, i := range map[string]*utt.Inclusion{
		"a certificate older than the record":     all[len(all)-1].Under(before),
		"an older certificate, in which it is":    all[0].Under(before),
		"another place":                           all[1].AtIndex(2),
		"no place":                                all[1].AtIndex(math.MaxUint64),
		"another record's path":                   all[1].WithPathOf(all[2]),
		"a path that is too long":                 all[1].WithPath(append(all[1].Path(), [32]byte{})),
		"a path that is too short":                all[1].WithPath(all[1].Path()[1:]),
		"no path":                                 all[1].WithPath(nil),
		"another record's signatures":             all[1].WithSignaturesOf(all[len(all)-1]),
		"a summary exchanged under the same path": all[1].WithRecord(all[2].Record()),
	} {
		require.ErrorContains(t, p.VerifyInclusion(i), "[LOG-INC]", name)
		require.ErrorIs(t, p.VerifyInclusion(i), utt.ErrInvalid, name)
	}
}

// Whatever field of a proof is changed, and however, it shows nothing.
func TestEveryFieldOfAnInclusionIsBound(t *testing.T) {
	w := sharedWorld()
	all := slices.DeleteFunc(included(t, w.net, w.Records), func(i *utt.Inclusion) bool { return len(i.Record().Signatures()) == 0 })
	refused := 0
	for k, i := range all {
		for _, m := range utt.Mutate(i, cmp.Or(all[max(0, k-1)], i)) {
			d := new(utt.Inclusion)
			if err := d.UnmarshalBinary(m.Raw); err != nil {
				require.ErrorIs(t, err, utt.ErrMalformed, m)
				continue
			}
			again, err := d.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, m.Raw, again, m)
			if err := w.Parameters.VerifyInclusion(d); err == nil {
				// what has fewer signatures than outputs shows less, and says so
				require.False(t, d.Record().Signed() && len(d.Record().Signatures()) > 0, m)
				require.Contains(t, m.String(), "signatures")
				continue
			} else {
				require.ErrorIs(t, err, utt.ErrInvalid, m)
			}
			refused++
		}
	}
	require.Greater(t, refused, 500)
}

// An entry of a payment is what L.2 of the design allows: what a wallet downloads that
// follows by summaries.
func TestRecordSizes(t *testing.T) {
	w := newWorld(t)
	pay := w.HonestPayment()
	require.NoError(t, w.net.Submit(context.Background(), pay))
	var r *utt.Record
	for got, err := range w.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		r = got
	}
	require.Equal(t, pay.ID(), r.ID())
	require.Len(t, pay.Nullifiers(), 3)
	encoded := r.AppendUnsigned(nil)
	require.LessOrEqual(t, len(utt.LogEntry(encoded)), 300)
	require.LessOrEqual(t, len(encoded), 2500)
	require.True(t, bytes.HasPrefix(utt.LogEntry(encoded), r.Summary()))
	again, err := utt.ParseRecord(r.Summary(), r.Detail())
	require.NoError(t, err)
	require.Equal(t, encoded, again.AppendUnsigned(nil))
	_, err = utt.ParseRecord(r.Summary(), append(r.Detail(), 0))
	require.ErrorIs(t, err, utt.ErrMalformed)
	_, err = utt.ParseRecord(append(r.Summary(), 0), r.Detail())
	require.ErrorIs(t, err, utt.ErrMalformed)
	require.Nil(t, utt.LogEntry(nil))
	require.Nil(t, utt.LogEntry([]byte{0xff, 0xff, 0}))
	t.Logf("entry %d bytes, record %d", len(utt.LogEntry(encoded)), len(encoded))
}

// BenchmarkExtend is what a reader's trees of the ledger take for a record.
func BenchmarkExtend(b *testing.B) {
	records := slices.Repeat(sharedWorld().Records, 100)
	for b.Loop() {
		if _, err := (utt.Frontier{}).Extend(records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
}

// BenchmarkVerifyInclusion is without the certificate, which is remembered.
func BenchmarkVerifyInclusion(b *testing.B) {
	w := sharedWorld()
	shown := included(b, w.net, w.Records[:1])[0]
	for b.Loop() {
		if err := w.Parameters.VerifyInclusion(shown); err != nil {
			b.Fatal(err)
		}
	}
}

// A record that says it bears signatures, and has none, shows nothing signed.
func TestRejectsInclusionsOfNoSignatures(t *testing.T) {
	w := sharedWorld()
	n := 0
	for _, i := range included(t, w.net, w.Records) {
		if i.Record().Outputs(w.Parameters) == 0 {
			continue
		}
		n++
		require.ErrorContains(t, w.Parameters.VerifyInclusion(i.Unsigned()), "[LOG-INC]")
	}
	require.NotZero(t, n)
}
