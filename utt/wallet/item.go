package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// ItemKind is what an item of the history is of.
type ItemKind uint8

// The kinds of items.
const (
	ItemPaid             ItemKind = 1  // privately
	ItemReceived         ItemKind = 2  // privately
	ItemPaidPublicly     ItemKind = 3  // from the account
	ItemReceivedPublicly ItemKind = 4  // on the account
	ItemIssued           ItemKind = 5  // on the account, by the issuer
	ItemCollected        ItemKind = 6  // on the account, taxes in one sum
	ItemMinted           ItemKind = 7  // from the account into a coin
	ItemBurned           ItemKind = 8  // from coins onto the account
	ItemRearranged       ItemKind = 9  // from oneself to oneself: a split, a merge, what gives another operation up
	ItemGranted          ItemKind = 10 // a budget
)

var itemKinds = [...]string{"", "paid", "received", "paid publicly", "received publicly", "issued", "collected", "minted", "burned", "rearranged", "granted"}

func (k ItemKind) String() string {
	if k > 0 && int(k) < len(itemKinds) {
		return itemKinds[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Item is an entry of the history.
type Item struct {
	// Number is where it stands in the history, from 0, by when the wallet learned of it.
	Number uint64
	Kind   ItemKind
	State  State
	Cause  utt.Cause // of what was held: why it was approved, executed or refunded
	Due    uint64    // as in Status
	// Handle is that of one's own operation, for Status and ProofOf; of others', or restored, it
	// has the ID only.
	Handle Handle
	Output int      // of another's transfer, which may pay somebody twice
	Role   utt.Role // of that output
	Case   utt.Case // of a transfer
	// Counter is that of a budget, and Epoch which it is for.
	Counter string
	Epoch   utt.Epoch
	Asset   string
	// Amount is what was paid, received, moved or granted. Of one's own private payment that
	// records have restored, it is what left with it besides the fee, tax included.
	Amount utt.Amount
	Tax    utt.Amount // besides the amount, of one's own payment
	Fee    utt.Amount // of one's own transfer
	// Party is the identity of whom one paid, and PID his or whose public payment one got. Who
	// made a private payment nobody learns; whom one paid, records do not restore.
	Party string
	PID   utt.PID
	Memo  string
	Made  uint64 // when it was handed in, by the wallet's clock, in seconds since 1970; 0 if it was not by this wallet
	Time  uint64 // of its block, in seconds since 1970; 0 if it is not on record
	Label string // one's own, see Wallet.Label
}

// Outputs of items that are of no output.
const (
	own    = 0xff // of one's own operation
	credit = 0xfe // of what an account got
)

// item is what records say of an entry of the history.
type item struct {
	id     utt.ID
	output uint8
	kind   ItemKind
	role   utt.Role
	use    utt.Case
	status Status // of others' operations; one's own have outcomes
	grant  grant  // of a budget
	asset  string
	amount utt.Amount
	fee    utt.Amount
	pid    utt.PID
	memo   string
	time   uint64
}

// grant is which budget was asked for.
type grant struct {
	counter string
	epoch   utt.Epoch
}

func (it *item) place() string { return string(append(it.id[:], it.output)) }

func (it *item) encode() []byte {
	b := append(it.id[:], it.output, byte(it.kind), byte(it.role), byte(it.use))
	b = append(b, it.status.encode()...)
	b = wire.AppendBytes(b, []byte(it.asset))
	b = wire.AppendUint64(wire.AppendUint64(b, uint64(it.amount)), uint64(it.fee))
	b = wire.AppendBytes(append(b, it.pid[:]...), []byte(it.memo))
	b = wire.AppendBytes(wire.AppendUint64(b, it.time), []byte(it.grant.counter))
	return wire.AppendUint64(b, uint64(it.grant.epoch))
}

func decodeItem(b []byte) (*item, error) {
	r := wire.NewReader(b)
	it := new(item)
	r.Fill(it.id[:])
	it.output, it.kind, it.role, it.use = r.Byte(), ItemKind(r.Byte()), utt.Role(r.Byte()), utt.Case(r.Byte())
	it.status = Status{State: State(r.Byte()), Cause: utt.Cause(r.Byte()), Due: r.Uint64()}
	it.asset = string(r.Bytes(len(b)))
	it.amount, it.fee = utt.Amount(r.Uint64()), utt.Amount(r.Uint64())
	r.Fill(it.pid[:])
	it.memo, it.time = string(r.Bytes(len(b))), r.Uint64()
	it.grant = grant{string(r.Bytes(len(b))), utt.Epoch(r.Uint64())}
	return it, decoded(r, true)
}

// made is what the maker of an operation knows of it, and records do not say.
type made struct {
	digest utt.Digest
	kind   ItemKind
	asset  string
	amount utt.Amount
	tax    utt.Amount
	fee    utt.Amount
	party  string
	memo   string
	time   uint64
	grant  grant // for the item; not written with the rest
}

// maxParty bounds what is kept of an identity.
const maxParty = 4096

func (m *made) encode() []byte {
	b := wire.AppendBytes(append(m.digest[:], byte(m.kind)), []byte(m.asset))
	b = wire.AppendUint64(wire.AppendUint64(wire.AppendUint64(b, uint64(m.amount)), uint64(m.tax)), uint64(m.fee))
	b = wire.AppendBytes(b, []byte(m.party[:min(len(m.party), maxParty)]))
	return wire.AppendUint64(wire.AppendBytes(b, []byte(m.memo)), m.time)
}

func decodeMade(b []byte) (*made, error) {
	r := wire.NewReader(b)
	m := new(made)
	r.Fill(m.digest[:])
	m.kind, m.asset = ItemKind(r.Byte()), string(r.Bytes(len(b)))
	m.amount, m.tax, m.fee = utt.Amount(r.Uint64()), utt.Amount(r.Uint64()), utt.Amount(r.Uint64())
	m.party, m.memo, m.time = string(r.Bytes(len(b))), string(r.Bytes(len(b))), r.Uint64()
	return m, decoded(r, true)
}
