package utt_test

import (
	"bytes"
	"crypto/sha256"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// onRecord are records of every kind, those of the chain with their signatures.
var onRecord = sync.OnceValue(func() (all []*utt.Record) {
	var t fatal
	parse := func(text string, unsigned bool) {
		r, err := new(utt.Record), error(nil)
		if unsigned {
			r, err = utt.ParseUnsigned(unhex(t, text))
		} else {
			err = r.UnmarshalBinary(unhex(t, text))
		}
		require.NoError(t, err)
		if r.Kind() == utt.KindRegistration { // whose signatures are in another tree
			r = r.Unsigned()
		}
		all = append(all, r)
	}
	made := func(text string) {
		op, err := utt.ParseOperation(unhex(t, text))
		require.NoError(t, err)
		if r := utt.OnRecord(op); r != nil {
			all = append(all, r)
		}
	}
	var c chain
	readVectors(t, chainFile, &c)
	for _, o := range c.Operations {
		parse(o.Record, false)
	}
	var authority authorised
	readVectors(t, authorityFile, &authority)
	for _, o := range authority.Operations {
		parse(o.Record, false)
	}
	var sessions sessionVectors
	readVectors(t, sessionsFile, &sessions)
	for _, o := range sessions.Operations {
		if o.Record != "" {
			parse(o.Record, false)
		} else {
			made(o.Encoding)
		}
	}
	var held accountability
	readVectors(t, accountabilityFile, &held)
	for _, b := range held.Blocks {
		for _, r := range b.Records {
			parse(r, true)
		}
	}
	var taxes totals
	readVectors(t, taxFile, &taxes)
	for _, b := range taxes.Blocks {
		for _, o := range b.Operations {
			made(o)
		}
	}
	_, law, _ := utt.ExceptionalSeeds()
	return append(all, law...)
})

func summaryOf(t testing.TB, r *utt.Record) *utt.Summary {
	t.Helper()
	s, err := utt.ParseEntry(r.LogLeaf(utt.EntryTree))
	require.NoError(t, err)
	return s
}

func summariesOf(t testing.TB, records []*utt.Record) (all []*utt.Summary) {
	t.Helper()
	for _, r := range records {
		all = append(all, summaryOf(t, r))
	}
	return all
}

// An entry of every kind is read without the detail, and with it is the record.
func TestSummariesOfEveryKind(t *testing.T) {
	kinds := make(map[utt.Kind]int)
	for _, r := range onRecord() {
		kinds[r.Kind()]++
		require.Len(t, r.Commitments(sharedWorld().Parameters), r.Outputs(sharedWorld().Parameters))
		entry := r.LogLeaf(utt.EntryTree)
		s := summaryOf(t, r)
		require.Equal(t, entry, s.LogEntry())
		again, err := utt.ReencodeEntry(entry)
		require.NoError(t, err)
		require.Equal(t, entry, again)
		require.Equal(t, r.Cursor(), s.Cursor())
		require.Equal(t, r.Time(), s.Time())
		require.Equal(t, r.ID(), s.ID())
		require.Equal(t, r.Kind(), s.Kind())
		require.Equal(t, r.Status(), s.Status())
		require.Equal(t, len(r.Detail()) == 0, s.Whole())
		got, err := s.Record(r.Detail())
		require.NoError(t, err)
		require.Equal(t, r.AppendUnsigned(nil), got.AppendUnsigned(nil))
		require.False(t, got.Signed())
		for _, detail := range [][]byte{append(r.Detail(), 0), {7}, bytes.Repeat([]byte{1}, 1<<17)} {
			_, err = s.Record(detail)
			require.ErrorIs(t, err, utt.ErrInvalid)
			require.ErrorContains(t, err, "[LOG-1]")
		}
		if !s.Whole() {
			_, err = s.Record(nil)
			require.ErrorContains(t, err, "[LOG-1]")
		}
	}
	require.Len(t, kinds, 18, "%v", kinds)
}

// What a wallet looks for in a summary is what the record says.
func TestSummariesSayWhatTheirRecordsSay(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	var authority authorised
	readVectors(t, authorityFile, &authority)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	scan, err := utt.NewScanSecret(chainScan)
	require.NoError(t, err)
	concerning, spending, clues := 0, 0, 0
	for _, r := range onRecord()[:len(c.Operations)+len(authority.Operations)] {
		e, err := r.Entry(p)
		require.NoError(t, err)
		s := summaryOf(t, r)
		require.Equal(t, e.PID, s.PID(), r.Kind())
		require.Equal(t, e.Nullifiers, s.Nullifiers())
		if r.Kind() != utt.KindAmendment { // whose epoch is in the detail
			require.Equal(t, e.Epoch, s.Epoch(), r.Kind())
		}
		require.Equal(t, scan.Handles(r), scan.HandlesIn(p.Network(), s))
		if s.PID() != (utt.PID{}) {
			concerning++
		}
		spending, clues = spending+len(s.Nullifiers()), clues+len(scan.HandlesIn(p.Network(), s))
	}
	require.Greater(t, concerning, 6)
	require.Greater(t, spending, 4)
	require.Equal(t, 2, clues)
}

// Entries are decoded from their canonical bytes only.
func TestRejectsEntries(t *testing.T) {
	nothing := sha256.Sum256(nil)
	for _, r := range onRecord() {
		entry := r.LogLeaf(utt.EntryTree)
		change := func(at int, to byte) []byte {
			b := bytes.Clone(entry)
			b[at] = to
			return b
		}
		end := len(entry) - sha256.Size
		detail := append(bytes.Clone(entry[:end]), nothing[:]...)
		if summaryOf(t, r).Whole() {
			detail[end] ^= 1
		}
		for name, b := range map[string][]byte{
			"nothing":             nil,
			"a hash":              entry[end:],
			"cut short":           entry[:len(entry)-1],
			"longer":              append(bytes.Clone(entry), 0),
			"longer in front":     slices.Insert(bytes.Clone(entry), end, 0),
			"too long":            append(bytes.Repeat([]byte{2}, 1<<16), entry...),
			"another version":     change(0, 3),
			"a decision":          change(1, byte(utt.KindDecision)),
			"no kind":             change(1, 0),
			"no status":           change(2, 0),
			"rejected":            change(2, byte(utt.Rejected)),
			"a hash of no detail": detail,
		} {
			_, err := utt.ParseEntry(b)
			require.ErrorIs(t, err, utt.ErrMalformed, "%v: %s", r.Kind(), name)
		}
	}
}

// madeUp is a ledger of records picked at random, with its certificate, which nobody signed.
type madeUp struct {
	records   []*utt.Record
	summaries []*utt.Summary
}

func newMadeUp(t testing.TB, size int, seed uint64) *madeUp {
	m, rng := new(madeUp), rand.New(rand.NewPCG(seed, 3))
	for range size {
		pool := onRecord()
		if rng.IntN(2) == 0 {
			pool = pool[:11] // the chain, most of whose records have outputs
		}
		r := pool[rng.IntN(len(pool))]
		if !r.Signed() && r.Kind() != utt.KindRegistration { // as those without outputs are read
			r = r.SignedByNobody()
		}
		m.records = append(m.records, r)
	}
	m.summaries = summariesOf(t, m.records)
	return m
}

func (m *madeUp) certificate(t testing.TB, size uint64) *utt.Certificate {
	f, err := utt.Frontier{}.Extend(m.records[:size])
	require.NoError(t, err)
	return &utt.Certificate{Checkpoint: f.Checkpoint}
}

func (m *madeUp) section(t testing.TB, number, size uint64) *utt.Section {
	from, to := utt.SectionBounds(number, size)
	s, err := utt.NewSection(number, size, m.records[from:to], new(utt.Inclusion).Nodes(t, m.records))
	require.NoError(t, err)
	d := new(utt.Section)
	require.NoError(t, d.UnmarshalBinary(unhex(t, hexOf(t, s))))
	return d
}

// Whatever records a ledger has, and of whatever size it is, its entries and sections open to
// them, with their signatures.
func TestSectionsOpenToTheRecords(t *testing.T) {
	const most = 50
	m := newMadeUp(t, most, 1)
	for size := uint64(1); size <= most; size++ {
		c := m.certificate(t, size)
		at, err := utt.Frontier{}.LeadEntries(c, m.summaries[:size])
		require.NoError(t, err)
		require.Equal(t, c.Checkpoint, at.Checkpoint)
		next := uint64(0)
		for number := uint64(0); next < size; number++ {
			from, to := utt.SectionBounds(number, size)
			require.Equal(t, next, from)
			require.Equal(t, min(from+utt.SectionSize, size), to)
			got, err := m.section(t, number, size).Open(c, number, m.summaries[from:to])
			require.NoError(t, err, "section %d of %d", number, size)
			for i, r := range got {
				require.Equal(t, hexOf(t, m.records[from+uint64(i)]), hexOf(t, r))
			}
			next = to
		}
		from, to := utt.SectionBounds((size-1)/utt.SectionSize+1, size)
		require.Equal(t, from, to)
	}
	for _, c := range [][2]uint64{{0, 0}, {1, 0}, {1, 16}, {math.MaxUint64, math.MaxUint64}, {1 << 60, 1 << 60}} {
		from, to := utt.SectionBounds(c[0], c[1])
		require.Equal(t, from, to)
	}
	from, to := utt.SectionBounds(math.MaxUint64>>4, math.MaxUint64)
	require.Equal(t, uint64(15), to-from)
}

// The certificate that a section is opened by says all of it: details by the entries,
// signatures by their root, and of which records by the number and the size.
func TestRejectsSections(t *testing.T) {
	m, foreign := newMadeUp(t, 40, 2), newMadeUp(t, 40, 3)
	const number, size = 1, 40
	c, s := m.certificate(t, size), m.section(t, number, size)
	of := func(number uint64) []*utt.Summary {
		from, to := utt.SectionBounds(number, size)
		return m.summaries[from:to]
	}
	_, err := s.Open(c, number, of(number))
	require.NoError(t, err)
	signed, other, detailed := -1, -1, -1
	for i, r := range m.records[16:32] {
		switch {
		case len(r.Signatures()) > 0 && signed < 0:
			signed = i
		case len(r.Signatures()) > 0 && !bytes.Equal(r.Signatures(), m.records[16+signed].Signatures()):
			other = i
		}
		if len(r.Detail()) > 0 {
			detailed = i
		}
	}
	require.Positive(t, signed+1)
	require.Positive(t, other+1)
	require.Positive(t, detailed+1)
	plain := slices.IndexFunc(m.records[16:32], func(r *utt.Record) bool { return len(r.Detail()) == 0 })
	made := utt.Issued(utt.Cursor{}, 0, alice, cash, 1).SignedByNobody()
	for name, bad := range map[string]struct {
		section *utt.Section
		label   string
	}{
		"a garbled detail":                 {s.WithDetail(detailed, []byte{7}), "[LOG-1]"},
		"no detail":                        {s.WithDetail(detailed, nil), "[LOG-1]"},
		"a detail where there is none":     {s.WithDetail(plain, []byte{0}), "[LOG-1]"},
		"details exchanged":                {s.DetailsSwapped(detailed, plain), "[LOG-1]"},
		"another ledger's section":         {foreign.section(t, number, size), "[LOG-1]"},
		"another section":                  {m.section(t, 0, size), "[LOG-1]"},
		"of another size":                  {m.section(t, number, size-1), "[LOG-SIG]"},
		"of another size, as many":         {m.section(t, number, 33), "[LOG-SIG]"},
		"signatures exchanged":             {s.SignaturesSwapped(signed, other), "[LOG-SIG]"},
		"another's signatures":             {s.WithSignatures(signed, m.records[16+other]), "[LOG-SIG]"},
		"no signatures":                    {s.WithSignatures(signed, made), "[LOG-SIG]"},
		"a path that is too short":         {s.WithPath(s.Path()[1:]), "[LOG-SIG]"},
		"a path that is too long":          {s.WithPath(append(s.Path(), [32]byte{})), "[LOG-SIG]"},
		"no path":                          {s.WithPath(nil), "[LOG-SIG]"},
		"another section's path":           {s.WithPath(m.section(t, 0, size).Path()), "[LOG-SIG]"},
		"a record less":                    {s.Cut(), "has 16 records"},
		"the last section, which is short": {m.section(t, 2, size), "has 16 records"},
		"nothing":                          {new(utt.Section), "empty"},
		"nil":                              {nil, "empty"},
	} {
		records, err := bad.section.Open(c, number, of(number))
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, bad.label, name)
		require.Nil(t, records, name)
	}
	some := of(number) // of the others he has no summary, and gets no record; their signatures are held against the root all the same
	for i := range some {
		if i != signed {
			some[i] = nil
		}
	}
	records, err := s.Open(c, number, some)
	require.NoError(t, err)
	for i, r := range records {
		require.Equal(t, i == signed, r != nil)
	}
	require.ErrorContains(t, second(s.WithSignatures(other, made).Open(c, number, some)), "[LOG-SIG]")
	ofCredentials := *c
	ofCredentials.Kind = utt.CredentialCheckpoint
	require.ErrorContains(t, second(s.Open(&ofCredentials, number, of(number))), "[CERT-KIND]")
	for name, open := range map[string]func() error{
		"without a certificate":    func() error { return second(s.Open(nil, number, of(number))) },
		"by an older certificate":  func() error { return second(s.Open(m.certificate(t, 32), number, of(number))) },
		"by another ledger's":      func() error { return second(s.Open(foreign.certificate(t, size), number, of(number))) },
		"under another number":     func() error { return second(s.Open(c, 0, of(number))) },
		"under no number":          func() error { return second(s.Open(c, math.MaxUint64, of(number))) },
		"with other summaries":     func() error { return second(s.Open(c, number, of(0))) },
		"with summaries exchanged": func() error { return second(s.Open(c, number, append(slices.Clone(of(number))[1:], of(number)[0]))) },
		"with a summary less":      func() error { return second(s.Open(c, number, of(number)[1:])) },
		"made of too few": func() error {
			return second(utt.NewSection(number, size, m.records[16:31], new(utt.Inclusion).Nodes(t, m.records)))
		},
		"made of none": func() error { return second(utt.NewSection(9, size, nil, new(utt.Inclusion).Nodes(t, m.records))) },
		"made of nil": func() error {
			return second(utt.NewSection(number, size, make([]*utt.Record, 16), new(utt.Inclusion).Nodes(t, m.records)))
		},
		"made without trees":          func() error { return second(utt.NewSection(number, size, m.records[16:32], nil)) },
		"an encoding of an empty one": func() error { return second(new(utt.Section).MarshalBinary()) },
	} {
		require.ErrorIs(t, open(), utt.ErrInvalid, name)
	}
}

