package threshold

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

// quick is a cost for tests that open many times.
var quick = stretch{passes: 1, memory: 8, lanes: 1}

const (
	sealVectorFile = "testdata/sealed.json"
	passphrase     = "correct horse battery staple"
)

func sealed(t testing.TB, k *KeyShare, cost stretch) []byte {
	t.Helper()
	h := sealHeader{kind: sealedSigning, stretch: cost, generation: k.generation, index: k.index}
	b, err := seal(testrand.New("threshold/seal"), []byte(passphrase), h, k.key.Scalars())
	require.NoError(t, err)
	return b
}

func TestSealAndOpen(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	b, err := s.keys[1].Seal(nil, []byte(passphrase))
	require.NoError(t, err)
	k, err := OpenKeyShare(b, []byte(passphrase))
	require.NoError(t, err)
	require.NoError(t, s.committee.VerifyKeyShare(k))
	share, err := k.Sign(s.message)
	require.NoError(t, err)
	require.True(t, share.Equal(s.shares[1]))

	again, err := s.keys[1].Seal(nil, []byte(passphrase))
	require.NoError(t, err)
	require.NotEqual(t, b, again, "salt and nonce are fresh")
	secret := encode(t, s.keys[1])
	require.False(t, bytes.Contains(b, secret[len(secret)-32:]), "a scalar in clear")
}

func TestSealAndOpenEncryptionKeys(t *testing.T) {
	c, k := newEncryption(t)
	b, err := k.Seal(nil, []byte(passphrase))
	require.NoError(t, err)
	got, err := OpenEncryptionKeyShare(b, []byte(passphrase))
	require.NoError(t, err)
	require.NoError(t, c.VerifyKeyShare(got))
	_, err = OpenKeyShare(b, []byte(passphrase))
	require.ErrorIs(t, err, ErrMalformed)
	_, err = new(EncryptionKeyShare).Seal(nil, []byte(passphrase))
	require.ErrorIs(t, err, ErrArgument)
}

func TestSealRefuses(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	_, err := s.keys[0].Seal(nil, nil)
	require.ErrorIs(t, err, ErrArgument)
	_, err = new(KeyShare).Seal(nil, []byte(passphrase))
	require.ErrorIs(t, err, ErrArgument)
	stop := errors.New("stop")
	for _, n := range []int{0, saltSize} {
		_, err = s.keys[0].Seal(testrand.Failing(n, stop), []byte(passphrase))
		require.ErrorIs(t, err, stop)
	}
}

// A wrong passphrase and damaged bytes are different errors.
func TestOpenTellsAWrongPassphraseFromDamage(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	b := sealed(t, s.keys[1], quick)
	for _, p := range []string{"", "correct horse battery stapl", passphrase + " "} {
		_, err := OpenKeyShare(b, []byte(p))
		require.ErrorIs(t, err, ErrPassphrase)
		require.NotErrorIs(t, err, ErrMalformed)
	}
	for i := range b {
		damaged := bytes.Clone(b)
		damaged[i] ^= 1
		_, err := OpenKeyShare(damaged, []byte(passphrase))
		require.ErrorIs(t, err, ErrMalformed, "byte %d", i)
		require.NotErrorIs(t, err, ErrPassphrase)
		_, err = OpenKeyShare(b[:i], []byte(passphrase))
		require.ErrorIs(t, err, ErrMalformed)
	}
	_, err := OpenKeyShare(append(bytes.Clone(b), 0), []byte(passphrase))
	require.ErrorIs(t, err, ErrMalformed)
}

