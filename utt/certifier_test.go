package utt_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// certifying is a lab's ledger of two blocks with the records as combined: as the ledger's
// certificates have them, and the registrations, of the first, as those of the credentials do.
type certifying struct {
	*lab
	ledger     *ledger.Ledger
	records    [2][]*utt.Record
	registered []*utt.Record
}

func newCertifying(t testing.TB) *certifying {
	t.Helper()
	n := &certifying{lab: newLab()}
	n.ledger = n.population(t)
	for i := range n.records {
		at := uint64(i + 1)
		shares := slices.Concat(n.shares(t, n.ledger, at, n.credential...), n.shares(t, n.ledger, at, n.coin...))
		var err error
		n.records[i], err = n.committees.Combine(context.Background(), n.p, records(t, n.ledger, at), shares)
		require.NoError(t, err)
	}
	n.registered = n.records[0]
	n.records[0] = []*utt.Record{n.registered[0].Unsigned(), n.registered[1].Unsigned()}
	return n
}

// credentialsAt is where a certificate of the credentials of the first blocks is.
func (n *certifying) credentialsAt(c *utt.Certificate) utt.Frontier {
	if c == nil {
		return utt.Frontier{}
	}
	var leaves []utt.CredentialLeaf
	for i, r := range n.registered {
		l, _ := r.Credentials(uint64(i))
		leaves = append(leaves, l)
	}
	at, err := utt.Frontier{}.ExtendCredentials(context.Background(), c.Records, leaves)
	if err != nil {
		panic(err)
	}
	at.Height, at.Time = c.Height, c.Time
	return at
}

// credentials makes a certificate of the credentials of the first block.
func (n *certifying) credentials(t testing.TB) (*utt.Certificate, []*utt.CertificateShare) {
	t.Helper()
	var shares []*utt.CertificateShare
	for i := range n.certifying {
		k, err := replica.NewCredentialCertifier(n.ledger, n.committees.Ledger, n.certifying[i], nil, utt.Frontier{})
		require.NoError(t, err)
		s, err := k.Certify(context.Background(), 1, n.registered)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	c, err := n.committees.CertifyCredentials(n.p, shares)
	require.NoError(t, err)
	require.NoError(t, n.p.VerifyCredentialCertificate(c))
	require.NoError(t, n.credentialsAt(c).At(c))
	return c, shares
}

// A certificate, or a share of one, of one kind is taken for the other nowhere.
func TestCertificatesOfTheOtherKind(t *testing.T) {
	n := newCertifying(t)
	first, _ := n.certify(t)
	of, err := n.committees.Certify(n.p, first)
	require.NoError(t, err)
	credentials, shares := n.credentials(t)
	require.Equal(t, of.Height, credentials.Height)
	require.Equal(t, of.Records, credentials.Records)
	refused := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.ErrorContains(t, err, "[CERT-KIND]")
	}
	refused(n.p.VerifyCertificate(credentials))
	refused(n.p.VerifyCredentialCertificate(of))
	_, err = n.committees.Certify(n.p, shares)
	require.ErrorIs(t, err, threshold.ErrTooFew)
	_, err = n.committees.CertifyCredentials(n.p, first)
	require.ErrorIs(t, err, threshold.ErrTooFew)
	_, err = n.committees.Certify(n.p, append(slices.Clone(shares), first[0]))
	require.ErrorIs(t, err, threshold.ErrTooFew)
	_, err = utt.Frontier{}.Lead(credentials, n.records[0])
	refused(err)
	_, err = utt.Frontier{}.LeadCredentials(t.Context(), of, utt.Leaves(nil), nil)
	refused(err)
	_, err = n.at(of).ExtendCredentials(t.Context(), 5, nil)
	refused(err)
	_, err = n.credentialsAt(credentials).Extend(n.records[1])
	refused(err)
	refused(n.certifier(t, 0, nil).Advance(credentials, n.credentialsAt(credentials)))
	require.ErrorContains(t, n.at(of).At(credentials), "[LOG-EXT]")
	require.ErrorContains(t, n.credentialsAt(credentials).At(of), "[LOG-EXT]")

	// nor does the signature of one hold for what the other says
	as := credentials.Checkpoint
	as.Kind = utt.LedgerCheckpoint
	require.ErrorContains(t, n.p.VerifyCertificate(credentials.At(as)), "[CERT-1]")
	as = of.Checkpoint
	as.Kind = utt.CredentialCheckpoint
	require.ErrorContains(t, n.p.VerifyCredentialCertificate(of.At(as)), "[CERT-1]")
}

