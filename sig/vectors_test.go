package sig_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

var update = flag.Bool("update", false, "rewrite testdata from the code")

const provenance = "written by this package's tests with -update; randomness is ChaCha8 under SHA-256 of the seed " +
	"(internal/testrand); a change is a change of the protocol"

// golden compares v with the file, or writes it there.
func golden[T any](t *testing.T, name string, v T) {
	file := "testdata/" + name
	if *update {
		b, err := json.MarshalIndent(v, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var want T
	require.NoError(t, json.Unmarshal(b, &want))
	require.Equal(t, want, v)
}

type hashVector struct {
	Purpose   string `json:"purpose"`
	Data      string `json:"data"`
	Attribute string `json:"attribute"`
	Base      string `json:"base"`
}

func TestAttributeVectors(t *testing.T) {
	type vectors struct {
		Provenance string            `json:"provenance"`
		Hashes     []hashVector      `json:"hashes"`
		Numbers    map[string]string `json:"numbers"`
	}
	v := vectors{Provenance: provenance, Numbers: map[string]string{}}
	for _, in := range [][2]string{{"", ""}, {"purpose", ""}, {"", "data"}, {"purpose", "data"}, {"purpos", "edata"}} {
		a := sig.Hash(in[0], []byte(in[1])).Bytes()
		v.Hashes = append(v.Hashes, hashVector{
			in[0], hex.EncodeToString([]byte(in[1])), hex.EncodeToString(a[:]),
			hex.EncodeToString(sig.NewBase(in[0], []byte(in[1])).Point().Append(nil)),
		})
	}
	for name, n := range map[string]uint64{"0": 0, "1": 1, "2^64-1": 1<<64 - 1} {
		a := sig.Uint64(n).Bytes()
		v.Numbers[name] = hex.EncodeToString(a[:])
	}
	golden(t, "attributes.json", v)
}

func TestKeyVectors(t *testing.T) {
	type key struct {
		Seed       string `json:"seed"`
		Attributes int    `json:"attributes"`
		Secret     string `json:"secret"`
		Public     string `json:"public"`
	}
	type vectors struct {
		Provenance string `json:"provenance"`
		Keys       []key  `json:"keys"`
	}
	v := vectors{Provenance: provenance}
	for _, l := range []int{0, 1, 2, 4} {
		k := generate(t, "key", l)
		v.Keys = append(v.Keys, key{"key", l, hex.EncodeToString(encode(t, k)), hex.EncodeToString(encode(t, k.Public()))})
	}
	golden(t, "keys.json", v)
}

func TestSignatureVectors(t *testing.T) {
	type vector struct {
		Seed         string    `json:"seed"`
		Base         [2]string `json:"base"` // purpose and identifier
		Values       []uint64  `json:"values"`
		Hidden       []int     `json:"hidden"`
		Commitment   string    `json:"commitment"`
		Signature    string    `json:"signature"`
		Signed       string    `json:"signed"`
		Shown        []int     `json:"hidden_when_shown"`
		Presentation string    `json:"presentation"`
	}
	type vectors struct {
		Provenance string   `json:"provenance"`
		KeySeed    string   `json:"key_seed"`
		Vectors    []vector `json:"vectors"`
	}
	v := vectors{Provenance: provenance, KeySeed: "key"}
	for _, c := range []struct {
		values        []uint64
		hidden, shown []int
	}{
		{[]uint64{}, []int{}, []int{}},
		{[]uint64{7}, []int{}, []int{0}},
		{[]uint64{1, 2, 3, 4}, []int{}, []int{0, 1, 2}},
		{[]uint64{1, 2, 1<<64 - 1, 0}, []int{0, 2}, []int{0, 1, 2}},
		{[]uint64{0, 0}, []int{0, 1}, []int{}},
	} {
		m := make([]sig.Attribute, len(c.values))
		for i := range m {
			m[i] = sig.Uint64(c.values[i])
		}
		k := generate(t, v.KeySeed, len(m))
		commitment, o, err := sig.Commit(testrand.New("commit"), sig.NewBase("vector", []byte("id")), m, c.hidden...)
		require.NoError(t, err)
		s, err := k.Sign(commitment)
		require.NoError(t, err)
		signed := &sig.Signed{Commitment: commitment, Signature: s}
		shown, _, err := k.Public().Rerandomize(testrand.New("show"), signed, o, c.shown...)
		require.NoError(t, err)
		require.NoError(t, k.Public().Verify(signed))
		require.NoError(t, k.Public().Verify(shown))
		v.Vectors = append(v.Vectors, vector{
			"commit, show", [2]string{"vector", "id"}, c.values, c.hidden,
			hex.EncodeToString(encode(t, commitment)), hex.EncodeToString(encode(t, s)), hex.EncodeToString(encode(t, signed)),
			c.shown, hex.EncodeToString(encode(t, shown)),
		})
	}
	golden(t, "signatures.json", v)
}
