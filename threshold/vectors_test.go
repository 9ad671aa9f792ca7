package threshold

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

var update = flag.Bool("update", false, "rewrite the vectors in testdata")

const vectorFile = "testdata/threshold.json"

type vectors struct {
	Provenance string   `json:"provenance"`
	Threshold  int      `json:"threshold"`
	Parties    int      `json:"parties"`
	Attributes int      `json:"attributes"`
	Generation string   `json:"generation"`
	Committee  string   `json:"committee"`
	KeyShares  []string `json:"key_shares"`
	Commitment string   `json:"commitment"`
	Shares     []string `json:"shares"`
	Signature  string   `json:"signature"`
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

func TestVectors(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	if *update {
		writeVectors(t, s)
	}
	b, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(b, &v))

	// the seeded dealer still deals this
	require.Equal(t, v.Committee, hexOf(t, s.committee))
	require.Equal(t, v.Generation, s.committee.Generation().String())

	// and from the file alone
	var c Committee
	require.NoError(t, c.UnmarshalBinary(unhex(t, v.Committee)))
	require.Equal(t, v.Generation, c.Generation().String())
	require.Equal(t, []int{v.Threshold, v.Parties, v.Attributes}, []int{c.Threshold(), c.Parties(), c.Attributes()})
	var m sig.Commitment
	require.NoError(t, m.UnmarshalBinary(unhex(t, v.Commitment)))
	require.Len(t, v.KeyShares, v.Parties)
	shares := make([]*SignatureShare, v.Parties)
	for j := range shares {
		var k KeyShare
		require.NoError(t, k.UnmarshalBinary(unhex(t, v.KeyShares[j])))
		require.NoError(t, c.VerifyKeyShare(&k))
		shares[j], err = k.Sign(&m)
		require.NoError(t, err)
		require.Equal(t, v.Shares[j], hexOf(t, shares[j]))
	}
	signature, err := c.Combine(&m, shares[2:])
	require.NoError(t, err)
	require.Equal(t, v.Signature, hexOf(t, signature))
}

func writeVectors(t *testing.T, s *scene) {
	v := vectors{
		Provenance: "Written by `go test ./threshold -update`: Deal and sig.Commit with the readers " +
			"testrand.New(\"threshold/deal/2/4\") and (\"threshold/commit/1\"). The arithmetic (party keys and shares from " +
			"key shares, the key and its signature from any two, [SIG-1]) was checked once against " +
			"github.com/cloudflare/circl v1.6.1, an independent implementation of the curve.",
		Threshold:  s.committee.Threshold(),
		Parties:    s.committee.Parties(),
		Attributes: s.committee.Attributes(),
		Generation: s.committee.Generation().String(),
		Committee:  hexOf(t, s.committee),
		Commitment: hexOf(t, s.message),
	}
	for j := range s.keys {
		v.KeyShares = append(v.KeyShares, hexOf(t, s.keys[j]))
		v.Shares = append(v.Shares, hexOf(t, s.shares[j]))
	}
	signature, err := s.committee.Combine(s.message, s.shares)
	require.NoError(t, err)
	v.Signature = hexOf(t, signature)
	b, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(vectorFile, append(b, '\n'), 0o644))
}

const encryptionVectorFile = "testdata/encryption.json"

// encryptionVectors are a committee, what it encrypts and opens.
type encryptionVectors struct {
	Provenance string   `json:"provenance"`
	Committee  string   `json:"committee"`
	Generation string   `json:"generation"`
	Key        string   `json:"key"`
	KeyShares  []string `json:"key_shares"`
	Numbers    []string `json:"numbers"` // scalars
	K          string   `json:"k"`
	Ciphertext string   `json:"ciphertext"`
	Sum        string   `json:"sum"` // of the ciphertext with itself
	Network    string   `json:"network"`
	Purpose    string   `json:"purpose"`
	Parts      []string `json:"parts"` // of the subject
	Components []int    `json:"components"`
	Statements []string `json:"statements"` // of each party
	Challenges []string `json:"challenges"`
	Shares     []string `json:"shares"`
	Plaintexts []string `json:"plaintexts"` // points, compressed
}

