package dkg

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

var update = flag.Bool("update", false, "rewrite the vectors in testdata")

type codec interface {
	encoding.BinaryAppender
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

var decoders = []func() codec{
	func() codec { return new(Terms) },
	func() codec { return new(Enrolment) },
	func() codec { return new(Setup) },
	func() codec { return new(Secret) },
	func() codec { return new(Session) },
}

func encode(t testing.TB, v codec) []byte {
	t.Helper()
	b, err := v.MarshalBinary()
	require.NoError(t, err)
	return b
}

// values are one of each decoder, and a setup and terms of a resharing.
func values(t testing.TB) map[int][]codec {
	o, _ := oldCommittee(t)
	again := authorised3(t, o, 3, names(4))
	setup := enrolled(t, terms(1, Encryption(2), 2, 1, names(3)), names(3))
	session, err := NewSession(again)
	require.NoError(t, err)
	stopped := generate(t, 1, Signing(0), 2, 1, 3)
	stopped.round(nil)
	stopped.round(map[int]cheat{2: attackNamed("a false complaint").cheat([]int{3})})
	return map[int][]codec{
		0: {setup.Terms, again.Terms},
		1: {setup.Enrolments[0]},
		2: {setup, again},
		3: {secretOf(t, setup.Terms, "party 1")},
		4: {session, stopped.session},
	}
}

func TestEncodingRoundTrip(t *testing.T) {
	for k, all := range values(t) {
		for _, v := range all {
			b := encode(t, v)
			appended, err := v.AppendBinary([]byte("prefix"))
			require.NoError(t, err)
			require.Equal(t, "prefix"+string(b), string(appended))
			got := decoders[k]()
			require.NoError(t, got.UnmarshalBinary(b))
			require.Equal(t, b, encode(t, got))
			for name, bad := range map[string][]byte{
				"empty": {}, "another version": append([]byte{9}, b[1:]...), "cut short": b[:len(b)-1], "halved": b[:len(b)/2],
				"trailing byte": append(b[:len(b):len(b)], 0),
			} {
				require.ErrorIs(t, got.UnmarshalBinary(bad), ErrMalformed, name)
				require.Equal(t, b, encode(t, got))
			}
		}
	}
}

// A session that was stopped at any end of a round goes on as if it had not been.
func TestSessionGoesOn(t *testing.T) {
	cheats := map[int]cheat{1: silent(Open)(nil), 2: attackNamed("a false complaint").cheat([]int{3})}
	w := generate(t, 1, Signing(1), 3, 2, 7).run(cheats)
	v := generate(t, 1, Signing(1), 3, 2, 7)
	for v.session.Round() < Done {
		again := new(Session)
		require.NoError(t, again.UnmarshalBinary(encode(t, v.session)))
		require.Equal(t, v.session.Round(), again.Round())
		v.session = again
		v.join(nil, nil) // participants, too, from their secrets
		v.round(cheats)
	}
	require.Equal(t, w.log, v.log)
	require.Equal(t, encode(t, w.session), encode(t, v.session))
	require.Equal(t, w.outcome().Blames, v.outcome().Blames)
	require.Equal(t, w.outcome().Members, v.outcome().Members)
	requireSigns(t, v.outcome().Committee, v.shares(3, 4, 5, 6, 7))
}

// What a session would not have taken is not in its encoding.
func TestSessionDecodesWhatItTook(t *testing.T) {
	w := generate(t, 1, Signing(0), 2, 1, 3).run(nil)
	log := w.session.log
	for name, bad := range map[string][][]byte{
		"a message twice":         {log[0], log[0]},
		"a message too early":     {log[4]},
		"a message of nobody":     {log[0][:40]},
		"rounds after the last":   append(slices.Clone(log), nil),
		"a message after the end": append(slices.Clone(log), log[0]),
	} {
		s := &Session{setup: w.session.setup, log: bad}
		require.ErrorIs(t, new(Session).UnmarshalBinary(encode(t, s)), ErrMalformed, name)
	}
}

// A setup that was decoded begins the same session.
func TestSetupBeginsTheSameSession(t *testing.T) {
	for _, v := range values(t)[2] {
		s, err := NewSession(v.(*Setup))
		require.NoError(t, err)
		var d Setup
		require.NoError(t, d.UnmarshalBinary(encode(t, v)))
		again, err := NewSession(&d)
		require.NoError(t, err)
		require.Equal(t, s.ID(), again.ID())
	}
}

// FuzzDecode: what is accepted re-encodes to itself, what is refused changes nothing.
func FuzzDecode(f *testing.F) {
	for k, all := range values(f) {
		for _, v := range all {
			f.Add(byte(k), encode(f, v))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		d := decoders[int(which)%len(decoders)]
		v := d()
		if v.UnmarshalBinary(b) != nil {
			require.Equal(t, d(), v)
			return
		}
		require.Equal(t, b, encode(t, v))
	})
}

// bodies decodes a body of a round and encodes it again.
var bodies = []func(r *wire.Reader, k secret.Kind, blinded bool) func([]byte) []byte{
	func(r *wire.Reader, k secret.Kind, blinded bool) func([]byte) []byte {
		return readDeal(r, k, 4, blinded).append
	},
	func(r *wire.Reader, _ secret.Kind, _ bool) func([]byte) []byte {
		all := readComplaints(r)
		return func(b []byte) []byte { return appendComplaints(b, all) }
	},
	func(r *wire.Reader, k secret.Kind, _ bool) func([]byte) []byte {
		return secret.ReadFeldman(r, k).Append
	},
	func(r *wire.Reader, k secret.Kind, _ bool) func([]byte) []byte {
		all := readExposures(r, k)
		return func(b []byte) []byte { return appendExposures(b, all) }
	},
	func(r *wire.Reader, k secret.Kind, _ bool) func([]byte) []byte {
		return secret.ReadConfirmation(r, k).Append
	},
}

var bodyOfRound = map[Round]byte{Deal: 0, Complain: 1, Open: 2, Expose: 3, Reconstruct: 3, Confirm: 4}

// FuzzBody: the bodies of messages, of signing and of encryption keys.
func FuzzBody(f *testing.F) {
	for _, kind := range []Kind{Signing(1), Encryption(2)} {
		w := generate(f, 1, kind, 3, 1, 4).run(map[int]cheat{1: silent(Open)(nil), 2: attackNamed("a false complaint").cheat([]int{3})})
		for _, encoded := range w.log {
			m, err := parseMessage(encoded)
			require.NoError(f, err)
			f.Add(bodyOfRound[m.round], kind.k.IsSigning(), true, m.body)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, signing, blinded bool, b []byte) {
		kind := Encryption(2)
		if signing {
			kind = Signing(1)
		}
		r := wire.NewReader(b)
		again := bodies[int(which)%len(bodies)](r, kind.k, blinded)
		if r.Close() == nil {
			require.Equal(t, b, again(nil))
		}
	})
}

// FuzzStep: whatever is broadcast does not stop a session, and what is refused leaves it
// as it was.
func FuzzStep(f *testing.F) {
	w := generate(f, 1, Signing(1), 3, 1, 4)
	w.run(map[int]cheat{1: silent(Open)(nil), 2: attackNamed("a false complaint").cheat([]int{3})})
	for k, encoded := range w.log {
		m, err := parseMessage(encoded)
		require.NoError(f, err)
		f.Add(byte(k), byte(m.author), m.body)
	}
	f.Fuzz(func(t *testing.T, end, author byte, body []byte) {
		s, err := NewSession(w.setup)
		require.NoError(t, err)
		from := 0
		for k := range int(end) % len(w.ends) {
			for _, m := range w.log[from:w.ends[k]] {
				require.NoError(t, s.Step(m))
			}
			from = w.ends[k]
			s.EndRound()
		}
		m := &message{session: s.id, round: s.round, author: uint16(author)%4 + 1, body: body}
		require.NoError(t, m.sign(identity(fmt.Sprint("party ", m.author))))
		before := len(s.blames)
		require.NoError(t, s.Step(m.append(nil)), "it is its author's")
		require.LessOrEqual(t, len(s.blames), before+MaxParties)
		for s.Round() < Done {
			s.EndRound()
		}
	})
}

const vectorFile = "testdata/dkg.json"

// vectors are a key generation with a cheat and a silent one, and a resharing.
type vectors struct {
	Provenance string    `json:"provenance"`
	Sessions   []session `json:"sessions"`
}

type session struct {
	Setup      string     `json:"setup"`
	ID         string     `json:"id"`
	Secrets    []string   `json:"secrets"` // of the parties
	Rounds     [][]string `json:"rounds"`  // messages
	Blames     []string   `json:"blames"`
	Members    []NewIndex `json:"members"`
	Generation string     `json:"generation"`
	Committee  string     `json:"committee"`
	KeyShares  []string   `json:"key_shares"` // of the members
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	b, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(b, &v))
	require.Len(t, v.Sessions, 2)
	for _, want := range v.Sessions {
		var setup Setup
		require.NoError(t, setup.UnmarshalBinary(unhex(t, want.Setup)))
		s, err := NewSession(&setup)
		require.NoError(t, err)
		id := s.ID()
		require.Equal(t, want.ID, hex.EncodeToString(id[:]))
		for _, round := range want.Rounds {
			if setup.Terms.Old == nil {
				// an honest party says this, and nothing else
				for _, j := range []NewIndex{2, 4, 5} {
					own := new(Secret)
					require.NoError(t, own.UnmarshalBinary(unhex(t, want.Secrets[j-1])))
					p, err := s.Join(identity(fmt.Sprint("party ", j)), own)
					require.NoError(t, err)
					m, err := p.Message()
					require.NoError(t, err)
					require.Contains(t, round, hex.EncodeToString(m))
				}
			}
			for _, m := range round {
				require.NoError(t, s.Step(unhex(t, m)))
			}
			s.EndRound()
		}
		o, err := s.Outcome()
		require.NoError(t, err)
		require.Equal(t, want.Blames, words(o.Blames))
		require.Equal(t, want.Members, o.Members)
		require.Equal(t, want.Generation, o.Committee.Generation().String())
		require.Equal(t, want.Committee, hexOf(t, o.Committee))
		for k, j := range o.Members {
			own := new(Secret)
			require.NoError(t, own.UnmarshalBinary(unhex(t, want.Secrets[j-1])))
			p, err := s.Join(identity(fmt.Sprint("party ", j)), own)
			require.NoError(t, err)
			share, err := p.KeyShare()
			require.NoError(t, err)
			require.Equal(t, want.KeyShares[k], hexOf(t, share))
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func hexOf(t testing.TB, v encoding.BinaryMarshaler) string {
	t.Helper()
	b, err := v.MarshalBinary()
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

func words(blames []Blame) []string {
	all := []string{}
	for _, b := range blames {
		all = append(all, b.String())
	}
	return all
}

func writeVectors(t *testing.T) {
	first := generate(t, 1, Signing(2), 3, 2, 5).run(map[int]cheat{1: silent(Open)(nil), 3: attackNamed("a wrong share to one").cheat([]int{4})})
	second := reshare(t, first.outcome(), names(5), first.shares(1, 2, 3, 4, 5), 2, 1, names(3)).run(nil)
	v := vectors{Provenance: "Written by `go test ./threshold/dkg -update`: a key generation of 3 of 5 in which party 1 does not open and party 3 " +
		"deals a wrong share to party 4, and a resharing to 2 of 3. The identity key of party j has the seed SHA-256(\"dkg identity party j\")."}
	for _, w := range []*world{first, second} {
		id, o := w.session.ID(), w.outcome()
		s := session{Setup: hexOf(t, w.setup), ID: hex.EncodeToString(id[:]), Blames: words(o.Blames), Members: o.Members,
			Generation: o.Committee.Generation().String(), Committee: hexOf(t, o.Committee)}
		from := 0
		for _, end := range w.ends {
			round := []string{}
			for _, m := range w.log[from:end] {
				round = append(round, hex.EncodeToString(m))
			}
			s.Rounds, from = append(s.Rounds, round), end
		}
		for _, p := range w.parties {
			s.Secrets = append(s.Secrets, hexOf(t, p.secret))
		}
		for _, j := range o.Members {
			s.KeyShares = append(s.KeyShares, hexOf(t, w.shares(int(j))[0]))
		}
		v.Sessions = append(v.Sessions, s)
	}
	b, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(vectorFile, append(b, '\n'), 0o644))
}
