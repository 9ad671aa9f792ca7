package wallet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

func TestWordList(t *testing.T) {
	sum := sha256.Sum256([]byte(listed))
	require.Equal(t, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda", hex.EncodeToString(sum[:]))
	require.Len(t, words(), 1<<bitsPerWord)
	require.True(t, slices.IsSorted(words()))
	require.Equal(t, strings.Join(words(), "\n")+"\n", listed)
}

// The vectors of BIP-39 for 256 bits.
func TestWordVectors(t *testing.T) {
	for seed, text := range map[string]string{
		"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f": "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff": "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
		"68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c": "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
		"f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f": "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold",
	} {
		raw, err := hex.DecodeString(seed)
		require.NoError(t, err)
		got, err := Words(raw)
		require.NoError(t, err)
		require.Equal(t, text, got)
		for _, spelled := range []string{text, strings.ToUpper(text), "\n " + strings.ReplaceAll(text, " ", "\t  ") + " "} {
			back, err := ParseWords(spelled)
			require.NoError(t, err)
			require.Equal(t, raw, back)
		}
	}
}

func TestParseWordsRefuses(t *testing.T) {
	text, err := Words(bytes.Repeat([]byte{1, 2, 3, 4}, 8))
	require.NoError(t, err)
	all := strings.Fields(text)
	with := func(i int, word string) string {
		d := slices.Clone(all)
		d[i] = word
		return strings.Join(d, " ")
	}
	for name, wrong := range map[string]string{
		"nothing":       "",
		"a word less":   strings.Join(all[1:], " "),
		"a word more":   text + " zoo",
		"no word":       with(3, "utt"),
		"another word":  with(23, "zoo"),
		"two exchanged": strings.Join(append([]string{all[1], all[0]}, all[2:]...), " "),
	} {
		_, err := ParseWords(wrong)
		require.ErrorIs(t, err, utt.ErrMalformed, name)
	}
	for _, seed := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
		_, err := Words(seed)
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
}

func FuzzWords(f *testing.F) {
	f.Add(bytes.Repeat([]byte{7, 9}, 16))
	f.Fuzz(func(t *testing.T, seed []byte) {
		text, err := Words(seed)
		if err != nil {
			require.NotEqual(t, utt.SeedSize, len(seed))
			return
		}
		back, err := ParseWords(text)
		require.NoError(t, err)
		require.Equal(t, seed, back)
	})
}