// What leads to a certificate of the credentials is all of it, in order, and nothing else.
func TestLeadsCredentials(t *testing.T) {
	n := newCertifying(t)
	c, _ := n.credentials(t)
	leaf := func(number uint64, r *utt.Record) utt.CredentialLeaf {
		l, ok := r.Credentials(number)
		require.True(t, ok)
		return l
	}
	a, b := leaf(0, n.registered[0]), leaf(1, n.registered[1])
	lead := func(leaves ...utt.CredentialLeaf) error {
		_, err := utt.Frontier{}.LeadCredentials(t.Context(), c, utt.Leaves(leaves), nil)
		return err
	}
	require.NoError(t, lead(a, b))
	garbled := utt.CredentialLeaf{Record: 1, Signatures: slices.Clone(b.Signatures)}
	garbled.Signatures[7] ^= 1
	for name, leaves := range map[string][]utt.CredentialLeaf{
		"none": nil, "one": {a}, "the other": {b}, "another order": {b, a}, "one twice": {a, a}, "three": {a, b, leaf(2, n.registered[1])},
		"swapped": {leaf(0, n.registered[1]), leaf(1, n.registered[0])}, "garbled": {a, garbled},
	} {
		err := lead(leaves...)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, "[LOG-SIG]", name)
	}
	for name, l := range map[string]utt.CredentialLeaf{"empty": {Record: 1}, "long": {Record: 1, Signatures: make([]byte, 1<<10)}} {
		require.ErrorIs(t, lead(a, l), utt.ErrInvalid, name)
		_, err := l.MarshalBinary()
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		_, err = n.records[0][0].WithCredentials(l)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	_, err := utt.Frontier{}.LeadCredentials(t.Context(), nil, utt.Leaves(nil), nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = n.credentialsAt(c).ExtendCredentials(t.Context(), 1, nil)
	require.ErrorIs(t, err, utt.ErrInvalid, "back")
	_, err = n.records[1][0].WithCredentials(a)
	require.ErrorIs(t, err, utt.ErrInvalid, "no registration")
	_, err = n.records[0][0].WithCredentials(utt.CredentialLeaf{Signatures: []byte{1, 2}})
	require.ErrorIs(t, err, utt.ErrMalformed)
	signed, err := n.records[0][0].WithCredentials(a)
	require.NoError(t, err)
	require.Equal(t, n.registered[0].Signatures(), signed.Signatures())
	require.False(t, n.records[0][0].Signed())
	// the ledger's certificate is over records without, so that nobody garbles what they have besides
	_, err = utt.Frontier{}.Extend(n.registered)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "[LOG-LAG]")
}

