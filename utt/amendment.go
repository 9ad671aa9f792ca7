package utt

import (
	"cmp"
	"crypto"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Amendment replaces the policy from an epoch on: budgets, rows, circuits, further assets,
// fees, issuer, endorsers, and the authority itself. The authority that the parameters of
// its block's epoch name signs it.
//
//	[AMD-SIGNED]  as many holders of keys of the authority as it takes signed it
//	[AMD-FROM]    it takes effect two epochs after that of its block, or later
type Amendment struct {
	sealed
	amendmentOrder
	signatures signatures
}

// amendmentOrder is what the authority signs.
type amendmentOrder struct {
	number uint64
	from   Epoch
	rules  []byte // what of the configuration is amended, encoded: decoded only once it is seen to be signed
}

// ahead is how many epochs ahead an amendment takes effect, at least: the version of an
// epoch is final when the one before it begins, in which budgets are granted for it.
const ahead = 2

// NewAmendment drafts the next amendment: c is what the parameters are to be from an epoch
// on, with the changes: begin with Parameters.Newest and its Config, or what was amended
// before and has not taken effect yet is taken back. Sign signs it. ErrPolicy says why no
// ledger with these parameters would take it.
func NewAmendment(p *Parameters, from Epoch, c Config) (*Amendment, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if p.config.Authority.empty() {
		return nil, fmt.Errorf("%w: parameters without an Authority are never amended", ErrPolicy)
	}
	if _, err := NewParameters(c); err != nil { // also what would not encode
		return nil, err
	}
	was, err := p.config.appendIdentity(nil)
	if err != nil {
		return nil, err
	}
	is, err := c.appendIdentity(nil)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(was, is) {
		return nil, fmt.Errorf("%w: name, genesis and group keys are not amended", ErrPolicy)
	}
	a := &Amendment{amendmentOrder: amendmentOrder{number: p.Amendments() + 1, from: from}}
	if a.rules, err = c.appendRules(nil); err != nil {
		return nil, err
	}
	if len(a.rules) > maxAmended {
		return nil, fmt.Errorf("%w: an amendment of %d bytes, of at most %d", ErrPolicy, len(a.rules), maxAmended)
	}
	if _, err := p.amend(&a.amendmentOrder); err != nil {
		return nil, err
	}
	a.sealed = seal(a.encode())
	return a, nil
}

// Sign is the amendment with the signature of one more holder of a key of the Authority that
// the parameters name, as they speak: that of the epoch in which it will be handed in counts.
// ErrPolicy says that the key is another.
func (a *Amendment) Sign(p *Parameters, key crypto.Signer) (*Amendment, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if a == nil || a.raw == nil {
		return nil, fmt.Errorf("%w: no amendment to sign", ErrInvalid)
	}
	s, err := a.signatures.with(p, key, a.message(p.network))
	if err != nil {
		return nil, err
	}
	d := &Amendment{amendmentOrder: a.amendmentOrder, signatures: s}
	d.sealed = seal(d.encode())
	return d, nil
}

// noAmendment stands in for a nil one.
var noAmendment Amendment

// Number is the amendment's among those of the ledger, from 1.
func (a *Amendment) Number() uint64 { return cmp.Or(a, &noAmendment).number }

// From is the epoch in which the amendment takes effect.
func (a *Amendment) From() Epoch { return cmp.Or(a, &noAmendment).from }

// Signatures is how many holders of keys have signed.
func (a *Amendment) Signatures() int { return len(cmp.Or(a, &noAmendment).signatures) }

// Config is what the parameters would be: to be read before it is signed.
func (a *Amendment) Config(p *Parameters) (Config, error) {
	if err := p.Usable(); err != nil {
		return Config{}, err
	}
	if a == nil || a.raw == nil {
		return Config{}, fmt.Errorf("%w: no amendment", ErrInvalid)
	}
	return a.config(p)
}

// config decodes the rules, and joins them with what is never amended.
func (a *amendmentOrder) config(p *Parameters) (Config, error) {
	c := p.config.clone()
	r := wire.NewReader(a.rules)
	office, err := c.Tax.keyBytes()
	if err != nil {
		return Config{}, err
	}
	undecoded := c.readRules(r, office)
	if err := r.Close(); err != nil {
		return Config{}, fmt.Errorf("%w: amendment: %w", ErrMalformed, err)
	}
	if err := c.decodeRules(undecoded, p.Newest().config.Circuits); err != nil {
		return Config{}, err
	}
	return c.clone(), nil
}

func (a *amendmentOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.Amendment), n[:], be64(a.number), be64(uint64(a.from)), a.rules)
}

func (a *amendmentOrder) append(b []byte) []byte {
	b = wire.AppendUint64(wire.AppendUint64(b, a.number), uint64(a.from))
	return wire.AppendBytes(b, a.rules)
}

