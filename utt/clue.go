package utt

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/keycheck"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// A clue tells whoever looks out for the owner of an output that it is his, in 48 bytes:
//
//	[CLUE]  R = r·B,  m = handle ⊕ KDF(X25519(r, D) ‖ seed ‖ j)
//
// with r fresh, B the base point of X25519, D the owner's scan key and j counting the clues
// of the transfer from 0. To who does not have d it is random; of an owner without D, m is.
// Like a note it is not proven: of a wrong one the owner finds the coin by his keys alone.
type clue struct {
	point  [32]byte // R
	masked [16]byte // m
}

const clueSize = 32 + 16

// clueRandomness is what is random in a clue.
type clueRandomness struct {
	r     []byte // 32 bytes
	blank ScanHandle
}

// newClue is that of place j for an owner.
func newClue(d ScanKey, h ScanHandle, s seed, j int, random clueRandomness) (c clue, err error) {
	r, err := ecdh.X25519().NewPrivateKey(random.r)
	if err != nil {
		return clue{}, fmt.Errorf("make clue: %w", err)
	}
	c.point = [32]byte(r.PublicKey().Bytes())
	if d.IsZero() {
		c.masked = random.blank
		return c, nil
	}
	key, err := ecdh.X25519().NewPublicKey(d[:])
	if err != nil {
		return clue{}, fmt.Errorf("make clue: %w", err)
	}
	shared, err := r.ECDH(key)
	if err != nil {
		return clue{}, fmt.Errorf("%w: [ADDR-D] the payee's scan key is of small order", ErrInvalid)
	}
	if c.masked, err = c.under(shared, d, s, j, h); err != nil {
		return clue{}, fmt.Errorf("make clue: %w", err)
	}
	return c, nil
}

// under is a handle under the mask, or what is under it.
func (c *clue) under(shared []byte, d ScanKey, s seed, j int, m [16]byte) (out [16]byte, err error) {
	info := string(wire.Frame([]byte(dst.ClueMask), c.point[:], d[:], s[:], be64(uint64(j))))
	mask, err := hkdf.Key(sha256.New, shared, nil, info, len(out))
	if err != nil {
		return out, err
	}
	subtle.XORBytes(out[:], m[:], mask)
	return out, nil
}

// open is the handle in a clue. It is that of a user only by a chance of 2^-128 each, unless
// the clue was made for him.
func (s *ScanSecret) open(c clue, sd seed, j int) (h ScanHandle, ok bool) {
	point, err := ecdh.X25519().NewPublicKey(c.point[:])
	if err != nil {
		return h, false
	}
	shared, err := s.key.ECDH(point)
	if err != nil { // R of small order, which no ledger has [CLUE-R]
		return h, false
	}
	h, err = c.under(shared, s.public, sd, j, c.masked)
	return h, err == nil
}

// requireClues demands a clue for each output to somebody else, with an R that all who scan
// read alike: a canonical one that is not of small order.
func requireClues(c *batch.Claims, clues []clue, sh *shape) bool {
	ok := c.Require("CLUE", len(clues) == sh.others(), "%d clues, where the case has %d outputs to others", len(clues), sh.others())
	for _, l := range clues {
		err := keycheck.X25519(l.point[:])
		ok = ok && c.Require("CLUE-R", err == nil, "R of a clue is %v", err)
	}
	return ok
}

// cluesFor are clues for the owners of a transfer's outputs to others. What is random in
// them is hedged as nonces are: it derives from fresh randomness, the payer's secret and the
// transfer so far.
func cluesFor(rand io.Reader, owners []*Member, n NetworkID, s seed, secret [32]byte, body []byte) ([]clue, error) {
	clues := make([]clue, len(owners))
	if len(owners) == 0 {
		return clues, nil
	}
	var fresh [32]byte
	if err := curve.ReadRandom(rand, fresh[:]); err != nil {
		return nil, err
	}
	key := transcript.Hash(dst.ClueNonce, fresh[:], secret[:], body)
	b, err := hkdf.Expand(sha256.New, key[:], string(dst.ClueNonce), len(owners)*clueSize)
	if err != nil {
		return nil, fmt.Errorf("make clue: %w", err)
	}
	for j, m := range owners {
		random := clueRandomness{b[j*clueSize:][:32], ScanHandle(b[j*clueSize+32:][:16])}
		if clues[j], err = newClue(m.scan, m.pid.ScanHandle(n), s, j, random); err != nil {
			return nil, err
		}
	}
	return clues, nil
}

func appendClues(b []byte, clues []clue) []byte {
	b = wire.AppendUint16(b, uint16(len(clues)))
	for _, c := range clues {
		b = append(append(b, c.point[:]...), c.masked[:]...)
	}
	return b
}

func readClues(r *wire.Reader) []clue {
	clues := make([]clue, r.Count(maxOutputs, clueSize))
	for j := range clues {
		r.Fill(clues[j].point[:])
		r.Fill(clues[j].masked[:])
	}
	return clues
}
