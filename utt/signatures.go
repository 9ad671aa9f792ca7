package utt

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// signatures are those of an authority's holders on a message, by ascending index of their
// keys: none counts twice.
type signatures []signatureBy

type signatureBy struct {
	key   uint8 // index
	bytes []byte
}

func (s signatures) append(b []byte) []byte {
	b = wire.AppendUint16(b, uint16(len(s)))
	for _, o := range s {
		b = append(append(b, o.key), o.bytes...)
	}
	return b
}

func readSignatures(r *wire.Reader) signatures {
	s := make(signatures, r.Count(MaxAuthority, 1+ed25519.SignatureSize))
	for i := range s {
		s[i] = signatureBy{r.Byte(), slices.Clone(r.Take(ed25519.SignatureSize))}
		if i > 0 && s[i].key <= s[i-1].key {
			r.Fail("signatures of an authority that are not in the order of its keys, each once")
		}
	}
	return s
}

// with is the signatures and one more, in the place of one of the same key.
func (s signatures) with(p *Parameters, key crypto.Signer, message []byte) (signatures, error) {
	public, sign, err := signer(key)
	if err != nil {
		return nil, err
	}
	at := p.config.Authority.index(public)
	if at < 0 {
		return nil, fmt.Errorf("%w: the key is not of the parameters' Authority", ErrPolicy)
	}
	made, err := sign(message)
	if err != nil {
		return nil, err
	}
	s = slices.Clone(s)
	i, found := slices.BinarySearchFunc(s, at, func(o signatureBy, k int) int { return int(o.key) - k })
	if found {
		s[i].bytes = made
		return s, nil
	}
	return slices.Insert(s, i, signatureBy{uint8(at), made}), nil
}

// claim claims that the authority signed: as many of its holders as it takes, or more, and
// every signature holds.
func (s signatures) claim(p *Parameters, c *batch.Claims, message []byte) bool {
	a := &p.config.Authority
	if !c.Require(labelAuthority, !a.empty() && len(s) >= a.Threshold, "signed by %d holders of keys of the authority, of %d", len(s), a.Threshold) {
		return false
	}
	for i, o := range s {
		ok := int(o.key) < len(a.Keys) && (i == 0 || o.key > s[i-1].key) && verifyEd25519(a.Keys[o.key], message, o.bytes)
		if !c.Require(labelAuthority, ok, "signature %d is not of key %d of the authority", i, o.key) {
			return false
		}
	}
	return true
}

// labelAuthority is [AMD-SIGNED].
const labelAuthority = "AMD-SIGNED"
