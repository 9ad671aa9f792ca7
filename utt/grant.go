package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Grant asks for what a user may pay of an asset in an epoch, by a counter such as
// budget.Privacy: a public coin of the amount of his class, once. It needs no signature,
// since only he can spend it.
type Grant struct {
	sealed
	grantOrder
}

// grantOrder is what goes on record.
type grantOrder struct {
	pid     PID
	counter string
	asset   string
	epoch   Epoch
	amount  Amount
}

// Allowance is what a user of a class is granted of a counter in an epoch, per asset.
func (p *Parameters) Allowance(counter string, class Class, e Epoch) (Amount, error) {
	if err := p.Usable(); err != nil {
		return 0, err
	}
	amount, err := p.At(e).config.Policy.Amount(counter, class)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return amount, nil
}

// NewGrant asks for the budget of a user for the epoch, of a counter of the policy and the
// class that he is registered with.
func NewGrant(p *Parameters, pid PID, counter, asset string, e Epoch, class Class) (*Grant, error) {
	if err := checkOrder(p.At(e), asset, pid); err != nil {
		return nil, err
	}
	amount, err := p.Allowance(counter, class, e)
	if err != nil {
		return nil, err
	}
	if amount == 0 || e == 0 {
		return nil, fmt.Errorf("%w: class %d has a budget of %d in epoch %d", ErrPolicy, class, amount, e)
	}
	g := &Grant{grantOrder: grantOrder{pid, counter, asset, e, amount}}
	g.sealed = seal(g.encode())
	return g, nil
}

// noGrant stands in for a nil one.
var noGrant Grant

// PID is the user whose budget it is.
func (g *Grant) PID() PID { return cmp.Or(g, &noGrant).pid }

// Counter is the counter that is granted.
func (g *Grant) Counter() string { return cmp.Or(g, &noGrant).counter }

// Asset is the asset that the budget is for.
func (g *Grant) Asset() string { return cmp.Or(g, &noGrant).asset }

// Epoch is the epoch that the budget is for.
func (g *Grant) Epoch() Epoch { return cmp.Or(g, &noGrant).epoch }

// Amount is that of the user's class.
func (g *Grant) Amount() Amount { return cmp.Or(g, &noGrant).amount }

func (g *grantOrder) append(b []byte) []byte {
	b = append(b, g.pid[:]...)
	b = wire.AppendBytes(b, []byte(g.counter))
	b = wire.AppendBytes(b, []byte(g.asset))
	b = wire.AppendUint64(b, uint64(g.epoch))
	return wire.AppendUint64(b, uint64(g.amount))
}

func (g *Grant) encode() []byte { return g.append(opening(KindGrant)) }

func readGrantOrder(r *wire.Reader) grantOrder {
	return grantOrder{readPID(r), string(r.Bytes(maxName)), readAsset(r), Epoch(r.Uint64()), Amount(r.Uint64())}
}

func readGrant(r *wire.Reader, raw []byte) *Grant {
	return &Grant{seal(raw), readGrantOrder(r)}
}

func (g *Grant) claims(p *Parameters, now Epoch, c *batch.Claims, _ bases) entry {
	// first, since the verdict is to depend on no version but those of this epoch and the next
	c.Require(labelEpoch, budget.Grantable(g.epoch, now), "grant for epoch %d in epoch %d", g.epoch, now)
	p = p.At(g.epoch) // the amount of the next epoch is what that has
	requireOrder(p, c, g.asset, g.amount)
	c.Require("POLICY-COUNTER", p.config.Policy.Counts(g.counter), "unknown counter %q", g.counter)
	return &g.grantOrder
}

func (g *grantOrder) kind() Kind { return KindGrant }

func (g *grantOrder) seed(n NetworkID) seed {
	return grantSeed(n, g.pid, g.counter, g.asset, g.epoch, g.amount)
}

func (g *grantOrder) commitments(p *Parameters) []*sig.Commitment {
	return []*sig.Commitment{publicCoin(g.seed(p.network), g.pid, g.amount, g.attributeKind())}
}

func (g *grantOrder) attributeKind() attr.Attribute { return budget.Kind(g.counter, g.asset, g.epoch) }

func (g *grantOrder) read(*Parameters) (Entry, error) {
	return Entry{PID: g.pid, Asset: g.asset, Counter: g.counter, Amount: g.amount, Epoch: g.epoch, Outputs: []Output{{Granted, g.pid}}}, nil
}