// A certifier of the credentials signs those of the registrations that its ledger holds, all of
// them.
func TestCredentialCertifierRefuses(t *testing.T) {
	ctx := context.Background()
	n := newCertifying(t)
	all, bare := n.registered, n.records[0]
	credentials, _ := n.credentials(t)
	for name, c := range map[string]struct {
		height  uint64
		records []*utt.Record
		cause   error
	}{
		"nothing":            {1, nil, utt.ErrInvalid},
		"one missing":        {1, all[1:], utt.ErrInvalid},
		"the last missing":   {1, all[:1], utt.ErrInvalid},
		"missing, later":     {2, all[:1], utt.ErrInvalid},
		"one twice":          {1, []*utt.Record{all[0], all[1], all[1]}, utt.ErrInvalid},
		"another order":      {1, []*utt.Record{all[1], all[0]}, utt.ErrInvalid},
		"coins":              {2, slices.Concat(all, n.records[1]), utt.ErrInvalid},
		"nil":                {1, []*utt.Record{all[0], nil}, utt.ErrInvalid},
		"not signed":         {1, bare, utt.ErrInvalid},
		"one not signed":     {1, []*utt.Record{all[0], bare[1]}, utt.ErrInvalid},
		"signed wrongly":     {1, []*utt.Record{all[0], bare[1].SignedLike(all[0])}, utt.ErrInvalid},
		"signed twice":       {1, []*utt.Record{all[0], utt.SignedTwice(all[1])}, utt.ErrInvalid},
		"an address changed": {1, []*utt.Record{all[0], all[1].Addressed(all[0])}, utt.ErrInvalid},
		"above the head":     {3, all, utt.ErrNotFound},
		"before the first":   {0, nil, utt.ErrConflict},
	} {
		k, err := replica.NewCredentialCertifier(n.ledger, n.committees.Ledger, n.certifying[0], nil, utt.Frontier{})
		require.NoError(t, err)
		s, err := k.Certify(ctx, c.height, c.records)
		require.ErrorIs(t, err, c.cause, name)
		require.Nil(t, s, name)
		require.Equal(t, utt.Checkpoint{}, k.Checkpoint(), name)
		_, err = k.Certify(ctx, 2, all)
		require.NoError(t, err, name)
	}
	k, err := replica.NewCredentialCertifier(n.ledger, n.committees.Ledger, n.certifying[0], credentials, n.credentialsAt(credentials))
	require.NoError(t, err)
	s, err := k.Certify(ctx, 2, nil)
	require.NoError(t, err)
	require.EqualValues(t, 5, s.Records, "with no leaf for what registers nobody")
	require.ErrorContains(t, k.Advance(credentials.At(s.Checkpoint), n.credentialsAt(credentials)), "[CERT-1]")
}

// at is where a certificate of the first blocks is on the trees.
func (n *certifying) at(c *utt.Certificate) utt.Frontier {
	if c == nil || c.Height > uint64(len(n.records)) {
		return utt.Frontier{}
	}
	at, err := utt.Frontier{}.Extend(slices.Concat(n.records[:c.Height]...))
	if err != nil {
		panic(err)
	}
	at.Height, at.Time = c.Height, c.Time
	return at
}

func (n *certifying) certifier(t testing.TB, share int, from *utt.Certificate) *replica.Certifier {
	t.Helper()
	k, err := replica.NewCertifier(n.ledger, n.committees.Ledger, n.certifying[share], from, n.at(from))
	require.NoError(t, err)
	return k
}

// certify are the shares of all replicas on the two blocks' checkpoints.
func (n *certifying) certify(t testing.TB) (first, second []*utt.CertificateShare) {
	t.Helper()
	ctx := context.Background()
	for i := range n.certifying {
		k := n.certifier(t, i, nil)
		s, err := k.Certify(ctx, 1, n.records[0])
		require.NoError(t, err)
		first = append(first, s)
		s, err = k.Certify(ctx, 2, n.records[1])
		require.NoError(t, err)
		second = append(second, s)
		require.Equal(t, s.Checkpoint, k.Checkpoint())
	}
	return first, second
}