// Who rewrites the header, checksum included, makes no share of another party or
// generation, nor a cheaper one to guess.
func TestSealBindsWhatItIsOf(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	b := sealed(t, s.keys[1], quick)
	h, _, box, err := readSealed(b, sealedSigning)
	require.NoError(t, err)
	for name, mutate := range map[string]func(h *sealHeader){
		"kind":       func(h *sealHeader) { h.kind = sealedEncryption },
		"index":      func(h *sealHeader) { h.index = 1 },
		"generation": func(h *sealHeader) { h.generation[31] ^= 1 },
		"passes":     func(h *sealHeader) { h.stretch.passes++ },
		"memory":     func(h *sealHeader) { h.stretch.memory++ },
		"salt":       func(h *sealHeader) { h.salt[0] ^= 1 },
		"nonce":      func(h *sealHeader) { h.nonce[0] ^= 1 },
	} {
		m := h
		mutate(&m)
		forged := append(m.append(nil), box...)
		sum := sealChecksum(forged)
		forged = append(forged, sum[:]...)
		_, err := OpenKeyShare(forged, []byte(passphrase))
		if m.kind == sealedEncryption {
			require.ErrorIs(t, err, ErrMalformed)
			_, err = OpenEncryptionKeyShare(forged, []byte(passphrase))
		}
		require.ErrorIs(t, err, ErrPassphrase, name)
	}
}

// What a header asks for is bounded before it is done.
func TestSealBoundsTheCost(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	h, _, box, err := readSealed(sealed(t, s.keys[1], quick), sealedSigning)
	require.NoError(t, err)
	require.True(t, usualStretch.valid())
	for _, cost := range []stretch{
		{0, 64, 1}, {17, 64, 1}, {^uint32(0), 64, 1}, {1, 7, 1}, {1, 1<<20 + 1, 1}, {1, ^uint32(0), 1}, {1, 64, 0}, {1, 1024, 17}, {1, 64, 255},
	} {
		h.stretch = cost
		forged := append(h.append(nil), box...)
		sum := sealChecksum(forged)
		_, err := OpenKeyShare(append(forged, sum[:]...), []byte(passphrase))
		require.ErrorIs(t, err, ErrMalformed, "%v", cost)
	}
}

func TestSealVector(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	b := sealed(t, s.keys[0], usualStretch)
	if *update {
		j, err := json.MarshalIndent(map[string]string{
			"provenance": "Written by `go test ./threshold -update`: the first key share of threshold.json, sealed with the reader testrand.New(\"threshold/seal\").",
			"passphrase": passphrase,
			"key_share":  hexOf(t, s.keys[0]),
			"sealed":     hex.EncodeToString(b),
		}, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(sealVectorFile, append(j, '\n'), 0o644))
	}
	j, err := os.ReadFile(sealVectorFile)
	require.NoError(t, err)
	var v map[string]string
	require.NoError(t, json.Unmarshal(j, &v))
	require.Equal(t, v["sealed"], hex.EncodeToString(b))
	k, err := OpenKeyShare(unhex(t, v["sealed"]), []byte(v["passphrase"]))
	require.NoError(t, err)
	require.Equal(t, v["key_share"], hexOf(t, k))
}

// FuzzSealed: what is accepted has a header that re-encodes to itself and asks for what
// is allowed; nothing is tried.
func FuzzSealed(f *testing.F) {
	s := newScene(f, 2, 3, 1)
	f.Add(sealed(f, s.keys[0], quick))
	f.Add(sealed(f, s.keys[2], stretch{passes: 16, memory: 1 << 10, lanes: 16}))
	f.Fuzz(func(t *testing.T, b []byte) {
		// the fuzzer does not find checksums
		b = bytes.Clone(b)
		if len(b) > checksumSize {
			sum := sealChecksum(b[:len(b)-checksumSize])
			copy(b[len(b)-checksumSize:], sum[:])
		}
		h, header, box, err := readSealed(b, sealedSigning)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		require.Equal(t, header, h.append(nil))
		require.True(t, h.stretch.valid())
		sum := sealChecksum(append(bytes.Clone(header), box...))
		require.Equal(t, b, append(append(bytes.Clone(header), box...), sum[:]...))
	})
}
