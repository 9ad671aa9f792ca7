package nullifier_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
)

var update = flag.Bool("update", false, "rewrite the vectors in testdata")

const vectorFile = "testdata/nullifier.json"

type vectors struct {
	Provenance string   `json:"provenance"`
	Cases      []vector `json:"cases"`
}

type vector struct {
	Key        string `json:"key"`
	Serial     string `json:"serial"`
	Encoding   string `json:"encoding"`
	Compressed string `json:"compressed"`
}

func attribute(t testing.TB, s string) attr.Attribute {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	r := wire.NewReader(b)
	a := attr.Read(r)
	require.NoError(t, r.Close())
	return a
}

func random(t testing.TB, seed string) attr.Attribute {
	t.Helper()
	s, err := curve.RandomNonZero(testrand.New(seed))
	require.NoError(t, err)
	return attr.FromScalar(s)
}

func derive(t testing.TB, key, serial attr.Attribute) nullifier.Nullifier {
	t.Helper()
	n, err := nullifier.Derive(key, serial)
	require.NoError(t, err)
	return n
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// at is the nullifier with the point p, which need not be in the subgroup.
func at(t testing.TB, p curve.G1) nullifier.Nullifier {
	t.Helper()
	r := wire.NewReader(p.Append(nil))
	n := nullifier.Read(r)
	require.NoError(t, r.Close())
	return n
}

func point(t testing.TB, n nullifier.Nullifier) curve.G1 {
	t.Helper()
	r := wire.NewReader(n.Append(nil))
	p := curve.ReadG1(r)
	require.NoError(t, r.Close())
	return p
}

// smallOrder is a point of the given order.
func smallOrder(order int64) curve.G1 { return curve.FromG1Affine(testrand.SmallOrder(order)) }

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	var v vectors
	b, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &v))
	require.NotEmpty(t, v.Cases)
	for _, c := range v.Cases {
		n := derive(t, attribute(t, c.Key), attribute(t, c.Serial))
		enc, err := n.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, c.Encoding, hexOf(enc))
		require.Equal(t, c.Compressed, n.String())
		key := n.Key()
		require.Equal(t, c.Compressed, hexOf(key[:]))
		var again nullifier.Key
		require.NoError(t, again.UnmarshalText([]byte(c.Compressed)))
		require.Equal(t, key, again)
		require.ErrorIs(t, again.UnmarshalText([]byte(c.Compressed[2:])), nullifier.ErrMalformed)
		require.ErrorIs(t, again.UnmarshalText([]byte("zz"+c.Compressed[2:])), nullifier.ErrMalformed)
	}
}

func writeVectors(t *testing.T) {
	v := vectors{Provenance: "Written by `go test ./nullifier -update`: key and serial are RandomNonZero of " +
		"testrand.New(\"nullifier/key/i\") and (\"nullifier/serial/i\"), the last two are key 1 with serial 0 and " +
		"key 0 with serial 1. Checked once against " +
		"github.com/cloudflare/circl v1.6.1, an independent implementation of RFC 9380 and the curve: N is Hash of " +
		"the empty message under UTT-V1/nullifier/generator."}
	add := func(key, serial attr.Attribute) {
		n := derive(t, key, serial)
		enc, err := n.MarshalBinary()
		require.NoError(t, err)
		k, s := key.Bytes(), serial.Bytes()
		v.Cases = append(v.Cases, vector{hexOf(k[:]), hexOf(s[:]), hexOf(enc), n.String()})
	}
	for i := range 4 {
		add(random(t, fmt.Sprint("nullifier/key/", i)), random(t, fmt.Sprint("nullifier/serial/", i)))
	}
	add(attr.Uint64(1), attr.Uint64(0))
	add(attr.Uint64(0), attr.Uint64(1))
	b, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(vectorFile, append(b, '\n'), 0o644))
}

// The equation, with the library's other multiplication.
func TestDeriveSatisfiesNF1(t *testing.T) {
	base := attr.NewBase(dst.NullifierBase).Point()
	for i := range 8 {
		key, serial := random(t, fmt.Sprint("k", i)), random(t, fmt.Sprint("s", i))
		n := derive(t, key, serial)
		require.Equal(t, base, point(t, n).Mul(key.Scalar().Add(serial.Scalar())))
		require.Equal(t, n, derive(t, key, serial))
		require.Equal(t, n, derive(t, serial, key))
		require.NotEqual(t, n, derive(t, key, random(t, "another serial")))
		require.NotEqual(t, n, derive(t, random(t, "another key"), serial))
	}
}

