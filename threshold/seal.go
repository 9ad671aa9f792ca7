package threshold

import (
	"crypto/cipher"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// A key share on disk is sealed under a passphrase:
//
//	header    version, kind, argon2id's passes, memory and lanes, salt, nonce, generation, index
//	box       XChaCha20-Poly1305 of the secret scalars, under argon2id(passphrase, salt), with the
//	          header as associated data
//	checksum  SHA-256 over all before, so that damage is told from a wrong passphrase before the
//	          passphrase is tried

const (
	sealedSigning    = 1
	sealedEncryption = 2

	saltSize     = 16
	checksumSize = 32
)

// stretch is the cost of argon2id: what guessing a passphrase costs, too.
type stretch struct {
	passes uint32
	memory uint32 // KiB
	lanes  uint8
}

var (
	// usualStretch is the second recommended option of RFC 9106, section 4.
	usualStretch = stretch{passes: 3, memory: 64 << 10, lanes: 4}
	// maxStretch bounds what a file of somebody else's can make Open do: 1 GiB for some
	// seconds.
	maxStretch = stretch{passes: 16, memory: 1 << 20, lanes: 16}
)

func (s stretch) valid() bool {
	return s.passes >= 1 && s.passes <= maxStretch.passes && s.lanes >= 1 && s.lanes <= maxStretch.lanes &&
		s.memory >= 8*uint32(s.lanes) && s.memory <= maxStretch.memory
}

// sealHeader is what is in clear of a sealed share, and bound to it.
type sealHeader struct {
	kind       byte
	stretch    stretch
	salt       [saltSize]byte
	nonce      [chacha20poly1305.NonceSizeX]byte
	generation Generation
	index      Index
}

func (h *sealHeader) append(b []byte) []byte {
	b = wire.AppendUint32(append(b, version, h.kind), h.stretch.passes)
	b = append(wire.AppendUint32(b, h.stretch.memory), h.stretch.lanes)
	b = append(append(append(b, h.salt[:]...), h.nonce[:]...), h.generation[:]...)
	return wire.AppendUint16(b, uint16(h.index))
}

func readSealHeader(r *wire.Reader, kind byte) (h sealHeader) {
	r.Version(version)
	if h.kind = r.Byte(); h.kind != kind {
		r.Fail("share of kind %d where %d is meant", h.kind, kind)
	}
	h.stretch = stretch{r.Uint32(), r.Uint32(), r.Byte()}
	if !h.stretch.valid() {
		r.Fail("argon2id with %d passes over %d KiB in %d lanes", h.stretch.passes, h.stretch.memory, h.stretch.lanes)
	}
	r.Fill(h.salt[:])
	r.Fill(h.nonce[:])
	h.generation, h.index = readOrigin(r)
	return h
}

// cipher is under the key that the passphrase gives.
func (h *sealHeader) cipher(passphrase []byte) cipher.AEAD {
	key := argon2.IDKey(passphrase, h.salt[:], h.stretch.passes, h.stretch.memory, h.stretch.lanes, chacha20poly1305.KeySize)
	defer clear(key)
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("threshold: XChaCha20-Poly1305: " + err.Error()) // only for keys of another length
	}
	return aead
}

// Seal encrypts the key share under a passphrase, as it may be kept on disk. The
// generation and the index stay readable and cannot be exchanged for others. It takes
// 64 MiB and some tenths of a second. A nil reader is crypto/rand.
//
// An empty passphrase is refused. A short one can be guessed by whoever has the file.
func (k *KeyShare) Seal(rand io.Reader, passphrase []byte) ([]byte, error) {
	if k == nil || k.key == nil {
		return nil, fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	scalars := k.key.Scalars()
	defer clear(scalars)
	return seal(rand, passphrase, sealHeader{kind: sealedSigning, stretch: usualStretch, generation: k.generation, index: k.index}, scalars)
}

// Seal is that of KeyShare.
func (k *EncryptionKeyShare) Seal(rand io.Reader, passphrase []byte) ([]byte, error) {
	if k == nil || len(k.secrets) == 0 {
		return nil, fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	return seal(rand, passphrase, sealHeader{kind: sealedEncryption, stretch: usualStretch, generation: k.generation, index: k.index}, k.secrets)
}

func seal(rand io.Reader, passphrase []byte, h sealHeader, scalars []curve.Scalar) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: the passphrase is empty", ErrArgument)
	}
	if err := curve.ReadRandom(rand, h.salt[:]); err != nil {
		return nil, err
	}
	if err := curve.ReadRandom(rand, h.nonce[:]); err != nil {
		return nil, err
	}
	secret := make([]byte, 0, len(scalars)*curve.ScalarSize)
	defer func() { clear(secret) }()
	for _, s := range scalars {
		secret = s.Append(secret)
	}
	header := h.append(nil)
	b := h.cipher(passphrase).Seal(header, h.nonce[:], secret, header)
	sum := sealChecksum(b)
	return append(b, sum[:]...), nil
}

