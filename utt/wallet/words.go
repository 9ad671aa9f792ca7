package wallet

import (
	"crypto/sha256"
	_ "embed" // the list of words
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/utt-ecash/utt-go/utt"
)

// words.txt is the English list of BIP-39, byte by byte, of github.com/bitcoin/bips under
// the MIT licence: 2048 words in alphabetical order.
//
//go:embed words.txt
var listed string

var words = sync.OnceValue(func() []string { return strings.Fields(listed) })

const (
	seedWords   = 24
	bitsPerWord = 11
)

// Words are a seed as 24 English words, for paper, as BIP-39 writes 32 bytes of entropy. With them and the
// identity Open restores everything that records restore. They are the seed itself, not what BIP-39 makes
// of them with a passphrase. ErrMalformed says that the seed has not 32 bytes.
func Words(seed []byte) (string, error) {
	if len(seed) != utt.SeedSize {
		return "", fmt.Errorf("%w: seed of %d bytes, not %d", utt.ErrMalformed, len(seed), utt.SeedSize)
	}
	sum := sha256.Sum256(seed)
	bits := append(slices.Clone(seed), sum[0])
	all := make([]string, seedWords)
	for i := range all {
		n := 0
		for b := i * bitsPerWord; b < (i+1)*bitsPerWord; b++ {
			n = n<<1 | int(bits[b/8]>>(7-b%8)&1)
		}
		all[i] = words()[n]
	}
	return strings.Join(all, " "), nil
}

// ParseWords is the seed of which Words are given, in any case and with any space between. ErrMalformed
// says that one is no word of the list, or, by the checksum, that they are not what was
// written down; of 256 wrong ones it lets one through.
func ParseWords(text string) ([]byte, error) {
	given := strings.Fields(strings.ToLower(text))
	if len(given) != seedWords {
		return nil, fmt.Errorf("%w: %d words, not %d", utt.ErrMalformed, len(given), seedWords)
	}
	bits := make([]byte, utt.SeedSize+1)
	for i, word := range given {
		n, ok := slices.BinarySearch(words(), word)
		if !ok {
			return nil, fmt.Errorf("%w: word %d is none of the list", utt.ErrMalformed, i+1) // a secret is not repeated
		}
		for b := range bitsPerWord {
			at := i*bitsPerWord + b
			bits[at/8] |= byte(n>>(bitsPerWord-1-b)&1) << (7 - at%8)
		}
	}
	seed := bits[:utt.SeedSize]
	if sum := sha256.Sum256(seed); sum[0] != bits[utt.SeedSize] {
		return nil, fmt.Errorf("%w: a word is wrong, or two are exchanged", utt.ErrMalformed)
	}
	return seed, nil
}
