package utt

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// Merge is mallory's merge of her coins with these values.
func (w *World) Merge(values ...Amount) *Transfer {
	var inputs []*Holding
	var sum Amount
	for _, v := range values {
		inputs = append(inputs, w.Mallory.coinOf(v))
		sum += v
	}
	return w.forge(w.selfDraft(w.Mallory, []Amount{sum, 0}, 0, inputs...), hooks{})
}

// FirstNullifier is that of a transfer's first input.
func FirstNullifier(t *Transfer) nullifier.Nullifier { return t.inputs[0].nullifier }

// Config is what the world's parameters are made of.
func (w *World) Config() Config { return w.Parameters.config.clone() }

// ConfigOf is what parameters are made of.
func ConfigOf(p *Parameters) Config { return p.config }

// EncodingOf is the encoding of parameters.
func EncodingOf(p *Parameters) []byte { return must(p.MarshalBinary()) }

// SnapshotDigest is the digest that the head of a snapshot claims.
func SnapshotDigest(b []byte) [32]byte {
	if len(b) < 1 {
		return [32]byte{}
	}
	return transcript.Hash(dst.Snapshot, wire.NewReader(b[1:]).Bytes(maxOperation))
}

// Encode is an operation's encoding made of its fields, and not the bytes it was
// parsed from.
func Encode(op Operation) []byte {
	switch o := op.(type) {
	case *Registration:
		return o.encode()
	case *Issue:
		return o.encode()
	case *PublicTransfer:
		return o.encode()
	case *Mint:
		return o.encode()
	case *Grant:
		return o.encode()
	case *SessionOpening:
		return o.detail(opening(KindSessionOpening))
	case *SessionMessage:
		return o.detail(opening(KindSessionMessage))
	case *SessionAdoption:
		return o.append(opening(KindSessionAdoption))
	case *Transfer:
		return o.sigma.Append(o.groth16.Append(o.body()))
	case *Amendment:
		return o.encode()
	case *Suspension:
		return o.encode()
	case *Readdress:
		return o.encode()
	case *Warrant:
		return o.encode()
	case *WarrantOpening:
		return o.encode()
	case *WarrantVoid:
		return o.encode()
	case *Decision:
		return o.encode()
	case *Collection:
		b, err := o.encode()
		if err != nil {
			return nil // as for a point at infinity: nobody can send it
		}
		return b
	}
	panic("an operation of no kind")
}

// Records as a node may garble them. The record itself stays as it is.

// At is the record at another place.
func (r *Record) At(c Cursor) *Record {
	d := *r
	d.height, d.index = c.Height, c.Index
	return &d
}

// Under is the record under another ID.
func (r *Record) Under(id ID) *Record {
	d := *r
	d.id = id
	return &d
}

// Unsigned is the record without its signatures.
func (r *Record) Unsigned() *Record {
	d := *r
	d.signatures, d.verified = nil, [32]byte{}
	return &d
}

// SignedByNobody is the record as one without outputs is published.
func (r *Record) SignedByNobody() *Record {
	d := *r
	d.signatures, d.verified = []*sig.Signature{}, [32]byte{}
	return &d
}

// SignedLike is the record with the signatures of another.
func (r *Record) SignedLike(o *Record) *Record {
	d := *r
	d.signatures, d.verified = o.signatures, [32]byte{}
	return &d
}

// Addressed is a registration record with the address of another.
func (r *Record) Addressed(o *Record) *Record {
	d, e := *r, *r.entry.(*registrationEntry)
	e.member.address = o.entry.(*registrationEntry).member.address
	d.entry = &e
	return &d
}

// Noted is a transfer record with a bit of a note flipped.
func (r *Record) Noted(output int) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.outputs = slices.Clone(e.outputs)
	o := &e.outputs[output]
	o.note = slices.Clone(o.note)
	o.note[len(o.note)-1] ^= 1
	d.entry = &e
	return &d
}

// Spending is a record of a transfer to oneself that spent the coins of another
// transfer.
func (r *Record) Spending(t *Transfer) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.coins = nil
	e.inputs, _ = t.keys()
	d.entry = &e
	return &d
}

