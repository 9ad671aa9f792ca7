package dkg

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// identity is a key pair of a name.
func identity(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("dkg identity " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func identitiesOf(names []string) []ed25519.PublicKey {
	var keys []ed25519.PublicKey
	for _, n := range names {
		keys = append(keys, identity(n).Public().(ed25519.PublicKey))
	}
	return keys
}

func names(n int) []string {
	var all []string
	for j := range n {
		all = append(all, fmt.Sprint("party ", j+1))
	}
	return all
}

// world is a session with all who take part in it, in one process.
type world struct {
	t       testing.TB
	names   []string // of the parties
	setup   *Setup
	session *Session
	parties []*Participant // party j at j − 1
	dealers []*Participant // dealer i at i − 1: the parties in a key generation
	log     [][]byte       // all that was broadcast
	errs    []error        // and what Step answered
	ends    []int          // len(log) at the end of each round
}

// cheat is what somebody broadcasts in place of its message m, which is nil if an honest
// one is silent. nil is silence, and false what an honest one does.
type cheat func(w *world, p *Participant, m []byte) ([]byte, bool)

func terms(number uint64, kind Kind, threshold, faults int, parties []string) *Terms {
	return &Terms{Network: [32]byte{7}, Purpose: "test", Number: number, Key: kind, Threshold: threshold, Faults: faults,
		Parties: identitiesOf(parties), Schedule: []byte("schedule")}
}

// begin makes the world of some terms; old are the dealers' names and signing shares.
func begin(t testing.TB, terms *Terms, parties, oldNames []string, old []*threshold.KeyShare) *world {
	t.Helper()
	w := &world{t: t, names: parties, setup: enrolled(t, terms, parties)}
	for _, name := range oldNames {
		a, err := w.setup.Authorise(identity(name))
		require.NoError(t, err)
		w.setup.Authorisations = append(w.setup.Authorisations, a)
	}
	var err error
	w.session, err = NewSession(w.setup)
	require.NoError(t, err)
	w.join(oldNames, old)
	return w
}

func enrolled(t testing.TB, terms *Terms, parties []string) *Setup {
	t.Helper()
	setup := &Setup{Terms: terms}
	for _, name := range parties {
		e, err := secretOf(t, terms, name).Enrol(terms, identity(name))
		require.NoError(t, err)
		setup.Enrolments = append(setup.Enrolments, e)
	}
	return setup
}

// secretOf is a name's secret under some terms.
func secretOf(t testing.TB, terms *Terms, name string) *Secret {
	t.Helper()
	s, err := NewSecret(testrand.New(fmt.Sprint("dkg secret/", name, "/", terms.Number)))
	require.NoError(t, err)
	return s
}

func (w *world) join(oldNames []string, old []*threshold.KeyShare) {
	w.t.Helper()
	byName := map[string]*Participant{}
	join := func(name string) *Participant {
		if p := byName[name]; p != nil {
			return p
		}
		p, err := w.session.Join(identity(name), secretOf(w.t, w.setup.Terms, name))
		require.NoError(w.t, err)
		byName[name] = p
		return p
	}
	w.parties, w.dealers = nil, nil
	for _, name := range w.names {
		w.parties = append(w.parties, join(name))
	}
	for i, name := range oldNames {
		p := join(name)
		if i < len(old) && old[i] != nil {
			require.NoError(w.t, p.Deals(w.setup.Terms.Old, old[i]))
		}
		w.dealers = append(w.dealers, p)
	}
	if w.setup.Terms.Old == nil {
		w.dealers = w.parties
	}
}

// generate is a key generation among n.
func generate(t testing.TB, number uint64, kind Kind, threshold, faults, n int) *world {
	t.Helper()
	return begin(t, terms(number, kind, threshold, faults, names(n)), names(n), nil, nil)
}

// speakers are those who speak in the round.
func (w *world) speakers() []*Participant {
	if w.session.Round().byDealers() {
		return w.dealers
	}
	return w.parties
}

// run runs the session to its end, with cheats by the index of their author as a party,
// or as a dealer in rounds of dealers. A committee that came about is decoded, as by who
// keeps it, or reshares it.
func (w *world) run(cheats map[int]cheat) *world {
	w.t.Helper()
	if o, err := w.runBroken(cheats).session.Outcome(); err == nil {
		requireDecodes(w.t, o)
	}
	return w
}

// runBroken is run where a check was taken out: what comes about need not decode.
func (w *world) runBroken(cheats map[int]cheat) *world {
	w.t.Helper()
	for w.session.Round() < Done {
		w.round(cheats)
	}
	return w
}

func requireDecodes(t testing.TB, o *Outcome) {
	t.Helper()
	if o.Committee != nil {
		require.NoError(t, new(threshold.Committee).UnmarshalBinary(encode(t, o.Committee)), "[SIG-KEY] and [THR-KEY] as on load")
		return
	}
	require.NoError(t, new(threshold.EncryptionCommittee).UnmarshalBinary(encode(t, o.Encryption)), "[ENC-KEY] as on load")
}

// made are messages that dealers of a key generation make alike in all tests with the
// same setup.
var made sync.Map

type madeKey struct {
	session SessionID
	round   Round
	author  OldIndex
}

func (w *world) message(p *Participant) []byte {
	w.t.Helper()
	k := madeKey{w.session.id, w.session.round, p.dealer}
	alike := w.setup.Terms.Old == nil && (k.round == Deal || k.round == Open && w.session.isQualified(p.dealer))
	if m, ok := made.Load(k); ok && alike {
		return m.([]byte)
	}
	m, err := p.Message()
	require.NoError(w.t, err)
	if alike {
		made.Store(k, m)
	}
	return m
}

// round is one round.
func (w *world) round(cheats map[int]cheat) {
	w.t.Helper()
	var messages [][]byte
	for k, p := range w.speakers() {
		m := w.message(p)
		if c := cheats[k+1]; c != nil {
			if other, ok := c(w, p, m); ok {
				m = other
			}
		}
		messages = append(messages, m)
	}
	for _, m := range messages {
		if m != nil {
			w.log = append(w.log, m)
			w.errs = append(w.errs, w.session.Step(m))
		}
	}
	w.ends = append(w.ends, len(w.log))
	w.session.EndRound()
}

// signed is another body signed by a participant for the round.
func (w *world) signed(p *Participant, body []byte) []byte {
	w.t.Helper()
	m := &message{session: w.session.id, round: w.session.round, author: uint16(p.index), body: body}
	if w.session.round.byDealers() {
		m.author = uint16(p.dealer)
	}
	require.NoError(w.t, m.sign(p.signer))
	return m.append(nil)
}

func (w *world) outcome() *Outcome {
	w.t.Helper()
	o, err := w.session.Outcome()
	require.NoError(w.t, err)
	return o
}

// shares are the key shares of some parties.
func (w *world) shares(parties ...int) []*threshold.KeyShare {
	w.t.Helper()
	var all []*threshold.KeyShare
	for _, j := range parties {
		k, err := w.parties[j-1].KeyShare()
		require.NoError(w.t, err)
		all = append(all, k)
	}
	return all
}

// upTo is 1 … n without some.
func upTo(n int, without ...int) []int {
	var all []int
next:
	for j := 1; j <= n; j++ {
		for _, x := range without {
			if x == j {
				continue next
			}
		}
		all = append(all, j)
	}
	return all
}

func newMessage(t testing.TB, attributes int) *sig.Commitment {
	t.Helper()
	m := make([]sig.Attribute, attributes)
	var hide []int
	for i := range m {
		m[i] = sig.Uint64(uint64(i))
		hide = append(hide, i)
	}
	c, _, err := sig.Commit(testrand.New("dkg message"), sig.NewBase("dkg test", []byte("1")), m, hide...)
	require.NoError(t, err)
	return c
}

// requireSigns demands that t of the shares make a signature under the committee's key,
// whichever they are, and t − 1 do not.
func requireSigns(t testing.TB, c *threshold.Committee, keys []*threshold.KeyShare) {
	t.Helper()
	m := newMessage(t, c.Attributes())
	var shares []*threshold.SignatureShare
	for _, k := range keys {
		require.NoError(t, c.VerifyKeyShare(k))
		s, err := k.Sign(m)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	n := c.Threshold()
	require.GreaterOrEqual(t, len(shares), n)
	for _, some := range [][]*threshold.SignatureShare{shares[:n], shares[len(shares)-n:]} {
		s, err := c.Combine(m, some)
		require.NoError(t, err)
		require.NoError(t, c.Group().Verify(&sig.Signed{Commitment: m, Signature: s}))
	}
	_, err := c.Combine(m, shares[:n-1])
	require.ErrorIs(t, err, threshold.ErrTooFew)
}
