package utt_test

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// decoder is one of the package's, with real encodings.
type decoder struct {
	name  string
	seeds [][]byte
	// again decodes and encodes what was decoded.
	again func(b []byte) ([]byte, error)
}

func reencode[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
	encoding.BinaryMarshaler
}](b []byte) ([]byte, error) {
	v := P(new(T))
	if err := v.UnmarshalBinary(b); err != nil {
		return nil, err
	}
	return v.MarshalBinary()
}

// decoders are all that read bytes from outside. Their seeds are those of the
// vectors: a fuzzing process starts fast.
var decoders = sync.OnceValue(func() []decoder {
	var t fatal
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	d := []decoder{
		{name: "operation", again: func(b []byte) ([]byte, error) {
			op, err := utt.ParseOperation(b)
			if err != nil {
				return nil, err
			}
			return utt.Encode(op), nil
		}},
		{name: "record", again: reencode[utt.Record]},
		{name: "share", again: reencode[utt.Share]},
		{name: "parameters", again: func(b []byte) ([]byte, error) {
			p, err := utt.ParseParameters(b)
			if err != nil {
				return nil, err
			}
			return p.MarshalBinary()
		}},
		{name: "snapshot", again: func(b []byte) ([]byte, error) {
			l, err := ledger.Restore(p, new(store.Memory), bytes.NewReader(b), utt.SnapshotDigest(b))
			if err != nil {
				return nil, err
			}
			var again bytes.Buffer
			err = writeSnapshot(l, &again)
			return again.Bytes(), err
		}},
		{name: "certificate", again: reencode[utt.Certificate]},
		{name: "certificate share", again: reencode[utt.CertificateShare]},
		{name: "batch of taxes", again: reencode[utt.TaxBatch]},
		{name: "inclusion", again: reencode[utt.Inclusion]},
		{name: "text of an inclusion", again: func(b []byte) ([]byte, error) {
			i := new(utt.Inclusion)
			if err := i.UnmarshalText(b); err != nil {
				return nil, err
			}
			return i.MarshalText()
		}},
	}
	for _, e := range []decoder{
		{name: "block", again: reencode[utt.Block]},
		{name: "block shares", again: reencode[utt.BlockShares]},
		{name: "committees", again: reencode[utt.Committees]},
		{name: "receipt", again: reencode[utt.Receipt]},
		{name: "checkpoint", again: reencode[utt.Checkpoint]},
		{name: "frontier", again: reencode[utt.Frontier]},
		{name: "cursor", again: reencode[utt.Cursor]},
		{name: "section", again: reencode[utt.Section]},
		{name: "schedule", again: reencode[utt.Schedule]},
		{name: "mandate", again: reencode[utt.Mandate]},
		{name: "watch question", again: reencode[utt.WatchQuestion]},
		{name: "watch answer", again: reencode[utt.WatchAnswer]},
		{name: "holders", again: reencode[utt.Holders]},
	} {
		for _, v := range encodings(t, &c)[e.name] {
			e.seeds = append(e.seeds, unhex(t, v))
		}
		d = append(d, e)
	}
	var paid paymentVectors
	readVectors(t, paymentsFile, &paid)
	text := decoder{name: "text of a proof of payment", again: func(b []byte) ([]byte, error) {
		again, err := utt.ReencodeProof(string(b))
		return []byte(again), err
	}}
	content := decoder{name: "proof of payment", again: func(b []byte) ([]byte, error) { // past the checksum
		again, err := utt.ReencodeProof(utt.ProofText(b))
		if err != nil {
			return nil, err
		}
		_, err = p.VerifyPaymentProof(again, "")
		require.True(t, err == nil || typed(err), "%v", err)
		return utt.RawProof(again), nil
	}}
	for _, v := range paid.Payments {
		text.seeds, content.seeds = append(text.seeds, []byte(v.Text)), append(content.seeds, utt.RawProof(v.Text))
	}
	d = append(d, text, content, decoder{
		name: "payment request", seeds: [][]byte{[]byte(derive().Request)},
		again: func(b []byte) ([]byte, error) {
			again, err := utt.ReencodeRequest(string(b))
			return []byte(again), err
		},
	})
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	d[4].seeds = append(d[4].seeds, snapshot(t, l))
	for i, o := range c.Operations {
		d[0].seeds = append(d[0].seeds, unhex(t, o.Encoding))
		d[1].seeds = append(d[1].seeds, unhex(t, o.Record))
		d[5].seeds = append(d[5].seeds, unhex(t, o.Certificate))
		d[8].seeds = append(d[8].seeds, unhex(t, o.Inclusion))
		shown := new(utt.Inclusion)
		require.NoError(t, shown.UnmarshalBinary(d[8].seeds[i]))
		text, err := shown.MarshalText()
		require.NoError(t, err)
		d[9].seeds = append(d[9].seeds, text)
		if i < 5 { // without proofs of payments, which take long to check
			op, err := utt.ParseOperation(unhex(t, o.Encoding))
			require.NoError(t, err)
			execute(t, l, c.Time, op)
		}
	}
	var authority authorised
	readVectors(t, authorityFile, &authority)
	for _, o := range authority.Operations {
		d[0].seeds = append(d[0].seeds, unhex(t, o.Encoding))
		d[1].seeds = append(d[1].seeds, unhex(t, o.Record))
	}
	for _, outputs := range []int{0, 1, 3} {
		s := utt.Share{Record: utt.Cursor{Height: 7, Index: 2}, Outputs: slices.Repeat(someShare(t), outputs)}
		b, err := s.MarshalBinary()
		require.NoError(t, err)
		d[2].seeds = append(d[2].seeds, b)
	}
	b, err := (&utt.CertificateShare{Share: someShare(t)[0]}).MarshalBinary()
	require.NoError(t, err)
	d[6].seeds = [][]byte{b}
	var of sessionVectors
	readVectors(t, sessionsFile, &of)
	d[3].seeds = [][]byte{unhex(t, c.Parameters), unhex(t, of.Parameters)}
	for _, o := range of.Operations {
		d[0].seeds = append(d[0].seeds, unhex(t, o.Encoding))
		if o.Record != "" {
			d[1].seeds = append(d[1].seeds, unhex(t, o.Record))
		}
	}
	var v totals
	readVectors(t, taxFile, &v)
	d[3].seeds = append(d[3].seeds, unhex(t, v.Parameters))
	d[7].seeds = [][]byte{unhex(t, v.Batch)}
	for _, block := range v.Blocks {
		for _, op := range block.Operations {
			d[0].seeds = append(d[0].seeds, unhex(t, op))
		}
	}
	d[4].seeds = append(d[4].seeds, snapshot(t, l))
	ops, records, sum := utt.ExceptionalSeeds()
	for i, op := range ops {
		d[0].seeds = append(d[0].seeds, utt.RawOperation(op))
		d[1].seeds = append(d[1].seeds, unhex(t, hexOf(t, records[i])))
	}
	d[1].seeds = append(d[1].seeds, unhex(t, hexOf(t, records[len(ops)])))
	keys, err := utt.DeriveKeys(p, utt.PIDOf(c.Users[0].Identity), unhex(t, c.Users[0].Seed))
	require.NoError(t, err)
	var kept ownVectors
	readVectors(t, ownFile, &kept)
	holding := decoder{name: "holding", again: func(b []byte) ([]byte, error) {
		h, err := keys.ParseHolding(b)
		if err != nil {
			return nil, err
		}
		return h.AppendBinary(nil)
	}}
	for _, h := range kept.Holdings[0] {
		holding.seeds = append(holding.seeds, unhex(t, h))
	}
	d = append(d, holding, decoder{name: "openings", seeds: [][]byte{unhex(t, kept.Openings)}, again: func(b []byte) ([]byte, error) {
		o, err := p.ParseOpenings(b)
		if err != nil {
			return nil, err
		}
		return o.AppendBinary(nil)
	}})
	entry := decoder{name: "entry", again: utt.ReencodeEntry}
	for _, r := range onRecord() {
		entry.seeds = append(entry.seeds, r.LogLeaf(utt.EntryTree))
	}
	return append(d, entry, decoder{name: "sum", seeds: [][]byte{unhex(t, hexOf(t, sum))}, again: reencode[utt.Sum]})
})