// OpenKeyShare decrypts what Seal made. Of bytes that were damaged the error matches
// ErrMalformed, and the passphrase is not tried; ErrPassphrase says that they are whole,
// and that the passphrase is another, or somebody wrote other bytes on purpose.
//
// It takes what the header says: at most 1 GiB, and 16 passes over it.
// Committee.VerifyKeyShare tells whether the share belongs to a committee.
func OpenKeyShare(sealed, passphrase []byte) (*KeyShare, error) {
	h, scalars, err := unseal(sealed, passphrase, sealedSigning)
	if err != nil {
		return nil, err
	}
	defer clear(scalars)
	return &KeyShare{h.generation, h.index, sig.NewSecretKey(scalars)}, nil
}

// OpenEncryptionKeyShare is OpenKeyShare for an EncryptionKeyShare.
func OpenEncryptionKeyShare(sealed, passphrase []byte) (*EncryptionKeyShare, error) {
	h, scalars, err := unseal(sealed, passphrase, sealedEncryption)
	if err != nil {
		return nil, err
	}
	return &EncryptionKeyShare{h.generation, h.index, scalars}, nil
}

func unseal(sealed, passphrase []byte, kind byte) (h sealHeader, scalars []curve.Scalar, err error) {
	h, header, box, err := readSealed(sealed, kind)
	if err != nil {
		return h, nil, err
	}
	secret, err := h.cipher(passphrase).Open(nil, h.nonce[:], box, header)
	if err != nil {
		return h, nil, fmt.Errorf("%w: key share of party %d", ErrPassphrase, h.index)
	}
	defer clear(secret)
	r := wire.NewReader(secret)
	for r.Len() > 0 {
		s := curve.ReadScalar(r)
		if s.IsZero() {
			r.Fail("key share with a zero")
		}
		scalars = append(scalars, s)
	}
	if err := r.Close(); err != nil {
		return h, nil, fmt.Errorf("%w: sealed key share: %w", ErrMalformed, err)
	}
	return h, scalars, nil
}

// readSealed takes sealed bytes apart and checks that they are as Seal wrote them, as far
// as this can be seen without the passphrase.
func readSealed(sealed []byte, kind byte) (h sealHeader, header, box []byte, err error) {
	r := wire.NewReader(sealed)
	h = readSealHeader(r, kind)
	header = sealed[:len(sealed)-r.Len()]
	box = r.Take(r.Len() - checksumSize)
	if n := len(box) - chacha20poly1305.Overhead; n < curve.ScalarSize || n > (1+sig.MaxAttributes)*curve.ScalarSize {
		r.Fail("%d bytes of secret", n)
	}
	var sum [checksumSize]byte
	r.Fill(sum[:])
	if err := r.Close(); err != nil {
		return h, nil, nil, fmt.Errorf("%w: sealed key share: %w", ErrMalformed, err)
	}
	if sum != sealChecksum(sealed[:len(sealed)-checksumSize]) {
		return h, nil, nil, fmt.Errorf("%w: sealed key share: damaged, its checksum is another; restore a copy", ErrMalformed)
	}
	return h, header, box, nil
}

func sealChecksum(b []byte) [checksumSize]byte { return transcript.Hash(dst.SealedKeyShare, b) }