func TestDeriveRefusesASumOfZero(t *testing.T) {
	key := random(t, "key")
	_, err := nullifier.Derive(key, attr.FromScalar(key.Scalar().Neg()))
	require.ErrorIs(t, err, nullifier.ErrUndefined)
	_, err = nullifier.Derive(attr.Uint64(0), attr.Uint64(0))
	require.ErrorIs(t, err, nullifier.ErrUndefined)
}

func TestNullifiersAreMapKeys(t *testing.T) {
	key := random(t, "key")
	spent := map[nullifier.Nullifier]int{}
	keys := map[[nullifier.KeySize]byte]bool{}
	for i := range 20 {
		n := derive(t, key, attr.Uint64(uint64(i)))
		spent[n] = i
		keys[n.Key()] = true
	}
	require.Len(t, spent, 20)
	require.Len(t, keys, 20)
	require.Equal(t, 7, spent[derive(t, key, attr.Uint64(7))])
}

func TestEncoding(t *testing.T) {
	n := derive(t, random(t, "key"), random(t, "serial"))
	enc, err := n.AppendBinary([]byte{9})
	require.NoError(t, err)
	require.Equal(t, byte(9), enc[0])
	enc = enc[1:]
	require.Len(t, enc, 1+curve.G1Size)

	var got nullifier.Nullifier
	require.NoError(t, got.UnmarshalBinary(enc))
	require.Equal(t, n, got)

	_, err = nullifier.Nullifier{}.MarshalBinary()
	require.ErrorIs(t, err, nullifier.ErrUndefined)
	require.True(t, nullifier.Nullifier{}.IsZero())
}

// A refused encoding leaves the receiver as it was.
func TestUnmarshalRefuses(t *testing.T) {
	n := derive(t, random(t, "key"), random(t, "serial"))
	enc, err := n.MarshalBinary()
	require.NoError(t, err)
	compressed := n.Key()
	cases := map[string][]byte{
		"empty":         {},
		"version alone": enc[:1],
		"other version": append([]byte{2}, enc[1:]...),
		"truncated":     enc[:len(enc)-1],
		"trailing byte": append(append([]byte(nil), enc...), 0),
		"compressed":    append([]byte{1}, compressed[:]...),
		"off the curve": append(append([]byte(nil), enc[:len(enc)-1]...), enc[len(enc)-1]^1),
		"identity":      append([]byte{1}, curve.G1{}.Append(nil)...),
		"all zero":      append([]byte{1}, make([]byte, curve.G1Size)...),
		"flagged":       append([]byte{1, enc[1] | 0x80}, enc[2:]...),
		"of order 3":    append([]byte{1}, smallOrder(3).Append(nil)...),
		"off by one of order 11": append([]byte{1},
			point(t, n).Add(smallOrder(11)).Append(nil)...),
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			got := derive(t, attr.Uint64(1), attr.Uint64(2))
			before := got
			require.ErrorIs(t, got.UnmarshalBinary(b), nullifier.ErrMalformed)
			require.Equal(t, before, got)
		})
	}
}

func FuzzDecode(f *testing.F) {
	n := derive(f, attr.Uint64(1), attr.Uint64(2))
	enc, err := n.MarshalBinary()
	require.NoError(f, err)
	f.Add(enc)
	f.Add(append([]byte{1}, curve.G1{}.Append(nil)...))
	f.Add(append([]byte{1}, smallOrder(3).Append(nil)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var n nullifier.Nullifier
		if n.UnmarshalBinary(b) != nil {
			require.True(t, n.IsZero())
			return
		}
		got, err := n.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, got)
	})
}

// The text of a nullifier is its name in a database, and its only one.
func TestText(t *testing.T) {
	n, err := nullifier.Derive(attr.Uint64(3), attr.Uint64(5))
	require.NoError(t, err)
	text, err := n.MarshalText()
	require.NoError(t, err)
	require.Equal(t, n.String(), string(text))
	var d nullifier.Nullifier
	require.NoError(t, d.UnmarshalText(text))
	require.Equal(t, n, d)
	p := curve.ReadG1(wire.NewReader(n.Append(nil))).Add(curve.FromG1Affine(testrand.SmallOrder(3)))
	off := hex.EncodeToString(p.AppendCompressed(nil))
	for _, s := range []string{"", string(text[2:]), string(text) + "00", "zz" + string(text[2:]), strings.Repeat("f", 96), "c0" + strings.Repeat("0", 94), off} {
		require.ErrorIs(t, d.UnmarshalText([]byte(s)), nullifier.ErrMalformed, s)
		require.Equal(t, n, d)
	}
	_, err = nullifier.Nullifier{}.MarshalText()
	require.ErrorIs(t, err, nullifier.ErrUndefined)
}
