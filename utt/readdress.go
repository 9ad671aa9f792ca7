package utt

import (
	"cmp"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Readdress gives a registered user another address: the key that notes to him are encrypted
// to, and that of who looks out for him. It is how he changes provider, and what he does once
// a key has leaked. His account key signs it, and whoever registered him vouches for it
// [ADDR-ENDORSER]. Numbers count up from 1, so that none is replayed [ADDR-NUMBER], and what was
// never handed in ends with its time [ADDR-EXPIRY].
//
// Whoever pays him from its block on does so at the new address. Who paid before with a
// transfer that comes later did so at the old one, which the user's keys go on reading
// through the next epoch.
type Readdress struct {
	sealed
	addressOrder
	endorsements
}

// addressOrder is what is signed.
type addressOrder struct {
	pid     PID
	account []byte // Ed25519, that of the pid in the registry
	number  uint64
	address []byte // HPKE
	scan    ScanKey
	expires uint64 // in seconds since 1970: no later block takes it
}

// endorsements are the signatures on it.
type endorsements struct {
	signature   []byte // Ed25519, with the account key
	endorser    []byte // Ed25519 public key
	endorsement []byte // Ed25519 signature with it
}

// noReaddress stands in for a nil one.
var noReaddress Readdress

// PID is the user whose address it is.
func (r *Readdress) PID() PID { return cmp.Or(r, &noReaddress).pid }

// AccountKey is the key that signs, that of the user's account.
func (r *Readdress) AccountKey() []byte { return slices.Clone(cmp.Or(r, &noReaddress).account) }

// Number is the address's among the user's, from 1; that of the registration has 0.
func (r *Readdress) Number() uint64 { return cmp.Or(r, &noReaddress).number }

// Address is the public key that notes to the user are to be encrypted to.
func (r *Readdress) Address() []byte { return slices.Clone(cmp.Or(r, &noReaddress).address) }

// ScanKey is the key that clues are to be made with, zero for none.
func (r *Readdress) ScanKey() ScanKey { return cmp.Or(r, &noReaddress).scan }

// Expires is the last second, since 1970, in which a ledger takes it.
func (r *Readdress) Expires() uint64 { return cmp.Or(r, &noReaddress).expires }

// Endorser is the key of who vouches for the address; all zeros before EndorseReaddress.
func (r *Readdress) Endorser() ed25519.PublicKey {
	return slices.Clone(cmp.Or(r, &noReaddress).endorser)
}

// Readdress asks for the user's address of a number, which is the ledger's AddressNumber, until
// a time in seconds since 1970. The address derives from his seed, the number and the scan key.
// Endorser.EndorseReaddress vouches for it.
func (k *Keys) Readdress(number, expires uint64) (*Readdress, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if number == 0 {
		return nil, fmt.Errorf("%w: address 0 is that of the registration", ErrInvalid)
	}
	key, err := k.addressOf(number, k.scan)
	if err != nil {
		return nil, err
	}
	public, sign, err := signer(k.account)
	if err != nil {
		return nil, err
	}
	r := &Readdress{
		addressOrder: addressOrder{k.pid, public, number, key.PublicKey().Bytes(), k.scan, expires},
		endorsements: endorsements{
			endorser: make([]byte, ed25519.PublicKeySize), endorsement: make([]byte, ed25519.SignatureSize),
		},
	}
	if r.signature, err = sign(r.message(dst.Readdress, k.p.network)); err != nil {
		return nil, err
	}
	r.sealed = seal(r.encode())
	return r, nil
}

// message is what user and endorser sign, each under a tag of his own.
func (o *addressOrder) message(tag dst.Tag, n NetworkID) []byte {
	return wire.Frame([]byte(tag), n[:], o.append(nil))
}

func (o *addressOrder) append(b []byte) []byte {
	b = append(append(b, o.pid[:]...), o.account...)
	b = append(wire.AppendUint64(b, o.number), o.address...)
	return wire.AppendUint64(append(b, o.scan[:]...), o.expires)
}

func readAddressOrder(r *wire.Reader) addressOrder {
	o := addressOrder{
		pid:     readPID(r),
		account: slices.Clone(r.Take(ed25519.PublicKeySize)),
		number:  r.Uint64(),
		address: slices.Clone(r.Take(addressSize)),
	}
	r.Fill(o.scan[:])
	o.expires = r.Uint64()
	return o
}

func (e *endorsements) append(b []byte) []byte {
	return append(append(append(b, e.signature...), e.endorser...), e.endorsement...)
}

func readEndorsements(r *wire.Reader) endorsements {
	return endorsements{slices.Clone(r.Take(ed25519.SignatureSize)),
		slices.Clone(r.Take(ed25519.PublicKeySize)), slices.Clone(r.Take(ed25519.SignatureSize))}
}

func (r *Readdress) encode() []byte {
	return r.endorsements.append(r.addressOrder.append(opening(KindReaddress)))
}

func readReaddress(r *wire.Reader, raw []byte) *Readdress {
	return &Readdress{seal(raw), readAddressOrder(r), readEndorsements(r)}
}

func (r *Readdress) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	e := &addressEntry{r.addressOrder, r.endorsements}
	err := checkAddress(r.address)
	ok := c.Require("POLICY-ENDORSER", p.endorses(r.endorser), "the endorser is not one of the parameters'") &&
		c.Require("REG-ADDRESS", err == nil, "%v", err) &&
		claimScanKey(c, r.scan) &&
		e.claimSignatures(p, c)
	if !ok {
		return nil
	}
	return e
}

// addressEntry is an address on record, with the signatures by which payers check it for
// themselves.
type addressEntry struct {
	addressOrder
	endorsements
}

func (e *addressEntry) claimSignatures(p *Parameters, c *batch.Claims) bool {
	return c.Require("ADDR-SIGNATURES", verifyEd25519(e.account, e.message(dst.Readdress, p.network), e.signature), "not signed with the account's key") &&
		c.Require("ADDR-SIGNATURES", verifyEd25519(e.endorser, e.message(dst.NewAddress, p.network), e.endorsement), "wrong endorsement")
}

func (e *addressEntry) kind() Kind                                { return KindReaddress }
func (e *addressEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *addressEntry) append(b []byte) []byte {
	return e.endorsements.append(e.addressOrder.append(b))
}

func readAddressEntry(r *wire.Reader) *addressEntry {
	return &addressEntry{readAddressOrder(r), readEndorsements(r)}
}

func (e *addressEntry) read(*Parameters) (Entry, error) {
	return Entry{PID: e.pid, Nonce: e.number, Address: hex.EncodeToString(e.address), ScanKey: e.scan}, nil
}