// someShare is a signature share on something.
func someShare(t testing.TB) []*threshold.SignatureShare {
	t.Helper()
	random := testrand.New("some share")
	_, keys, err := threshold.Deal(random, 1, 1, 2)
	require.NoError(t, err)
	m, _, err := sig.Commit(random, sig.NewBase("test", nil), []sig.Attribute{sig.Uint64(1), sig.Uint64(2)})
	require.NoError(t, err)
	s, err := keys[0].Sign(m)
	require.NoError(t, err)
	return []*threshold.SignatureShare{s}
}

// typed reports an error that callers can tell.
func typed(err error) bool {
	return slices.ContainsFunc([]error{utt.ErrMalformed, utt.ErrInvalid, utt.ErrPolicy, threshold.ErrMalformed},
		func(kind error) bool { return errors.Is(err, kind) })
}

// FuzzDecode feeds every decoder, chosen by the first byte. What is accepted
// encodes to the same bytes; what is not, fails with a typed error.
func FuzzDecode(f *testing.F) {
	for i, d := range decoders() {
		for _, s := range d.seeds {
			f.Add(append([]byte{byte(i)}, s...))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		d := decoders()[int(b[0])%len(decoders())]
		got, err := d.again(b[1:])
		if err != nil {
			require.True(t, typed(err), "%s: %v", d.name, err)
			return
		}
		require.Equal(t, b[1:], got, d.name)
	})
}

