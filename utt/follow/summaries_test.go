package follow_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
)

var _ follow.EntrySource = new(local.Network)

// enrolled is a network with so many users.
func enrolled(t testing.TB, users ...string) *local.Network {
	t.Helper()
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(t, err)
	for _, u := range users {
		w, err := net.Wallet(u, nil)
		require.NoError(t, err)
		require.NoError(t, net.Enroll(ctx, w, u, 0))
	}
	return net
}

func encoded(t testing.TB, r interface{ MarshalBinary() ([]byte, error) }) []byte {
	t.Helper()
	b, err := r.MarshalBinary()
	require.NoError(t, err)
	return b
}

// What is read by parts is what is read in full.
func TestSummariesAndSectionsAreTheRecords(t *testing.T) {
	ctx := context.Background()
	net := enrolled(t, "ann", "bob")
	for i := range 20 {
		require.NoError(t, net.Issue(ctx, "ann", "cash", utt.Amount(1+i)))
	}
	p := net.Parameters()
	var records []*utt.Record
	require.NoError(t, follow.Records(ctx, p, utt.Frontier{}, net, func(_ context.Context, got []*utt.Record, _ utt.Frontier) error {
		records = append(records, got...)
		return nil
	}))
	var summaries []*utt.Summary
	aim, err := follow.Summaries(ctx, p, utt.Frontier{}, net, 0, func(_ context.Context, got []*utt.Summary, _ utt.Frontier) error {
		summaries = append(summaries, got...)
		return nil
	})
	require.NoError(t, err)
	require.Len(t, summaries, len(records))
	require.EqualValues(t, len(records), aim.Records)
	for number := uint64(0); ; number++ {
		from, to := utt.SectionBounds(number, aim.Records)
		if from == to {
			require.Equal(t, aim.Records, from)
			break
		}
		opened, err := follow.Open(ctx, net, aim, number, summaries[from:to])
		require.NoError(t, err)
		for i, r := range opened {
			want := records[from+uint64(i)]
			if want.Kind() == utt.KindRegistration { // its signature is in another tree
				require.False(t, r.Signed())
				require.Equal(t, want.AppendUnsigned(nil), r.AppendUnsigned(nil))
				continue
			}
			require.Equal(t, encoded(t, want), encoded(t, r))
		}
	}
}

// source is a network's node with faults of its own, that counts what it is asked.
type source struct {
	*local.Network
	certificate func(*utt.Certificate) (*utt.Certificate, error)
	entries     func([][]byte) [][]byte
	section     func(number, size uint64) (*utt.Section, error)
	fails       error // after the entries
	none        bool
	asked       []string
}

func (s *source) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	c, err := s.Network.Certificate(ctx, height)
	if err == nil && s.certificate != nil {
		return s.certificate(c)
	}
	return c, err
}

func (s *source) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	s.asked = append(s.asked, "entries")
	if s.none {
		return nil
	}
	var all [][]byte
	for e, err := range s.Network.Entries(ctx, from) {
		if err != nil {
			panic(err)
		}
		all = append(all, e)
	}
	if s.entries != nil {
		all = s.entries(all)
	}
	return func(yield func([]byte, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
		if s.fails != nil {
			yield(nil, s.fails)
		}
	}
}

func (s *source) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	s.asked = append(s.asked, "section")
	if s.section != nil {
		return s.section(number, size)
	}
	return s.Network.Section(ctx, number, size)
}

// summariesOf are all of a network's, with where they lead, and its last certificate.
func summariesOf(t testing.TB, net *local.Network) (all []*utt.Summary, at utt.Frontier, aim *utt.Certificate) {
	t.Helper()
	aim, err := follow.Summaries(context.Background(), net.Parameters(), utt.Frontier{}, net, 0, func(_ context.Context, got []*utt.Summary, to utt.Frontier) error {
		all, at = append(all, got...), to
		return nil
	})
	require.NoError(t, err)
	return all, at, aim
}

