package audit

import (
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Message is from one auditor to another, who alone can read it. The host carries it.
type Message struct {
	To    threshold.Index
	Bytes []byte // at most MaxMessage
}

// MaxMessage bounds a message, in bytes.
const MaxMessage = 1 << 16

// Bounds of what a message holds.
const (
	maxItems = 24
	maxShare = 2 << 10 // bytes
)

const version = 1

// Kinds of what an auditor says about a subject.
const (
	kindShare byte = 1 // of a decryption
	kindVote  byte = 2 // his share of an approval or a veto
	kindAsk   byte = 3 // that he lacks shares or votes
	kindKnock byte = 4 // that he has the opening of a sealed warrant, and lacks shares
)

// item is what an auditor says about one subject.
type item struct {
	kind    byte
	subject subject
	share   *threshold.DecryptionShare
	verb    utt.Verb
	vote    *threshold.SignatureShare
}

func (i *item) append(b []byte) ([]byte, error) {
	b = i.subject.append(append(b, i.kind))
	var of []byte
	var err error
	switch i.kind {
	case kindShare:
		of, err = i.share.MarshalBinary()
	case kindVote:
		b = append(b, byte(i.verb))
		of, err = i.vote.MarshalBinary()
	default:
		return b, nil
	}
	return wire.AppendBytes(b, of), err
}

func readItem(r *wire.Reader) (i item) {
	i.kind, i.subject = r.Byte(), readSubject(r)
	switch i.kind {
	case kindShare:
		i.share = new(threshold.DecryptionShare)
		readShare(r, i.share)
	case kindVote:
		if i.subject.purpose != ToDecide {
			r.Fail("a vote on %v", i.subject)
		}
		if i.verb = utt.Verb(r.Byte()); i.verb != utt.Approve && i.verb != utt.Veto {
			r.Fail("a vote for %v", i.verb)
		}
		i.vote = new(threshold.SignatureShare)
		readShare(r, i.vote)
	case kindAsk:
	case kindKnock:
		if i.subject.purpose != ByWarrant {
			r.Fail("an opening of %v", i.subject)
		}
	default:
		r.Fail("an item of kind %d", i.kind)
	}
	return i
}

func readShare(r *wire.Reader, into interface{ UnmarshalBinary([]byte) error }) {
	b := r.Bytes(maxShare)
	if r.Err() != nil {
		return
	}
	if err := into.UnmarshalBinary(b); err != nil {
		r.Fail("%v", err)
	}
}

// letter is a message before it is signed and encrypted.
type letter struct {
	from, to threshold.Index
	items    []item
}

func (l *letter) append(b []byte) (_ []byte, err error) {
	b = wire.AppendUint16(append(b, version), uint16(l.from))
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(l.to)), uint16(len(l.items)))
	for i := range l.items {
		if b, err = l.items[i].append(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func parseLetter(b []byte) (l letter, err error) {
	r := wire.NewReader(b)
	r.Version(version)
	l.from, l.to = threshold.Index(r.Uint16()), threshold.Index(r.Uint16())
	l.items = make([]item, r.Count(maxItems, 2+len(utt.ID{})))
	for i := range l.items {
		l.items[i] = readItem(r)
	}
	if err := r.Close(); err != nil {
		return letter{}, fmt.Errorf("%w: an auditor's message: %w", utt.ErrMalformed, err)
	}
	return l, nil
}

// signed is what the identity key signs. The letter names sender and recipient, so that
// nobody passes one on as his own or to somebody else.
func signed(n utt.NetworkID, plain []byte) []byte {
	return wire.Frame([]byte(dst.AuditMessage), n[:], plain)
}

func info(n utt.NetworkID) []byte { return wire.Frame([]byte(dst.AuditAddress), n[:]) }

// seal signs and encrypts a letter to its recipient.
func (k *Keys) seal(n utt.NetworkID, to *peer, l *letter) ([]byte, error) {
	plain, err := l.append(nil)
	if err != nil {
		return nil, err
	}
	plain = append(plain, ed25519.Sign(k.identity, signed(n, plain))...)
	return hpke.Seal(to.address, kdf, aead, info(n), plain)
}

// open decrypts a letter, and verifies who it is from:
//
//	[AUD-FROM]  an auditor's message is signed by the identity of its sender, over network,
//	            sender, recipient and content, and what is in it is his
//
// Without it, whoever has an auditor's address makes another auditor look false.
func (k *Keys) open(n utt.NetworkID, peers []*peer, self threshold.Index, b []byte) (l letter, err error) {
	if len(b) > MaxMessage {
		return letter{}, fmt.Errorf("%w: an auditor's message of %d bytes, of at most %d", utt.ErrMalformed, len(b), MaxMessage)
	}
	plain, err := hpke.Open(k.address, kdf, aead, info(n), b)
	if err != nil || len(plain) < ed25519.SignatureSize {
		return letter{}, fmt.Errorf("%w: a message that is not for auditor %d of this network", utt.ErrMalformed, self)
	}
	plain, signature := plain[:len(plain)-ed25519.SignatureSize], plain[len(plain)-ed25519.SignatureSize:]
	if l, err = parseLetter(plain); err != nil {
		return letter{}, err
	}
	var c batch.Claims
	known := l.from >= 1 && int(l.from) <= len(peers) && l.from != self
	if c.Require("AUD-FROM", known && l.to == self, "from %d to %d, received by %d", l.from, l.to, self) && known {
		c.Require("AUD-FROM", ed25519.Verify(peers[l.from-1].identity, signed(n, plain), signature), "not signed by auditor %d", l.from)
	}
	for i := range l.items {
		of := &l.items[i]
		c.Require("AUD-FROM", of.share == nil || of.share.Index() == l.from, "a share of auditor %d from %d", of.share.Index(), l.from)
		c.Require("AUD-FROM", of.vote == nil || of.vote.Index() == l.from, "a vote of auditor %d from %d", of.vote.Index(), l.from)
	}
	if err := c.Err(); err != nil || !known {
		return letter{}, fmt.Errorf("%w: an auditor's message: %w", utt.ErrInvalid, err)
	}
	return l, nil
}
