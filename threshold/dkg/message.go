package dkg

import (
	"crypto"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Round is a round of a session, or its end.
type Round byte

// The rounds. A resharing has Deal, Complain and Confirm, a key generation all, and
// Reconstruct only if it is needed.
const (
	Deal        Round = iota + 1 // dealers deal
	Complain                     // parties complain of what they were dealt
	Open                         // dealers open what they committed to
	Expose                       // parties expose those who opened something else
	Reconstruct                  // parties open for dealers who did not
	Confirm                      // parties prove that they hold their shares
	Done                         // there is a committee
	Failed                       // there is none
)

var roundNames = [...]string{"none", "deal", "complain", "open", "expose", "reconstruct", "confirm", "done", "failed"}

// String names the round.
func (r Round) String() string {
	if int(r) < len(roundNames) {
		return roundNames[r]
	}
	return "unknown"
}

// byDealers reports a round in which the dealers speak; in the others the parties do.
func (r Round) byDealers() bool { return r == Deal || r == Open }

// maxBody bounds the body of a message.
const maxBody = 1 << 18

// message is what one author broadcasts in one round, signed with its identity key:
// version, session, round, author, body behind its length, signature.
type message struct {
	session   SessionID
	round     Round
	author    uint16 // an OldIndex or NewIndex, by the round
	body      []byte
	signature [ed25519.SignatureSize]byte
}

func (m *message) appendSigned(b []byte) []byte {
	b = append(append(b, version), m.session[:]...)
	return wire.AppendBytes(wire.AppendUint16(append(b, byte(m.round)), m.author), m.body)
}

func (m *message) append(b []byte) []byte { return append(m.appendSigned(b), m.signature[:]...) }

func (m *message) digest() [32]byte { return transcript.Hash(dst.DKGMessage, m.appendSigned(nil)) }

func (m *message) sign(signer crypto.Signer) error {
	digest := m.digest()
	return sign(signer, digest[:], &m.signature)
}

// authentic reports whether the author signed.
func (m *message) authentic(identity ed25519.PublicKey) bool {
	digest := m.digest()
	return ed25519.Verify(identity, digest[:], m.signature[:])
}

func parseMessage(b []byte) (*message, error) {
	r := wire.NewReader(b)
	m := new(message)
	r.Version(version)
	r.Fill(m.session[:])
	m.round, m.author = Round(r.Byte()), r.Uint16()
	if m.round < Deal || m.round > Confirm {
		r.Fail("round %d", m.round)
	}
	m.body = r.Bytes(maxBody)
	r.Fill(m.signature[:])
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: message: %w", ErrMalformed, err)
	}
	return m, nil
}
