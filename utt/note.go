package utt

import (
	"crypto/hpke"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// A note tells the owner of an output its value and the seed of its blindings.
//
//	to others   HPKE base mode, X-Wing, HKDF-SHA256, ChaCha20-Poly1305
//	to oneself  XChaCha20-Poly1305, random nonce, key from the wallet seed
//
// Both authenticate header, transaction seed and index of the output. Notes are
// not proven: a sender can make an output that its owner cannot open. That burns
// the sender's money, and the owner does not count it.

// MaxMemo bounds the memo to a payee, in bytes. It is padded to this length.
const MaxMemo = 64

const (
	ownNoteSize   = 8 + 32
	payeeNoteSize = ownNoteSize + 1 + MaxMemo
)

// noteSeed yields an output's blindings. Every output of every attempt has a
// fresh one: with one seed for all, a payee would learn the blindings of the
// sender's own outputs and recognise him; with one derived from the inputs, two
// attempts at a payment would reveal the difference of their values.
type noteSeed [32]byte

func newNoteSeed(rand io.Reader) (n noteSeed, err error) {
	err = curve.ReadRandom(rand, n[:])
	return n, err
}

// blinding is that of one attribute of output j.
func (n *noteSeed) blinding(network NetworkID, s seed, j int, attribute string) curve.Scalar {
	return attr.Hash(dst.NoteBlinding, n[:], network[:], s[:], be64(uint64(j)), []byte(attribute)).Scalar()
}

// opening is that of output j with the attributes of its commitment.
func (n *noteSeed) opening(network NetworkID, s seed, j int, pid attr.Attribute, v Amount, kind attr.Attribute) *sig.Opening {
	return sig.NewOpening(
		[]attr.Attribute{pid, s.serial(j), attr.Uint64(uint64(v)), kind},
		[]curve.Scalar{n.blinding(network, s, j, "pid"), {}, n.blinding(network, s, j, "val"), {}})
}

// note is the plaintext.
type note struct {
	value Amount
	seed  noteSeed
	memo  string // to others only
}

// noteContext is the associated data.
func noteContext(h *header, s seed, j int) []byte {
	return append(append(h.append(nil), s[:]...), be64(uint64(j))...)
}

// sealTo encrypts to a payee's address. HPKE draws its own randomness.
func (n *note) sealTo(address, context []byte) ([]byte, error) {
	if len(n.memo) > MaxMemo {
		return nil, fmt.Errorf("%w: memo of %d bytes, of at most %d", ErrPolicy, len(n.memo), MaxMemo)
	}
	key, err := addressKEM.NewPublicKey(address)
	if err != nil {
		return nil, fmt.Errorf("%w: address: %w", ErrMalformed, err)
	}
	enc, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(dst.NotePayee))
	if err != nil {
		return nil, fmt.Errorf("encrypt note: %w", err)
	}
	b := make([]byte, 0, payeeNoteSize)
	b = append(wire.AppendUint64(b, uint64(n.value)), n.seed[:]...)
	b = append(append(b, byte(len(n.memo))), n.memo...)
	ct, err := sender.Seal(context, b[:payeeNoteSize])
	if err != nil {
		return nil, fmt.Errorf("encrypt note: %w", err)
	}
	return append(enc, ct...), nil
}

// openPayeeNote decrypts a note; ok is false if it is another's.
func openPayeeNote(key hpke.PrivateKey, ciphertext, context []byte) (n note, ok bool) {
	if len(ciphertext) != payeeNoteLen {
		return note{}, false
	}
	recipient, err := hpke.NewRecipient(ciphertext[:payeeNoteEnc], key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(dst.NotePayee))
	if err != nil {
		return note{}, false
	}
	b, err := recipient.Open(context, ciphertext[payeeNoteEnc:])
	if err != nil || len(b) != payeeNoteSize {
		return note{}, false
	}
	r := wire.NewReader(b)
	n.value = Amount(r.Uint64())
	r.Fill(n.seed[:])
	memo := int(r.Byte())
	if memo > MaxMemo {
		return note{}, false
	}
	n.memo = string(r.Take(memo))
	return n, true
}

// Lengths of encrypted notes.
const (
	payeeNoteEnc = 1120
	payeeNoteLen = payeeNoteEnc + payeeNoteSize + chacha20poly1305.Overhead
	ownNoteLen   = chacha20poly1305.NonceSizeX + ownNoteSize + chacha20poly1305.Overhead
)

// sealOwn encrypts to oneself.
func (n *note) sealOwn(random io.Reader, key, context []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt note: %w", err)
	}
	b := make([]byte, chacha20poly1305.NonceSizeX, ownNoteLen)
	if err := curve.ReadRandom(random, b); err != nil {
		return nil, err
	}
	return aead.Seal(b, b, append(wire.AppendUint64(nil, uint64(n.value)), n.seed[:]...), context), nil
}

// openOwnNote decrypts a note to oneself.
func openOwnNote(key, ciphertext, context []byte) (n note, ok bool) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(ciphertext) != ownNoteLen {
		return note{}, false
	}
	nonce, ct := ciphertext[:chacha20poly1305.NonceSizeX], ciphertext[chacha20poly1305.NonceSizeX:]
	b, err := aead.Open(nil, nonce, ct, context)
	if err != nil {
		return note{}, false
	}
	r := wire.NewReader(b)
	n.value = Amount(r.Uint64())
	r.Fill(n.seed[:])
	return n, r.Close() == nil
}
