package utt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/utt-ecash/utt-go/nullifier"
)

// Entry is what everybody can read in a record, an explorer for instance. Fields that
// operations of the kind do not have are zero, and left out of JSON, where amounts are
// strings, since many readers of JSON hold no more than 53 bits.
type Entry struct {
	Kind       Kind                  `json:"kind,omitzero"`
	PID        PID                   `json:"pid,omitzero"`           // whom it concerns: who is registered, paid by an issue, pays, mints, gets a budget, or burns
	To         PID                   `json:"to,omitzero"`            // who is paid, by a public transfer
	Asset      string                `json:"asset,omitzero"`         // but of a registration
	Amount     Amount                `json:"amount,omitzero,string"` // issued, paid, minted, granted or burned
	Nonce      uint64                `json:"nonce,omitzero,string"`  // of an order on an account, or of the issuer
	Member     *Member               `json:"member,omitzero"`        // of a registration; Record.Member verifies that an endorser vouches for him
	Case       Case                  `json:"case,omitzero"`          // of a transfer
	Epoch      Epoch                 `json:"epoch,omitzero"`         // of a grant, and of a transfer with budget
	Nullifiers []nullifier.Nullifier `json:"nullifiers,omitempty"`
	Outputs    []Output              `json:"outputs,omitempty"`
}

// Output is what a record shows of something that it makes.
type Output struct {
	Role  Role `json:"role"`
	Owner PID  `json:"owner,omitzero"` // where that is public: zero else
}

// MarshalJSON shows where the record stands and what it is of; Entry says the rest. It
// cannot be read back: MarshalBinary is the encoding.
func (r *Record) MarshalJSON() ([]byte, error) {
	if r == nil || r.entry == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Height uint64 `json:"height"`
		Index  uint32 `json:"index"`
		Time   uint64 `json:"time"`
		ID     ID     `json:"id"`
		Kind   Kind   `json:"kind"`
		Status Status `json:"status"`
		Signed bool   `json:"signed"`
	}{r.height, r.index, r.time, r.id, r.entry.kind(), r.status, r.Signed()})
}

// MarshalJSON shows a member as he is registered, keys in hexadecimal.
func (m *Member) MarshalJSON() ([]byte, error) {
	if m == nil || m.account == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		PID        PID    `json:"pid"`
		Class      Class  `json:"class"`
		Commitment string `json:"commitment"`
		Address    string `json:"address"`
		AccountKey string `json:"account_key"`
	}{m.pid, m.class, hex.EncodeToString(m.secret.Append(nil)), hex.EncodeToString(m.address), hex.EncodeToString(m.account)})
}

// Entry is what the record says, read under the parameters of its ledger. ErrInvalid says
// that it cannot be of a ledger with these; what does not depend on them is there all the
// same.
func (r *Record) Entry(p *Parameters) (Entry, error) {
	if r == nil || r.entry == nil {
		return Entry{}, fmt.Errorf("%w: an empty record", ErrInvalid)
	}
	if err := p.Usable(); err != nil {
		return Entry{}, err
	}
	e, err := r.entry.read(p)
	e.Kind = r.entry.kind()
	return e, err
}

// Kind is the kind of the operation; 0 of an empty record.
func (r *Record) Kind() Kind {
	if r == nil || r.entry == nil {
		return 0
	}
	return r.entry.kind()
}

// Of reports whether the record is what executing an operation leaves, whatever
// signature the operation bore. It does not look at a transfer's proofs.
func (r *Record) Of(op Operation) bool {
	if r == nil || r.entry == nil || Absent(op) {
		return false
	}
	switch o := op.(type) {
	case *Issue:
		return sameEntry(&o.issueOrder, r.entry)
	case *Mint:
		return sameEntry(&o.mintOrder, r.entry)
	case *PublicTransfer:
		return sameEntry(&o.publicOrder, r.entry)
	case *Grant:
		return sameEntry(&o.grantOrder, r.entry)
	}
	return r.id == op.ID()
}

func sameEntry(a, b entry) bool {
	return a.kind() == b.kind() && bytes.Equal(a.append(nil), b.append(nil))
}

// Member is the user whom the record registers, if an endorser of the parameters vouches
// for him, so that a payer takes an address on no node's word. The error is ErrInvalid
// if none does, and ErrNotFound for a record that registers nobody.
func (r *Record) Member(p *Parameters) (*Member, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if r == nil {
		r = &noRecord
	}
	e, ok := r.entry.(*registrationEntry)
	if !ok {
		return nil, fmt.Errorf("%w: the record registers nobody", ErrNotFound)
	}
	if !e.endorsed(p) {
		return nil, fmt.Errorf("%w: no endorser vouches for the address of %v", ErrInvalid, e.member.pid)
	}
	m := e.member
	return &m, nil
}

func (e *registrationEntry) read(*Parameters) (Entry, error) {
	m := e.member
	return Entry{PID: m.pid, Member: &m, Outputs: []Output{{Credential, m.pid}}}, nil
}

func (o *issueOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.to, Asset: o.asset, Amount: o.amount, Nonce: o.nonce}, nil
}

func (o *publicOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.account, To: o.to, Asset: o.asset, Amount: o.amount, Nonce: o.nonce}, nil
}

func (o *mintOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: o.account, Asset: o.asset, Amount: o.amount, Nonce: o.nonce, Outputs: []Output{{Minted, o.account}}}, nil
}

func (g *grantOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: g.pid, Asset: g.asset, Amount: g.amount, Epoch: g.epoch, Outputs: []Output{{Granted, g.pid}}}, nil
}

func (e *transferEntry) read(p *Parameters) (Entry, error) {
	d := Entry{
		PID: e.burn.account, Asset: e.header.asset, Amount: e.burn.amount, Case: e.header.use, Epoch: e.header.epoch,
		Nullifiers: e.nullifiers(),
	}
	sh := e.shape(p)
	if sh == nil {
		return d, fmt.Errorf("%w: a transfer that these parameters do not have", ErrInvalid)
	}
	for _, r := range sh.roles {
		d.Outputs = append(d.Outputs, Output{r.kind, r.pid})
	}
	return d, nil
}
