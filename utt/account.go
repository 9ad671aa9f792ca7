package utt

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Issue creates ordinary money in a user's account. The issuer named in the
// parameters signs it. Nonces count up from 0, so that none is replayed.
type Issue struct {
	sealed
	issueOrder
	signature []byte
}

// issueOrder is what the issuer signs, and what goes on record.
type issueOrder struct {
	nonce  uint64
	to     PID
	asset  string
	amount Amount
}

// NewIssue signs an order to create money with the key of the parameters' Issuer;
// ErrPolicy says that it is another. The nonce is the ledger's IssueNonce.
func NewIssue(p *Parameters, issuer crypto.Signer, nonce uint64, to PID, asset string, amount Amount) (*Issue, error) {
	if err := checkOrder(p, asset, to); err != nil {
		return nil, err
	}
	key, sign, err := signer(issuer)
	if err != nil {
		return nil, err
	}
	if !p.config.Issuer.Equal(key) {
		return nil, fmt.Errorf("%w: the key is not of the parameters' Issuer", ErrPolicy)
	}
	if amount == 0 {
		return nil, fmt.Errorf("%w: an amount of zero", ErrInvalid)
	}
	o := &Issue{issueOrder: issueOrder{nonce, to, asset, amount}}
	if o.signature, err = sign(o.message(p.network)); err != nil {
		return nil, err
	}
	o.sealed = seal(o.encode())
	return o, nil
}

// noIssue, noPublicTransfer and noMint stand in for nil ones.
var (
	noIssue          Issue
	noPublicTransfer PublicTransfer
	noMint           Mint
)

// Nonce is the order's number among those of the issuer, from 0.
func (o *Issue) Nonce() uint64 { return cmp.Or(o, &noIssue).nonce }

// To is the user whose account gets the money.
func (o *Issue) To() PID { return cmp.Or(o, &noIssue).to }

// Asset is the asset that is issued.
func (o *Issue) Asset() string { return cmp.Or(o, &noIssue).asset }

// Amount is how much is issued.
func (o *Issue) Amount() Amount { return cmp.Or(o, &noIssue).amount }

func (o *issueOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.IssueOrder), n[:], be64(o.nonce), o.to[:], []byte(o.asset), be64(uint64(o.amount)))
}

func (o *issueOrder) append(b []byte) []byte {
	b = wire.AppendUint64(b, o.nonce)
	b = append(b, o.to[:]...)
	b = wire.AppendBytes(b, []byte(o.asset))
	return wire.AppendUint64(b, uint64(o.amount))
}

func (o *Issue) encode() []byte {
	return append(o.issueOrder.append(opening(KindIssue)), o.signature...)
}

func readIssueOrder(r *wire.Reader) issueOrder {
	return issueOrder{nonce: r.Uint64(), to: readPID(r), asset: readAsset(r), amount: Amount(r.Uint64())}
}

func readIssue(r *wire.Reader, raw []byte) *Issue {
	return &Issue{seal(raw), readIssueOrder(r), r.Take(ed25519.SignatureSize)}
}

func (o *Issue) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	requireOrder(p, c, o.asset, o.amount)
	c.Require("ISSUE-AUTHORITY", verifyEd25519(p.config.Issuer, o.message(p.network), o.signature), "not signed by the issuer")
	return &o.issueOrder
}

func (o *issueOrder) kind() Kind                                { return KindIssue }
func (o *issueOrder) commitments(*Parameters) []*sig.Commitment { return nil }

func (o *issueOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.to, Asset: o.asset, Amount: o.amount, Nonce: o.nonce}, nil
}

// PublicTransfer moves ordinary money between accounts, for everybody to see. The
// sender's account key signs it; nonces count up from 0.
type PublicTransfer struct {
	sealed
	publicOrder
	signature []byte
}

// publicOrder is what the sender signs, and what goes on record.
type publicOrder struct {
	accountOrder
	to PID
}

// accountOrder takes money out of an account.
type accountOrder struct {
	account PID
	key     []byte // Ed25519, that of the account in the registry
	nonce   uint64
	asset   string
	amount  Amount
}

func (o *accountOrder) append(b []byte) []byte {
	b = append(b, o.account[:]...)
	b = append(b, o.key...)
	b = wire.AppendUint64(b, o.nonce)
	b = wire.AppendBytes(b, []byte(o.asset))
	return wire.AppendUint64(b, uint64(o.amount))
}

func readAccountOrder(r *wire.Reader) accountOrder {
	return accountOrder{
		account: readPID(r),
		key:     slices.Clone(r.Take(ed25519.PublicKeySize)),
		nonce:   r.Uint64(),
		asset:   readAsset(r),
		amount:  Amount(r.Uint64()),
	}
}

// NewPublicTransfer signs an order to move money of a user to another, with the key of
// his account. The nonce is the account's next.
func NewPublicTransfer(p *Parameters, account crypto.Signer, from PID, nonce uint64, to PID, asset string, amount Amount) (*PublicTransfer, error) {
	if err := checkOrder(p, asset, from, to); err != nil {
		return nil, err
	}
	o := &PublicTransfer{publicOrder: publicOrder{accountOrder{from, nil, nonce, asset, amount}, to}}
	key, sign, err := signer(account)
	if err != nil {
		return nil, err
	}
	o.key = key
	if o.signature, err = sign(o.message(p.network)); err != nil {
		return nil, err
	}
	o.sealed = seal(o.encode())
	return o, nil
}