func TestCertificates(t *testing.T) {
	ctx := context.Background()
	n := newCertifying(t)
	first, second := n.certify(t)
	a, err := n.committees.Certify(n.p, first[:2])
	require.NoError(t, err)
	b, err := n.committees.Certify(n.p, second[2:])
	require.NoError(t, err)
	require.NoError(t, n.p.VerifyCertificate(a))
	require.NoError(t, n.p.VerifyCertificate(b))
	require.Equal(t, uint64(2), b.Height)
	require.Equal(t, n.ledger.Head().Time, b.Time)
	require.EqualValues(t, len(n.records[0])+len(n.records[1]), b.Records)

	// any t shares make the same certificate, also in one step, from bytes, and again
	var all []*utt.Record
	for _, r := range slices.Concat(n.records[0], n.records[1]) {
		raw, err := r.MarshalBinary()
		require.NoError(t, err)
		d := new(utt.Record)
		require.NoError(t, d.UnmarshalBinary(raw))
		all = append(all, d)
	}
	k := n.certifier(t, 0, nil)
	once, err := k.Certify(ctx, 2, all)
	require.NoError(t, err)
	require.Equal(t, second[0], once)
	again, err := k.Certify(ctx, 2, nil)
	require.NoError(t, err)
	require.Equal(t, once, again)
	c, err := n.committees.Certify(n.p, []*utt.CertificateShare{once, second[3]})
	require.NoError(t, err)
	require.Equal(t, b, c)

	// a restored replica goes on from a certificate
	s, err := n.certifier(t, 1, a).Certify(ctx, 2, n.records[1])
	require.NoError(t, err)
	require.Equal(t, second[1], s)
	require.Equal(t, b.Checkpoint, n.certifier(t, 1, b).Checkpoint())

	// so does one that left it to others to verify a block
	k = n.certifier(t, 2, nil)
	require.NoError(t, k.Advance(a, n.at(a)))
	require.NoError(t, k.Advance(a, n.at(a)))
	s, err = k.Certify(ctx, 2, n.records[1])
	require.NoError(t, err)
	require.Equal(t, second[2], s)
	require.NoError(t, k.Advance(a, n.at(a)))
	require.Equal(t, b.Checkpoint, k.Checkpoint(), "not back")
	require.ErrorIs(t, k.Advance(nil, utt.Frontier{}), utt.ErrInvalid)
	require.ErrorIs(t, k.Advance(b.At(a.Checkpoint), n.at(a)), utt.ErrInvalid)
}

// A certifier signs what its ledger holds, once it is signed, and nothing else.
func TestCertifierRefuses(t *testing.T) {
	ctx := context.Background()
	n := newCertifying(t)
	one, two := n.records[0], n.records[1]
	changed := func(all []*utt.Record, i int, r *utt.Record) []*utt.Record {
		all = slices.Clone(all)
		all[i] = r
		return all
	}
	bare := records(t, n.ledger, 2)
	second := func(i int, r *utt.Record) []*utt.Record { return slices.Concat(one, changed(two, i, r)) }
	for name, c := range map[string]struct {
		height  uint64
		records []*utt.Record
		cause   error
	}{
		"nothing":               {1, nil, utt.ErrInvalid},
		"a record missing":      {1, one[1:], utt.ErrInvalid},
		"the last missing":      {1, one[:1], utt.ErrInvalid},
		"one too many":          {1, slices.Concat(one, two[:1]), utt.ErrInvalid},
		"another order":         {1, []*utt.Record{one[1], one[0]}, utt.ErrInvalid},
		"another block":         {1, two, utt.ErrInvalid},
		"nil":                   {1, changed(one, 0, nil), utt.ErrInvalid},
		"an empty record":       {1, changed(one, 0, new(utt.Record)), utt.ErrInvalid},
		"with credentials":      {1, n.registered, utt.ErrInvalid},
		"not signed":            {2, slices.Concat(one, bare), utt.ErrInvalid},
		"one not signed":        {2, second(2, bare[2]), utt.ErrInvalid},
		"signed wrongly":        {2, second(2, bare[2].SignedLike(two[0])), utt.ErrInvalid},
		"an address changed":    {1, changed(one, 1, one[1].Addressed(one[0])), utt.ErrInvalid},
		"under another ID":      {1, changed(one, 1, one[1].Under(utt.ID{})), utt.ErrInvalid},
		"a block left out":      {2, two, utt.ErrInvalid},
		"above the head":        {3, slices.Concat(one, two), utt.ErrNotFound},
		"before the first":      {0, nil, utt.ErrConflict},
		"at the end of time":    {^uint64(0), slices.Concat(one, two), utt.ErrNotFound},
		"signatures too many":   {2, second(2, utt.SignedTwice(two[2])), utt.ErrInvalid},
		"an issue with a share": {2, second(1, two[1].SignedLike(two[0])), utt.ErrInvalid},
	} {
		k := n.certifier(t, 0, nil)
		s, err := k.Certify(ctx, c.height, c.records)
		require.ErrorIs(t, err, c.cause, name)
		if c.cause == utt.ErrNotFound {
			require.ErrorContains(t, err, "execute it first", name)
		}
		require.Nil(t, s, name)
		require.Equal(t, utt.Checkpoint{}, k.Checkpoint(), name)
		_, err = k.Certify(ctx, 1, one)
		require.NoError(t, err, name)
	}
	k := n.certifier(t, 0, nil)
	_, err := k.Certify(ctx, 2, slices.Concat(one, two))
	require.NoError(t, err)
	for _, height := range []uint64{1, 2} {
		_, err = k.Certify(ctx, height, one)
		require.ErrorIs(t, err, utt.ErrConflict)
	}
	_, err = new(replica.Certifier).Certify(ctx, 1, one)
	require.ErrorIs(t, err, utt.ErrInvalid)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	k = n.certifier(t, 0, nil)
	_, err = k.Certify(cancelled, 2, second(0, bare[0].SignedLike(two[0])))
	require.ErrorIs(t, err, context.Canceled)
}