func readAmendmentOrder(r *wire.Reader) amendmentOrder {
	return amendmentOrder{r.Uint64(), Epoch(r.Uint64()), slices.Clone(r.Bytes(maxAmended))}
}

func (a *Amendment) encode() []byte {
	return a.signatures.append(a.amendmentOrder.append(opening(KindAmendment)))
}

func readAmendment(r *wire.Reader, raw []byte) *Amendment {
	return &Amendment{seal(raw), readAmendmentOrder(r), readSignatures(r)}
}

// labelFrom is [AMD-FROM].
const labelFrom = "AMD-FROM"

// claims claims all but what depends on the amendments before, which Parameters.Amend finds.
func (a *Amendment) claims(p *Parameters, now Epoch, c *batch.Claims, _ bases) entry {
	if !c.Require(labelFrom, a.from >= now+ahead, "from epoch %d on, in epoch %d: %d ahead at least", a.from, now, ahead) ||
		!a.signatures.claim(p, c, a.message(p.network)) {
		return nil
	}
	return &amendmentEntry{a.amendmentOrder, a.signatures}
}

// Amend is the parameters with one version more, for which they speak. It is for ledgers,
// which find that the authority signed the amendment and when: others Follow what a ledger
// has taken. The error is ErrPolicy, and p stays as it is.
//
//	[AMD-NUMBER]  it is the next amendment
//	[AMD-SOUND]   the new version passes all checks of parameters, its policy has the times of
//	              the old one, and nothing that users hold loses what it needs: no class goes,
//	              and no asset, of which each has rows in the cases self and anonymous
func (p *Parameters) Amend(a *Amendment) (*Parameters, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if a == nil || a.raw == nil {
		return nil, fmt.Errorf("%w: no amendment", ErrInvalid)
	}
	return p.amend(&a.amendmentOrder)
}

func (p *Parameters) amend(a *amendmentOrder) (*Parameters, error) {
	var claims batch.Claims
	if !claims.Require("AMD-NUMBER", a.number == p.Amendments()+1, "amendment %d after %d", a.number, p.Amendments()) {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	last := p.Newest()
	d := &Parameters{rows: make(map[rowUse]*Row), folded: p.folded, kinds: p.kinds, seen: p.seen}
	var err error
	if d.config, err = a.config(p); err == nil {
		err = d.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, &batch.Error{Label: labelSound, Detail: brief(err)})
	}
	err = d.config.keeps(&last.config)
	if !claims.Require(labelSound, err == nil, "%v", err) {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	d.network, d.encoding = p.network, p.encoding
	d.number, d.from = p.Amendments()+1, a.from
	d.digest = transcript.Hash(dst.AmendedVersion, last.digest[:], a.message(p.network))
	d.versions = append(slices.Clip(p.versions), d)
	return d, nil
}

// maxBrief is less than the text of a rejection may be, in bytes.
const maxBrief = 512

// brief is the beginning of the text of an error.
func brief(err error) string {
	text := err.Error()
	return text[:min(len(text), maxBrief)]
}

// labelSound is [AMD-SOUND].
const labelSound = "AMD-SOUND"

// keeps reports a configuration that takes away what users hold under the one before.
func (c *Config) keeps(before *Config) error {
	b := before.Policy
	switch {
	case !c.Policy.Start.Equal(b.Start) || !c.Policy.End.Equal(b.End) || c.Policy.EpochLength != b.EpochLength:
		return fmt.Errorf("the times of the policy are others")
	case len(c.Policy.Classes) < len(b.Classes):
		return fmt.Errorf("%d classes, where there were %d", len(c.Policy.Classes), len(b.Classes))
	case len(c.Assets) < len(before.Assets) || !slices.Equal(c.Assets[:len(before.Assets)], before.Assets):
		return fmt.Errorf("assets that do not begin with the %d that there were, in their order", len(before.Assets))
	}
	return nil
}

// amendmentEntry is an amendment on record, with the signatures, so that everybody sees who
// of the authority agreed.
type amendmentEntry struct {
	amendmentOrder
	signatures signatures
}

func (e *amendmentEntry) kind() Kind                                { return KindAmendment }
func (e *amendmentEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *amendmentEntry) append(b []byte) []byte { return b }

// detail is all of it, being long.
func (e *amendmentEntry) detail(b []byte) []byte {
	return e.signatures.append(e.amendmentOrder.append(b))
}

func (e *amendmentEntry) readDetail(r *wire.Reader) {
	e.amendmentOrder, e.signatures = readAmendmentOrder(r), readSignatures(r)
}

func (e *amendmentEntry) read(*Parameters) (Entry, error) {
	return Entry{Nonce: e.number, Epoch: e.from}, nil
}
