package transcript_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

var update = flag.Bool("update", false, "rewrite testdata from the code")

const tag dst.Tag = "UTT-V1/test/transcript"

// step does one thing to a transcript.
type step func(*transcript.Transcript)

func item(label, value string) step {
	return func(t *transcript.Transcript) { t.Append(label, []byte(value)) }
}

func points(label string, p ...curve.G1) step {
	return func(t *transcript.Transcript) { t.AppendPoints(label, p...) }
}

func challenge(label string) step { return func(t *transcript.Transcript) { t.Challenge(label) } }

func after(tag dst.Tag, steps ...step) [32]byte {
	t := transcript.New(tag)
	for _, s := range steps {
		s(t)
	}
	c := t.Challenge("test")
	return c.Bytes()
}

func TestDifferentTranscriptsHaveDifferentChallenges(t *testing.T) {
	g, h := curve.Generator(), curve.HashToG1(tag, nil)
	encoded := string(g.Append(nil))
	cases := map[string][32]byte{
		"nothing":                  after(tag),
		"another tag":              after(tag + "s"),
		"an empty item":            after(tag, item("", "")),
		"two empty items":          after(tag, item("", ""), item("", "")),
		"item":                     after(tag, item("label", "value")),
		"other value":              after(tag, item("label", "valuf")),
		"other label":              after(tag, item("labem", "value")),
		"byte from label to value": after(tag, item("labe", "lvalue")),
		"byte from value to label": after(tag, item("labelv", "alue")),
		"all in the label":         after(tag, item("labelvalue", "")),
		"all in the value":         after(tag, item("", "labelvalue")),
		"value cut in two":         after(tag, item("label", "val"), item("label", "ue")),
		"two items":                after(tag, item("a", "b"), item("c", "d")),
		"two items exchanged":      after(tag, item("c", "d"), item("a", "b")),
		"two items joined":         after(tag, item("a", "b\x00\x00\x00\x01\x00\x00\x00\x01cd")),
		"item twice":               after(tag, item("label", "value"), item("label", "value")),
		"a challenge before":       after(tag, challenge("x"), item("label", "value")),
		"a challenge after":        after(tag, item("label", "value"), challenge("x")),
		"another challenge after":  after(tag, item("label", "value"), challenge("y")),
		"the test challenge":       after(tag, item("label", "value"), challenge("test")),
		"challenge as an item":     after(tag, item("label", "value"), item("challenge", "x")),
		"no points":                after(tag, points("p")),
		"point":                    after(tag, points("p", g)),
		"other point":              after(tag, points("p", h)),
		"negated point":            after(tag, points("p", g.Neg())),
		"identity":                 after(tag, points("p", curve.G1{})),
		"two points":               after(tag, points("p", g, h)),
		"two points exchanged":     after(tag, points("p", h, g)),
		"two points apart":         after(tag, points("p", g), points("p", h)),
		"point under another name": after(tag, points("q", g)),
	}
	seen := map[[32]byte]string{}
	for name, c := range cases {
		other, dup := seen[c]
		require.False(t, dup, "%s and %s", name, other)
		seen[c] = name
	}
	require.Equal(t, cases["point"], after(tag, item("p", encoded)), "a point is its encoding")
	require.Equal(t, cases["item"], after(tag, item("label", "value")), "deterministic")
}

func TestEveryItemReachesEveryLaterChallenge(t *testing.T) {
	const n = 6
	run := func(changed int) (c [n][32]byte) {
		tr := transcript.New(tag)
		for i := range c {
			v := byte(i)
			if i == changed {
				v ^= 0x80
			}
			tr.Append("item", []byte{v})
			c[i] = tr.Challenge("c").Bytes()
		}
		return c
	}
	want := run(-1)
	for changed := range n {
		for i, c := range run(changed) {
			require.Equal(t, i < changed, c == want[i], "item %d, challenge %d", changed, i)
		}
	}
}

func TestChallengesAreShort(t *testing.T) {
	tr := transcript.New(tag)
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	long := 0
	for range 200 {
		b := tr.Challenge("c").Bytes()
		n := new(big.Int).SetBytes(b[:])
		require.Negative(t, n.Cmp(limit))
		if n.BitLen() > 120 {
			long++
		}
	}
	require.Greater(t, long, 150, "all 128 bits are used")
}

func TestStateChangesNothing(t *testing.T) {
	a, b := transcript.New(tag), transcript.New(tag)
	first := a.State()
	require.Equal(t, first, a.State())
	a.Append("x", nil)
	b.Append("x", nil)
	require.NotEqual(t, first, a.State())
	require.Equal(t, a.Challenge("c"), b.Challenge("c"))
	require.Equal(t, a.State(), b.State())
	require.NotEqual(t, a.Challenge("c"), b.Challenge("d"))
	require.NotEqual(t, a.State(), b.State())
}

func TestHashIsFramed(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	seen := map[[32]byte]int{}
	for i, h := range [][32]byte{
		transcript.Hash(tag), transcript.Hash(tag, nil), transcript.Hash(tag, nil, nil), transcript.Hash(tag + "x"),
		transcript.Hash(tag, b("ab")), transcript.Hash(tag, b("a"), b("b")), transcript.Hash(tag, b("b"), b("a")),
		transcript.Hash(tag, b("ab"), nil), transcript.Hash("", b(string(tag))),
	} {
		other, dup := seen[h]
		require.False(t, dup, "%d and %d", i, other)
		seen[h] = i
	}
}

type vector struct {
	Steps     []string `json:"steps"` // label=value, or a challenge's label
	Challenge string   `json:"challenge"`
	State     string   `json:"state"`
}

type vectors struct {
	Provenance string   `json:"provenance"`
	Tag        string   `json:"tag"`
	Vectors    []vector `json:"vectors"`
	Hash       string   `json:"hash"`
}

func TestVectors(t *testing.T) {
	const file = "testdata/transcript.json"
	got := vectors{
		Provenance: "written by this package's tests with -update, checked once against a separate implementation in Python; a change is a change of the protocol",
		Tag:        string(tag),
	}
	for _, steps := range [][]string{{}, {"a="}, {"a=b", "c=d"}, {"a=b", "first", "c=d", "second"}} {
		tr := transcript.New(tag)
		for _, s := range steps {
			if label, value, ok := strings.Cut(s, "="); ok {
				tr.Append(label, []byte(value))
			} else {
				tr.Challenge(s)
			}
		}
		c := tr.Challenge("last").Bytes()
		state := tr.State()
		got.Vectors = append(got.Vectors, vector{steps, hex.EncodeToString(c[:]), hex.EncodeToString(state[:])})
	}
	h := transcript.Hash(tag, []byte("a"), nil, []byte("bc"))
	got.Hash = hex.EncodeToString(h[:])

	if *update {
		b, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var want vectors
	require.NoError(t, json.Unmarshal(b, &want))
	require.Equal(t, want, got)
}