// AccountKey is the key that signs, that of the payer's account.
func (o *PublicTransfer) AccountKey() []byte {
	return slices.Clone(cmp.Or(o, &noPublicTransfer).key)
}

// PID is the user who pays.
func (o *PublicTransfer) PID() PID { return cmp.Or(o, &noPublicTransfer).account }

// To is the user who is paid.
func (o *PublicTransfer) To() PID { return cmp.Or(o, &noPublicTransfer).to }

// Nonce is the order's number among those of the payer's account, mints included,
// from 0.
func (o *PublicTransfer) Nonce() uint64 { return cmp.Or(o, &noPublicTransfer).nonce }

// Asset is the asset that is paid in.
func (o *PublicTransfer) Asset() string { return cmp.Or(o, &noPublicTransfer).asset }

// Amount is how much is paid.
func (o *PublicTransfer) Amount() Amount { return cmp.Or(o, &noPublicTransfer).amount }

func (o *publicOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.AccountTransfer), n[:], o.append(nil))
}

func (o *publicOrder) append(b []byte) []byte { return append(o.accountOrder.append(b), o.to[:]...) }

func (o *PublicTransfer) encode() []byte {
	return append(o.publicOrder.append(opening(KindPublicTransfer)), o.signature...)
}

func readPublicOrder(r *wire.Reader) publicOrder {
	return publicOrder{readAccountOrder(r), readPID(r)}
}

func readPublicTransfer(r *wire.Reader, raw []byte) *PublicTransfer {
	return &PublicTransfer{seal(raw), readPublicOrder(r), r.Take(ed25519.SignatureSize)}
}

func (o *PublicTransfer) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	requireOrder(p, c, o.asset, o.amount)
	c.Require("ACCOUNT-SIGNATURE", verifyEd25519(o.key, o.message(p.network), o.signature), "not signed with the account's key")
	return &o.publicOrder
}

func (o *publicOrder) kind() Kind                                { return KindPublicTransfer }
func (o *publicOrder) commitments(*Parameters) []*sig.Commitment { return nil }

func (o *publicOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.account, To: o.to, Asset: o.asset, Amount: o.amount, Nonce: o.nonce}, nil
}

// Mint turns ordinary money of an account into a private coin of its owner: what others
// call to shield it. It is
// public all over; what follows is not, because the coin is re-randomised when it
// is spent.
type Mint struct {
	sealed
	mintOrder
	signature []byte
}

// mintOrder is what the account's owner signs, and what goes on record.
type mintOrder struct{ accountOrder }

// NewMint signs an order to turn money of a user's account into a private coin of his,
// with the key of the account. The nonce is the account's next.
func NewMint(p *Parameters, account crypto.Signer, pid PID, nonce uint64, asset string, amount Amount) (*Mint, error) {
	if err := checkOrder(p, asset, pid); err != nil {
		return nil, err
	}
	o := &Mint{mintOrder: mintOrder{accountOrder{pid, nil, nonce, asset, amount}}}
	key, sign, err := signer(account)
	if err != nil {
		return nil, err
	}
	o.key = key
	if o.signature, err = sign(o.message(p.network)); err != nil {
		return nil, err
	}
	o.sealed = seal(o.encode())
	return o, nil
}

// AccountKey is the key that signs, that of the account.
func (o *Mint) AccountKey() []byte { return slices.Clone(cmp.Or(o, &noMint).key) }

// PID is the user whose money becomes private.
func (o *Mint) PID() PID { return cmp.Or(o, &noMint).account }

// Nonce is the order's number among those of the account, public transfers included,
// from 0.
func (o *Mint) Nonce() uint64 { return cmp.Or(o, &noMint).nonce }

// Asset is the asset of the coin.
func (o *Mint) Asset() string { return cmp.Or(o, &noMint).asset }

// Amount is the value of the coin.
func (o *Mint) Amount() Amount { return cmp.Or(o, &noMint).amount }

func (o *mintOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.MintOrder), n[:], o.append(nil))
}

func (o *Mint) encode() []byte {
	return append(o.mintOrder.append(opening(KindMint)), o.signature...)
}

func readMint(r *wire.Reader, raw []byte) *Mint {
	return &Mint{seal(raw), mintOrder{readAccountOrder(r)}, r.Take(ed25519.SignatureSize)}
}

func (o *Mint) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	requireOrder(p, c, o.asset, o.amount)
	c.Require("MINT-SIGNATURE", verifyEd25519(o.key, o.message(p.network), o.signature), "not signed with the account's key")
	return &o.mintOrder
}

func (o *mintOrder) kind() Kind { return KindMint }

func (o *mintOrder) seed(n NetworkID) seed {
	return mintSeed(n, o.account, o.nonce, o.asset, o.amount)
}

func (o *mintOrder) commitments(p *Parameters) []*sig.Commitment {
	return []*sig.Commitment{publicCoin(o.seed(p.network), o.account, o.amount, moneyKind(o.asset))}
}

func (o *mintOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.account, Asset: o.asset, Amount: o.amount, Nonce: o.nonce, Outputs: []Output{{Minted, o.account}}}, nil
}