// Nothing is handed on of what a node garbles, makes up, leaves out or exchanges, and the
// node is named for it.
func TestRejectsEntriesOfNodes(t *testing.T) {
	ctx := context.Background()
	net, other := enrolled(t, "ann", "bob"), enrolled(t, "ann")
	foreign := make(map[int][]byte)
	i := 0
	for e, err := range other.Entries(ctx, 0) {
		require.NoError(t, err)
		foreign[i] = e
		i++
	}
	change := func(e []byte, at int) []byte {
		e = slices.Clone(e)
		e[at] ^= 1
		return e
	}
	failure := errors.New("connection lost")
	for name, c := range map[string]struct {
		node  source
		cause error
	}{
		"a garbled hash":       {node: source{entries: func(e [][]byte) [][]byte { return append([][]byte{change(e[0], len(e[0])-1)}, e[1:]...) }}},
		"a garbled ID":         {node: source{entries: func(e [][]byte) [][]byte { return append([][]byte{change(e[0], 30)}, e[1:]...) }}},
		"another version":      {node: source{entries: func(e [][]byte) [][]byte { return append([][]byte{change(e[0], 0)}, e[1:]...) }}, cause: utt.ErrMalformed},
		"an empty entry":       {node: source{entries: func(e [][]byte) [][]byte { return append([][]byte{nil}, e...) }}, cause: utt.ErrMalformed},
		"one left out":         {node: source{entries: func(e [][]byte) [][]byte { return slices.Delete(e, 1, 2) }}},
		"one twice":            {node: source{entries: func(e [][]byte) [][]byte { return slices.Insert(e, 1, e[0]) }}},
		"two exchanged":        {node: source{entries: func(e [][]byte) [][]byte { e[0], e[1] = e[1], e[0]; return e }}},
		"another ledger's":     {node: source{entries: func(e [][]byte) [][]byte { e[0] = foreign[0]; return e }}},
		"none":                 {node: source{entries: func([][]byte) [][]byte { return nil }}},
		"nothing to read from": {node: source{none: true}},
		"no certificate":       {node: source{certificate: func(*utt.Certificate) (*utt.Certificate, error) { return nil, nil }}},
		"a failure":            {node: source{fails: failure}, cause: failure},
	} {
		c.node.Network = net
		taken := 0
		aim, err := follow.Summaries(ctx, net.Parameters(), utt.Frontier{}, &c.node, 0, func(context.Context, []*utt.Summary, utt.Frontier) error {
			taken++
			return nil
		})
		require.Nil(t, aim, name)
		require.Zero(t, taken, name)
		if errors.Is(c.cause, failure) {
			require.ErrorIs(t, err, failure)
			require.False(t, follow.Broken.Is(err), "it may be the connection")
			continue
		}
		require.True(t, follow.Broken.Is(err), "%s: %v", name, err)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		if c.cause != nil {
			require.ErrorIs(t, err, c.cause, name)
		}
	}
}

// The certificate is verified before anything is asked for, also where there is nothing new.
func TestSummariesBeginWithTheCertificate(t *testing.T) {
	ctx := context.Background()
	net := enrolled(t, "ann")
	_, at, last := summariesOf(t, net)
	forged := func(c *utt.Certificate) (*utt.Certificate, error) {
		d := *c
		d.Time++
		return &d, nil
	}
	never := func(context.Context, []*utt.Summary, utt.Frontier) error {
		t.Fatal("nothing is to be taken in")
		return nil
	}
	node := &source{Network: net, certificate: forged}
	aim, err := follow.Summaries(ctx, net.Parameters(), utt.Frontier{}, node, 0, never)
	require.Nil(t, aim)
	require.True(t, follow.Foreign.Is(err), "%v", err)
	require.Empty(t, node.asked)
	node.certificate = func(c *utt.Certificate) (*utt.Certificate, error) {
		return &utt.Certificate{Checkpoint: c.Checkpoint}, nil
	}
	_, err = follow.Summaries(ctx, net.Parameters(), at, node, 0, never)
	require.True(t, follow.Foreign.Is(err), "unsigned: %v", err)
	node.certificate = nil
	aim, err = follow.Summaries(ctx, net.Parameters(), at, node, 0, never)
	require.NoError(t, err)
	require.Equal(t, last, aim, "with nothing new")
	require.Empty(t, node.asked)

	empty, err := local.New(ctx, local.Config{})
	require.NoError(t, err)
	aim, err = follow.Summaries(ctx, empty.Parameters(), utt.Frontier{}, empty, 0, never)
	require.NoError(t, err)
	require.Nil(t, aim, "nothing is published")
	_, err = follow.Summaries(ctx, net.Parameters(), at, empty, 0, never)
	require.True(t, follow.Behind.Is(err), "%v", err)
	_, err = follow.Summaries(ctx, net.Parameters(), at, nil, 0, never)
	require.ErrorIs(t, err, utt.ErrInvalid)

	// records cannot follow summaries, which is nobody's fault
	require.NoError(t, net.Issue(ctx, "ann", "cash", 1))
	err = follow.Records(ctx, net.Parameters(), at, net, func(context.Context, []*utt.Record, utt.Frontier) error { return nil })
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.False(t, follow.Broken.Is(err))
}