// Every decoder refuses every real encoding cut short or with something after it.
func TestDecodersDemandTheEnd(t *testing.T) {
	for _, d := range decoders() {
		for i, s := range d.seeds {
			got, err := d.again(s)
			require.NoError(t, err, "%s %d", d.name, i)
			require.Equal(t, s, got)
			_, err = d.again(append(slices.Clone(s), 0))
			require.ErrorIs(t, err, utt.ErrMalformed, "%s %d", d.name, i)
			for cut := 0; cut < len(s); cut += 1 + cut/20 {
				_, err := d.again(s[:cut])
				require.ErrorIs(t, err, utt.ErrMalformed, "%s %d cut to %d bytes", d.name, i, cut)
			}
		}
		_, err := d.again(nil)
		require.ErrorIs(t, err, utt.ErrMalformed, d.name)
		_, err = d.again(bytes.Repeat([]byte{0xff}, 1<<17))
		require.ErrorIs(t, err, utt.ErrMalformed, d.name)
	}
}

// allocated is how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A length that lies, wherever it stands in a small input, makes no decoder
// allocate more than a mebibyte.
func TestHostileLengths(t *testing.T) {
	lengths := [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 0, 0xff, 0xff}, {0, 1, 0, 0}, {0x7f, 0xff, 0xff, 0xff}}
	for _, d := range decoders() {
		for i, s := range d.seeds {
			s = s[:min(len(s), 4096)]
			step := max(1, len(s)/150)
			for at := 0; at < len(s); at += step {
				if at > 120 && i > 1 {
					break // alike in all of a kind
				}
				for _, n := range lengths {
					hostile := slices.Concat(s[:at], n)
					got := allocated(func() { _, _ = d.again(hostile) })
					require.Less(t, got, uint64(1<<20), "%s %d: length %x at byte %d of %d", d.name, i, n, at, len(s))
				}
			}
		}
	}
}

// Counts, not lengths: the largest that the format can state.
func TestHostileCounts(t *testing.T) {
	share := binary.BigEndian.AppendUint16(make([]byte, 13), 0xffff)
	share[0] = 1
	block := binary.BigEndian.AppendUint16(append([]byte{1}, make([]byte, 16)...), utt.MaxBlock)
	shares := append(append([]byte{1}, make([]byte, 8+32+1)...), 1, 0, 1, 0x40, 0) // of 81 920 outputs
	for name, b := range map[string][]byte{
		"operation": append([]byte{1, 6}, bytes.Repeat([]byte{0xff}, 4094)...),
		"record":    append([]byte{1, 6}, bytes.Repeat([]byte{0xff}, 4094)...),
		"share":     share,

		"block": block, "block shares": shares,
		"committees": append([]byte{1}, bytes.Repeat([]byte{0x7f}, 4096)...),
		"receipt":    append([]byte{1}, bytes.Repeat([]byte{3}, 80)...),
	} {
		for _, d := range decoders() {
			if d.name == name {
				require.Less(t, allocated(func() {
					_, err := d.again(b)
					require.ErrorIs(t, err, utt.ErrMalformed)
				}), uint64(1<<18), name)
			}
		}
	}
}

func TestOperationBounds(t *testing.T) {
	b := utt.RawOperation(sharedWorld().honest)
	_, err := utt.ParseOperation(append(slices.Clone(b), make([]byte, 1<<16)...))
	require.ErrorIs(t, err, utt.ErrMalformed)
	for kind := range 256 {
		c := slices.Clone(b)
		c[1] = byte(kind)
		op, err := utt.ParseOperation(c)
		if kind == int(b[1]) {
			require.NoError(t, err)
			c[40] ^= 1 // the caller's to reuse
			require.Equal(t, b, utt.RawOperation(op))
			continue
		}
		require.ErrorIs(t, err, utt.ErrMalformed, fmt.Sprint(kind))
	}
	for version := range 256 {
		c := slices.Clone(b)
		c[0] = byte(version)
		_, err := utt.ParseOperation(c)
		require.Equal(t, version == 1, err == nil, "version %d", version)
	}
}