// Executing is a record of a transfer in the place of another, with signatures of
// the other's output 0.
func (r *Record) Executing(t *Transfer) *Record {
	d := *r
	e := &transferEntry{header: t.header, outputs: t.outputs, burn: t.burn}
	e.inputs, e.budget = t.keys()
	d.id, d.entry = t.id, e
	d.signatures = slices.Repeat(r.signatures[:1], len(t.outputs))
	return &d
}

// Issued is an issue record.
func Issued(at Cursor, nonce uint64, to, asset string, amount Amount) *Record {
	return &Record{height: at.Height, index: at.Index, status: Executed, signatures: []*sig.Signature{},
		entry: &issueOrder{nonce, PIDOf(to), asset, amount}}
}

// At is the certificate with another checkpoint.
func (c *Certificate) At(p Checkpoint) *Certificate { return &Certificate{p, c.signature} }

// Unsigned is a certificate that nobody signed.
func Unsigned(p Checkpoint) *Certificate { return &Certificate{Checkpoint: p} }

// Conspiracy is t replicas that certify whatever they like: the wallets of its
// parameters take its key for the ledger's.
type Conspiracy struct {
	Parameters *Parameters
	key        *sig.SecretKey
}

// NewConspiracy takes over a ledger.
func NewConspiracy(p *Parameters) *Conspiracy {
	c, q := &Conspiracy{key: must(sig.GenerateKey(nil, LedgerAttributes))}, *p
	q.config.LedgerKey, q.seen = c.key.Public(), new(certificates)
	q.versions = []*Parameters{&q}
	c.Parameters = &q
	return c
}

// Certify certifies that the ledger has these records.
func (c *Conspiracy) Certify(time uint64, records []*Record) *Certificate {
	at := Leading(Checkpoint{Height: records[len(records)-1].height, Time: time}, records)
	return &Certificate{at, must(c.key.Sign(at.Commitment(c.Parameters.network)))}
}

// PayOff is mallory's payment of 120 to bob with her coin of 300, whose note says
// another amount than its commitment.
func (w *World) PayOff() *Transfer {
	return w.payOff(w.payDraft(w.Mallory, w.Bob, []Amount{120, 180}, w.Mallory.coinOf(300)))
}

// PayOffHeld is the same, to be held.
func (w *World) PayOffHeld() *Transfer { return w.payOff(w.auditedDraft(Audited)) }

func (w *World) payOff(d *draft) *Transfer {
	return w.forge(d, hooks{present: func(f *forgery) {
		s := f.t.seed()
		n := note{value: 100_000, seed: noteSeed{1}}
		f.t.outputs[0].note = must(n.sealTo(d.Payee.address, noteContext(&f.t.header, s, 0)))
	}})
}

// SecretsOf are the secrets that a wallet derives from its seed; of the address,
// the hash of the public key.
func SecretsOf(n NetworkID, identity string, seed [SeedSize]byte) map[string]string {
	k := must(DeriveKeys(&Parameters{network: n, encoding: []byte{1}}, PIDOf(identity), seed[:]))
	return map[string]string{
		"s1":                    fmt.Sprintf("%x", k.s1.Bytes()),
		"blinding":              fmt.Sprintf("%x", k.blinding.Bytes()),
		"address":               fmt.Sprintf("%x", sha256.Sum256(k.address.PublicKey().Bytes())),
		"account":               fmt.Sprintf("%x", k.account.Seed()),
		"note":                  fmt.Sprintf("%x", k.note),
		"scan":                  fmt.Sprintf("%x", k.scanning),
		"address 1":             fmt.Sprintf("%x", sha256.Sum256(must(k.addressOf(1, ScanKey{})).PublicKey().Bytes())),
		"address 2, scan key 9": fmt.Sprintf("%x", sha256.Sum256(must(k.addressOf(2, ScanKey{9})).PublicKey().Bytes())),
		"C_s1":                  fmt.Sprintf("%x", k.Member(0).secret.Append(nil)),
	}
}

