package utt

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// SessionAdoption is the word of a party of a session that ended with a committee: that it
// has derived this generation from the records, and has its share of it on disk. The
// generation holds the key from the block on in which n − f parties have said so
// [RES-HEIGHT]. More than f of them cannot all be wrong, so that the ledger need not verify
// what the session was.
type SessionAdoption struct {
	sealed
	sessionAdoption
}

// sessionAdoption is what goes on record.
type sessionAdoption struct {
	key        []byte // Ed25519, of the party
	session    dkg.SessionID
	generation threshold.Generation
	signature  []byte
}

// NewSessionAdoption is the word of the party with an identity key, to be given once its
// share is on disk.
func NewSessionAdoption(p *Parameters, party crypto.Signer, session dkg.SessionID, g threshold.Generation) (*SessionAdoption, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	key, sign, err := signer(party)
	if err != nil {
		return nil, err
	}
	a := &SessionAdoption{sessionAdoption: sessionAdoption{key: key, session: session, generation: g}}
	if a.signature, err = sign(a.signed(p.network)); err != nil {
		return nil, err
	}
	a.sealed = seal(a.append(opening(KindSessionAdoption)))
	return a, nil
}

// noSessionAdoption stands in for a nil one.
var noSessionAdoption SessionAdoption

// Key is the identity key that has signed.
func (a *SessionAdoption) Key() ed25519.PublicKey {
	return slices.Clone(cmp.Or(a, &noSessionAdoption).key)
}

// Session is the one that made the generation.
func (a *SessionAdoption) Session() dkg.SessionID { return cmp.Or(a, &noSessionAdoption).session }

// Generation is the committee's.
func (a *SessionAdoption) Generation() threshold.Generation {
	return cmp.Or(a, &noSessionAdoption).generation
}

func (a *sessionAdoption) signed(n NetworkID) []byte {
	return wire.Frame([]byte(dst.SessionAdoption), n[:], a.key, a.session[:], a.generation[:])
}

func (a *sessionAdoption) append(b []byte) []byte {
	b = append(append(append(b, a.key...), a.session[:]...), a.generation[:]...)
	return append(b, a.signature...)
}

func readAdoptionOfSession(r *wire.Reader) (a sessionAdoption) {
	a.key = slices.Clone(r.Take(ed25519.PublicKeySize))
	r.Fill(a.session[:])
	r.Fill(a.generation[:])
	a.signature = slices.Clone(r.Take(ed25519.SignatureSize))
	return a
}

func readSessionAdoption(r *wire.Reader, raw []byte) *SessionAdoption {
	return &SessionAdoption{seal(raw), readAdoptionOfSession(r)}
}

func readSessionAdoptionEntry(r *wire.Reader) *sessionAdoption {
	a := readAdoptionOfSession(r)
	return &a
}

func (a *SessionAdoption) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	c.Require("SES-SIGNATURE", verifyEd25519(a.key, a.signed(p.network), a.signature), "not signed with the party's key")
	return &a.sessionAdoption
}

func (a *sessionAdoption) kind() Kind                                { return KindSessionAdoption }
func (a *sessionAdoption) commitments(*Parameters) []*sig.Commitment { return nil }

func (a *sessionAdoption) read(*Parameters) (Entry, error) {
	return Entry{Session: ID(a.session)}, nil
}