// A limit ends reading at a certificate, from where it goes on; what is returned is the last
// one all the same.
func TestSummariesInParts(t *testing.T) {
	ctx := context.Background()
	net := enrolled(t, "ann")
	for i := range 9 {
		require.NoError(t, net.Issue(ctx, "ann", "cash", utt.Amount(i+1)))
	}
	require.NoError(t, net.Advance(ctx, 5e9)) // a certificate of no records
	all, end, last := summariesOf(t, net)
	for _, limit := range []uint64{1, 2, 3, 7, 11, 12, 1000} {
		var at utt.Frontier
		var got []*utt.Summary
		for rounds := 0; at.Checkpoint != last.Checkpoint; rounds++ {
			require.Less(t, rounds, len(all)+1)
			before := uint64(len(got))
			aim, err := follow.Summaries(ctx, net.Parameters(), at, net, limit, func(_ context.Context, s []*utt.Summary, to utt.Frontier) error {
				got, at = append(got, s...), to
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, last, aim)
			require.EqualValues(t, len(got), at.Records)
			require.LessOrEqual(t, uint64(len(got))-before, limit, "each has a block of its own here")
		}
		require.Equal(t, all, got)
		require.Equal(t, end, at)
	}
}

// A node that serves sections of another ledger than the entries it served, of another place,
// size or none at all, is named for it; who asks wrongly is not the node's fault.
func TestRejectsSectionsOfNodes(t *testing.T) {
	ctx := context.Background()
	net, other := enrolled(t, "ann", "bob"), enrolled(t, "ann", "bob")
	for i := range 20 {
		for _, n := range []*local.Network{net, other} {
			require.NoError(t, n.Issue(ctx, "ann", "cash", utt.Amount(i+1)))
		}
	}
	all, _, c := summariesOf(t, net)
	failure := errors.New("connection lost")
	for name, section := range map[string]func(number, size uint64) (*utt.Section, error){
		"of another ledger": func(number, size uint64) (*utt.Section, error) { return other.Section(ctx, number, size) },
		"of another number": func(_, size uint64) (*utt.Section, error) { return net.Section(ctx, 1, size) },
		"of another size":   func(number, size uint64) (*utt.Section, error) { return net.Section(ctx, number, size-8) },
		"empty":             func(uint64, uint64) (*utt.Section, error) { return new(utt.Section), nil },
		"nil":               func(uint64, uint64) (*utt.Section, error) { return nil, nil },
		"failing":           func(uint64, uint64) (*utt.Section, error) { return nil, failure },
	} {
		records, err := follow.Open(ctx, &source{Network: net, section: section}, c, 0, all[:16])
		require.Nil(t, records, name)
		if name == "failing" {
			require.ErrorIs(t, err, failure)
			require.False(t, follow.Broken.Is(err))
			continue
		}
		require.True(t, follow.Broken.Is(err), "%s: %v", name, err)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	node := &source{Network: net}
	for name, open := range map[string]func() ([]*utt.Record, error){
		"without a certificate": func() ([]*utt.Record, error) { return follow.Open(ctx, node, nil, 0, all[:16]) },
		"beyond the ledger":     func() ([]*utt.Record, error) { return follow.Open(ctx, node, c, 9, nil) },
		"with a summary less":   func() ([]*utt.Record, error) { return follow.Open(ctx, node, c, 0, all[:15]) },
		"with an empty summary": func() ([]*utt.Record, error) {
			return follow.Open(ctx, node, c, 0, append(slices.Clone(all[:15]), new(utt.Summary)))
		},
		"without anybody to ask": func() ([]*utt.Record, error) { return follow.Open(ctx, nil, c, 0, all[:16]) },
	} {
		records, err := open()
		require.Nil(t, records, name)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.False(t, follow.Broken.Is(err), name)
	}
	require.Empty(t, node.asked)
}