// SeedVector is a seed with what follows from it for output j.
type SeedVector struct {
	Seed   string `json:"seed"`
	Serial string `json:"serial"`
	Base   string `json:"base"`
}

func (s seed) vector(j int) SeedVector {
	return SeedVector{fmt.Sprintf("%x", s[:]), fmt.Sprintf("%x", s.serial(j).Bytes()), fmt.Sprintf("%x", s.base(j).Append(nil))}
}

// MintSeed is that of a mint.
func MintSeed(n NetworkID, account PID, nonce uint64, asset string, v Amount, j int) SeedVector {
	return mintSeed(n, account, nonce, asset, v).vector(j)
}

// GrantSeed is that of a grant.
func GrantSeed(n NetworkID, pid PID, counter, asset string, e Epoch, v Amount, j int) SeedVector {
	return grantSeed(n, pid, counter, asset, e, v).vector(j)
}

// TransferSeed is that of a transfer.
func TransferSeed(t *Transfer, j int) SeedVector { return t.seed().vector(j) }

// TaxKey is of a circuit that the world's parameters do not have.
func TaxKey() *rangeproof.ProvingKey { return taxKey() }

// Nullifiers are those of a transfer, the budget's last.
func Nullifiers(t *Transfer) (keys []string) {
	for _, n := range t.nullifiers() {
		keys = append(keys, n.String())
	}
	return keys
}

// Blindings are those of output j of a transfer under a note seed.
func Blindings(n NetworkID, noteSeedBytes, transferSeedBytes [32]byte, j int) (pid, val [32]byte) {
	s := noteSeed(noteSeedBytes)
	return s.blinding(n, transferSeedBytes, j, "pid").Bytes(), s.blinding(n, transferSeedBytes, j, "val").Bytes()
}

// SignedTwice is the record with its last signature twice.
func SignedTwice(r *Record) *Record {
	d := *r
	d.verified = [32]byte{}
	d.signatures = append(slices.Clone(r.signatures), r.signatures[len(r.signatures)-1])
	return &d
}

// MadeUpMint is a record as a node can write it down of anybody.
func MadeUpMint(at Cursor, identity, asset string) *Record {
	return &Record{height: at.Height, index: at.Index, status: Executed,
		signatures: []*sig.Signature{sig.SignatureOf(curve.Generator())},
		entry:      &mintOrder{accountOrder{PIDOf(identity), make([]byte, 32), uint64(at.Index), asset, 1}}}
}

// Leading is a checkpoint that records lead to from nothing.
func Leading(c Checkpoint, records []*Record) Checkpoint {
	return must(Frontier{Checkpoint: c}.Extend(records)).Checkpoint
}

// Refusing are verdicts that refuse one operation, as no check does.
func (v *Verdicts) Refusing(op Operation) *Verdicts {
	d := v.Join()
	d.of[op.Digest()] = verdict{rejection: &Rejection{Code: CodeSpent, Label: "NF-ONCE", Op: op.Digest()}}
	return d
}

// Trusted are the same verdicts as from Trust.
func (v *Verdicts) Trusted() *Verdicts {
	d := v.Join()
	for k, of := range d.of {
		of.trusted = true
		d.of[k] = of
	}
	return d
}

// VerifiedBy is how many operations a checker would have to verify.
func VerifiedBy(c *Checker, p *Parameters, time uint64, ops []Operation) int {
	v := &Verdicts{rules: p.rulesOf(must(p.config.Policy.EpochAt(time))), of: make(map[Digest]verdict)}
	return len(v.reuse(ops, c.known(ops)))
}

// Verifying has a checker believe that somebody verifies operations. What it returns ends that,
// with verdicts, or with none if it failed.
func (c *Checker) Verifying(p *Parameters, time uint64, ops ...Operation) (end func(found *Verdicts)) {
	f, _, _ := c.take(must(p.undecided(time, ops)), ops)
	return func(found *Verdicts) { c.land(f, found) }
}

// InFlight is how many operations are being verified.
func (c *Checker) InFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.flights)
}