func TestNewCertifierRefuses(t *testing.T) {
	n := newCertifying(t)
	first, second := n.certify(t)
	b, err := n.committees.Certify(n.p, second)
	require.NoError(t, err)
	a, err := n.committees.Certify(n.p, first)
	require.NoError(t, err)
	later := b.Checkpoint
	later.Time++
	empty := n.lab.ledger(t)
	for name, c := range map[string]struct {
		l     *ledger.Ledger
		c     *threshold.Committee
		share *threshold.KeyShare
		from  *utt.Certificate
		cause error
	}{
		"no ledger":               {nil, n.committees.Ledger, n.certifying[0], nil, utt.ErrInvalid},
		"an empty ledger":         {new(ledger.Ledger), n.committees.Ledger, n.certifying[0], nil, utt.ErrInvalid},
		"no committee":            {n.ledger, nil, n.certifying[0], nil, utt.ErrInvalid},
		"no share":                {n.ledger, n.committees.Ledger, nil, nil, utt.ErrInvalid},
		"a share of the coin key": {n.ledger, n.committees.Ledger, n.coin[0], nil, utt.ErrInvalid},
		"the coin key":            {n.ledger, n.committees.Coin, n.coin[0], nil, utt.ErrPolicy},
		"a forged certificate":    {n.ledger, n.committees.Ledger, n.certifying[0], b.At(a.Checkpoint), utt.ErrInvalid},
		"another time":            {n.ledger, n.committees.Ledger, n.certifying[0], b.At(later), utt.ErrInvalid},
		"no certificate":          {n.ledger, n.committees.Ledger, n.certifying[0], new(utt.Certificate), utt.ErrInvalid},
		"blocks not there":        {empty, n.committees.Ledger, n.certifying[0], a, utt.ErrConflict},
	} {
		k, err := replica.NewCertifier(c.l, c.c, c.share, c.from, n.at(c.from))
		require.ErrorIs(t, err, c.cause, name)
		require.Nil(t, k, name)
	}
}