// Whatever field of a section is changed, and however, it does not open.
func TestEveryFieldOfASectionIsBound(t *testing.T) {
	transfers := slices.DeleteFunc(slices.Clone(onRecord()[:11]), func(r *utt.Record) bool { return r.Kind() != utt.KindTransfer })
	m := &madeUp{records: slices.Repeat(transfers, 20)[:40]} // with something in every field
	m.summaries = summariesOf(t, m.records)
	c, s := m.certificate(t, 40), m.section(t, 1, 40)
	refused := 0
	for _, mutant := range utt.Mutate(s, m.section(t, 0, 40)) {
		d := new(utt.Section)
		if err := d.UnmarshalBinary(mutant.Raw); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed, mutant)
			continue
		}
		again, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, mutant.Raw, again, mutant)
		_, err = d.Open(c, 1, m.summaries[16:32])
		require.ErrorIs(t, err, utt.ErrInvalid, mutant)
		refused++
	}
	require.Greater(t, refused, 50)
}

// What was led by entries goes on by entries, and by nothing else, whatever it was before.
func TestFrontierOfEntries(t *testing.T) {
	m := newMadeUp(t, 30, 5)
	half, full := m.certificate(t, 17), m.certificate(t, 30)
	at, err := utt.Frontier{}.LeadEntries(half, m.summaries[:17])
	require.NoError(t, err)
	read, err := utt.Frontier{}.Lead(half, m.records[:17])
	require.NoError(t, err)
	again, err := read.LeadEntries(half, nil)
	require.NoError(t, err)
	require.Equal(t, at, again)
	var d utt.Frontier
	require.NoError(t, d.UnmarshalBinary(unhex(t, hexOf(t, at))))
	require.Equal(t, hexOf(t, at), hexOf(t, d))
	for _, from := range []utt.Frontier{at, read, d} {
		to, err := from.LeadEntries(full, m.summaries[17:])
		require.NoError(t, err)
		require.Equal(t, full.Checkpoint, to.Checkpoint)
		for name, bad := range map[string][]*utt.Summary{
			"left out":  m.summaries[18:],
			"too many":  m.summaries[16:],
			"none":      nil,
			"exchanged": append(slices.Clone(m.summaries[18:]), m.summaries[17]),
			"nil":       make([]*utt.Summary, 13),
		} {
			_, err := from.LeadEntries(full, bad)
			require.ErrorIs(t, err, utt.ErrInvalid, name)
		}
		_, err = from.LeadEntries(nil, nil)
		require.ErrorIs(t, err, utt.ErrInvalid)
		ofCredentials := *full
		ofCredentials.Kind = utt.CredentialCheckpoint
		_, err = from.LeadEntries(&ofCredentials, m.summaries[17:])
		require.ErrorContains(t, err, "[CERT-KIND]")
	}
	for _, err := range []error{second(at.Extend(m.records[17:])), second(at.Lead(full, m.records[17:])), at.At(half)} {
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
	require.ErrorContains(t, second(at.Lead(full, m.records[17:])), "without signatures")
	for _, tree := range []utt.Tree{utt.CoinTree, utt.CredentialTree} {
		_, ok := at.Complete(tree, 4, 0)
		require.False(t, ok)
	}
	_, ok := at.Complete(utt.EntryTree, 4, 0)
	require.True(t, ok)
}

// BenchmarkSummaries is what a reader of entries takes for each payment: to decode it, and to
// hold it against a certificate.
func BenchmarkSummaries(b *testing.B) {
	payment := onRecord()[8]
	require.Equal(b, utt.KindTransfer, payment.Kind())
	m := &madeUp{records: slices.Repeat([]*utt.Record{payment}, 512)}
	c, entry := m.certificate(b, 512), payment.LogLeaf(utt.EntryTree)
	for b.Loop() {
		summaries := make([]*utt.Summary, 512)
		for i := range summaries {
			s, err := utt.ParseEntry(entry)
			if err != nil {
				b.Fatal(err)
			}
			summaries[i] = s
		}
		if _, err := (utt.Frontier{}).LeadEntries(c, summaries); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(512*b.N), "ns/entry")
	b.ReportMetric(float64(len(entry)), "bytes/entry")
}

// BenchmarkOpenSection is of a section of payments.
func BenchmarkOpenSection(b *testing.B) {
	m := &madeUp{records: slices.Repeat(onRecord()[8:9], 512)}
	m.summaries = summariesOf(b, m.records)
	c, encoded := m.certificate(b, 512), unhex(b, hexOf(b, m.section(b, 9, 512)))
	for b.Loop() {
		var s utt.Section
		if err := s.UnmarshalBinary(encoded); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Open(c, 9, m.summaries[144:160]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(encoded)), "bytes")
}