func TestEncryptionVectors(t *testing.T) {
	if *update {
		writeEncryptionVectors(t)
	}
	b, err := os.ReadFile(encryptionVectorFile)
	require.NoError(t, err)
	var v encryptionVectors
	require.NoError(t, json.Unmarshal(b, &v))

	var c EncryptionCommittee
	require.NoError(t, c.UnmarshalBinary(unhex(t, v.Committee)))
	require.Equal(t, v.Generation, c.Generation().String())
	require.Equal(t, v.Key, hexOf(t, c.Key()))
	var numbers []curve.Scalar
	for _, s := range append(v.Numbers, v.K) {
		numbers = append(numbers, curve.ReadScalar(wire.NewReader(unhex(t, s))))
	}
	last := len(numbers) - 1
	e := CiphertextOf(curve.SumsSecret(c.Key().Encryption(numbers[last], numbers[:last]...)))
	require.Equal(t, v.Ciphertext, hexOf(t, e))
	sum, err := new(CiphertextSum).Add(e, e)
	require.NoError(t, err)
	require.Equal(t, v.Sum, hexOf(t, sum))

	var parts [][]byte
	for _, p := range v.Parts {
		parts = append(parts, unhex(t, p))
	}
	subject, err := NewSubject([32]byte(unhex(t, v.Network)), v.Purpose, parts...)
	require.NoError(t, err)
	q, err := NewRequest(subject, e, v.Components...)
	require.NoError(t, err)
	var shares []*DecryptionShare
	for j := range v.Shares {
		var s DecryptionShare
		require.NoError(t, s.UnmarshalBinary(unhex(t, v.Shares[j])))
		require.NoError(t, c.VerifyShare(q, &s))
		statement, challenge := shareTranscript(&c, q, &s)
		require.Equal(t, v.Statements[j], statement)
		require.Equal(t, v.Challenges[j], challenge)
		shares = append(shares, &s)

		// nonces are of a prover's own making; the points are not
		var k EncryptionKeyShare
		require.NoError(t, k.UnmarshalBinary(unhex(t, v.KeyShares[j])))
		require.NoError(t, c.VerifyKeyShare(&k))
		own, err := k.Decrypt(nil, q)
		require.NoError(t, err)
		require.Equal(t, s.points, own.points)
	}
	got, err := c.Open(q, shares[1:])
	require.NoError(t, err)
	for i, p := range got {
		name := p.Bytes()
		require.Equal(t, v.Plaintexts[i], hex.EncodeToString(name[:]))
		require.Equal(t, NewPlaintext(attr.FromScalar(numbers[v.Components[i]])), p)
	}
}

// shareTranscript is the encoded statement and the challenge of a share.
func shareTranscript(c *EncryptionCommittee, q *Request, s *DecryptionShare) (statement, challenge string) {
	var keys []curve.G1
	b := wire.AppendUint32(nil, uint32(len(q.components)))
	term := func(label []byte, y, base curve.G1, v int) {
		b = wire.AppendUint32(wire.AppendBytes(b, label), 1)
		b = wire.AppendUint32(y.Append(curve.Uint64(1).Append(b)), 1)
		b = base.Append(wire.AppendUint32(b, uint32(v)))
	}
	for i, component := range q.components {
		keys = append(keys, c.keys[s.index][component])
		term([]byte("ENC-SHARE"), keys[i], curve.Generator(), i)
		term([]byte("ENC-SHARE"), s.points[i], q.ciphertext.points[0], i)
	}
	tr := q.transcript(s.generation, s.index)
	tr.Append("statement", b)
	tr.AppendPoints("commitments", s.proof.Commitments...)
	z := tr.Challenge("sigma").Bytes()
	return hex.EncodeToString(b), hex.EncodeToString(z[:])
}

func writeEncryptionVectors(t *testing.T) {
	r := newRecord(t, 2, 3)
	v := encryptionVectors{
		Provenance: "Written by `go test ./threshold -update`: DealEncryption and Decrypt with the readers " +
			"testrand.New(\"record/deal/2/3\") and (\"record/share/\" and the party less 1). numbers and k are scalars, " +
			"parts are those of the subject, components are counted from 0.",
		Committee: hexOf(t, r.committee), Generation: r.committee.generation.String(), Key: hexOf(t, r.committee.Key()),
		Network: hex.EncodeToString(testNetwork[:]), Purpose: "warrant", Components: []int{1, 2},
	}
	k := random(t, "vectors/k")
	var values []curve.Scalar
	for _, m := range numbers() {
		values = append(values, m.Scalar())
		b := m.Bytes()
		v.Numbers = append(v.Numbers, hex.EncodeToString(b[:]))
	}
	b := k.Bytes()
	v.K = hex.EncodeToString(b[:])
	e := CiphertextOf(curve.SumsSecret(r.committee.Key().Encryption(k, values...)))
	v.Ciphertext = hexOf(t, e)
	sum, err := new(CiphertextSum).Add(e, e)
	require.NoError(t, err)
	v.Sum = hexOf(t, sum)
	parts := [][]byte{wire.AppendUint64(nil, 7), make([]byte, 32)}
	for _, p := range parts {
		v.Parts = append(v.Parts, hex.EncodeToString(p))
	}
	subject, err := NewSubject(testNetwork, v.Purpose, parts...)
	require.NoError(t, err)
	q := r.ask(t, subject, e, v.Components...)
	shares := r.decrypt(t, q)
	for j, s := range shares {
		statement, challenge := shareTranscript(r.committee, q, s)
		v.KeyShares, v.Shares = append(v.KeyShares, hexOf(t, r.keys[j])), append(v.Shares, hexOf(t, s))
		v.Statements, v.Challenges = append(v.Statements, statement), append(v.Challenges, challenge)
	}
	opened, err := r.committee.Open(q, shares)
	require.NoError(t, err)
	for _, p := range opened {
		name := p.Bytes()
		v.Plaintexts = append(v.Plaintexts, hex.EncodeToString(name[:]))
	}
	out, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(encryptionVectorFile, append(out, '\n'), 0o644))
}