// Fewer than t replicas neither make a certificate nor keep others from it.
func TestCertifyWithFaults(t *testing.T) {
	n := newCertifying(t)
	first, second := n.certify(t)
	good, err := n.committees.Certify(n.p, second)
	require.NoError(t, err)
	lie := second[0].Checkpoint
	lie.Height, lie.Entries = 99, [32]byte{1}
	lies := &utt.CertificateShare{Checkpoint: lie, Share: second[0].Share}
	wrong := &utt.CertificateShare{Checkpoint: second[0].Checkpoint, Share: first[0].Share}
	for name, shares := range map[string][]*utt.CertificateShare{
		"all":                      second,
		"two":                      {second[3], second[1]},
		"one lies":                 {lies, second[1], second[2], second[3]},
		"one signs something else": {wrong, second[1], second[2], second[3]},
		"one twice":                {second[1], second[1], second[2]},
		"some are behind":          slices.Concat(first, second[:2]),
		"nil":                      {nil, second[1], {Checkpoint: second[0].Checkpoint}, second[2]},
	} {
		c, err := n.committees.Certify(n.p, shares)
		require.NoError(t, err, name)
		require.Equal(t, good, c, name)
	}
	for name, shares := range map[string][]*utt.CertificateShare{
		"none":               nil,
		"one":                {second[0]},
		"one twice":          {second[0], second[0]},
		"two of two heights": {second[0], first[1]},
		"one and a lie":      {second[1], wrong},
	} {
		_, err := n.committees.Certify(n.p, shares)
		require.ErrorIs(t, err, threshold.ErrTooFew, name)
	}
	_, err = n.committees.Certify(n.p, []*utt.CertificateShare{second[1], wrong})
	var blame *threshold.BlameError
	require.ErrorAs(t, err, &blame)
	require.Equal(t, []threshold.Index{1}, blame.Culprits)

	for name, c := range map[string]*utt.Committees{
		"none": nil, "empty": {}, "another key": {Ledger: n.committees.Coin},
	} {
		_, err := c.Certify(n.p, second)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	_, err = n.committees.Certify(nil, second)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorIs(t, (*utt.Parameters)(nil).VerifyCertificate(good), utt.ErrInvalid)
	require.ErrorIs(t, n.p.VerifyCertificate(nil), utt.ErrInvalid)
	_, err = new(utt.Certificate).MarshalBinary()
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = new(utt.CertificateShare).MarshalBinary()
	require.ErrorIs(t, err, utt.ErrInvalid)
}

// Combine joins signatures under the keys of the parameters, or fails: what it returns
// counts as verified.
func TestCombineNeedsTheCommittees(t *testing.T) {
	ctx := context.Background()
	n := newCertifying(t)
	shares := slices.Concat(n.shares(t, n.ledger, 2, n.credential...), n.shares(t, n.ledger, 2, n.coin...))
	c := n.committees
	for name, wrong := range map[string]utt.Committees{
		"others":  {Coin: n.otherCommittee, Credential: n.otherCommittee, Ledger: c.Ledger},
		"twice":   {Coin: c.Coin, Credential: c.Coin, Ledger: c.Ledger},
		"swapped": {Coin: c.Credential, Credential: c.Coin, Ledger: c.Ledger},
		"none":    {Ledger: c.Ledger},
	} {
		_, err := wrong.Combine(ctx, n.p, n.records[1], shares)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	// signatures are made anew, never taken over
	_, err := c.Combine(ctx, n.p, n.records[1], nil)
	require.ErrorIs(t, err, threshold.ErrTooFew)
}

// Of several checkpoints all cheats are named.
func TestCertifyBlamesForEveryCheckpoint(t *testing.T) {
	n := newCertifying(t)
	first, second := n.certify(t)
	bad := &utt.CertificateShare{Checkpoint: second[0].Checkpoint, Share: first[0].Share}
	low := &utt.CertificateShare{Checkpoint: utt.Checkpoint{Height: 1}, Share: first[0].Share}
	alike := &utt.CertificateShare{Checkpoint: first[0].Checkpoint, Share: second[3].Share} // party 4 cheats elsewhere
	_, err := n.committees.Certify(n.p, []*utt.CertificateShare{second[1], bad, first[2], alike})
	var all *threshold.BlameError
	require.ErrorAs(t, err, &all)
	require.Equal(t, []threshold.Index{1, 4}, all.Culprits)
	for _, shares := range [][]*utt.CertificateShare{{second[1], bad}, {second[1], bad, low}, {low, bad, second[1]}} {
		_, err := n.committees.Certify(n.p, shares)
		require.ErrorIs(t, err, threshold.ErrTooFew)
		var blame *threshold.BlameError
		require.ErrorAs(t, err, &blame)
		require.Equal(t, []threshold.Index{1}, blame.Culprits)
	}
}

// A certificate covers so many records at most as a wallet takes in without one.
func TestCertifyBounds(t *testing.T) {
	n := newCertifying(t)
	_, err := n.certifier(t, 0, nil).Certify(t.Context(), 1, make([]*utt.Record, utt.MaxBlock+1))
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "certify every block")
	v, err := n.p.Check(t.Context(), n.ledger.Head().Time, nil)
	require.NoError(t, err)
	_, err = n.ledger.Execute(&utt.Block{Height: 3, Time: n.ledger.Head().Time, Ops: make([]utt.Operation, utt.MaxBlock+1)}, v)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "of at most 4096")
}
