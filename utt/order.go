package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/sig"
)

// requireOrder states what every order about accounts must fulfil.
func requireOrder(p *Parameters, c *batch.Claims, asset string, amount Amount) {
	c.Require("POLICY-ASSET", p.Knows(asset), "unknown asset %q", asset)
	c.Require("ORDER-AMOUNT", amount > 0, "an amount of zero")
}

// checkOrder is for makers of orders: a value that would not decode.
func checkOrder(p *Parameters, asset string, pids ...PID) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if !p.Knows(asset) {
		return fmt.Errorf("%w: unknown asset %.*q", ErrPolicy, maxAssetName, asset)
	}
	for _, pid := range pids {
		if !pid.canonical() {
			return fmt.Errorf("%w: identifier not canonical; make it with PIDOf", ErrMalformed)
		}
	}
	return nil
}

func moneyKind(asset string) attr.Attribute { return budget.MoneyKind(asset) }

// publicCoin is output 0 of a mint or a grant, all of whose attributes are public.
func publicCoin(s seed, pid PID, amount Amount, kind attr.Attribute) *sig.Commitment {
	return sig.Assemble(s.base(0),
		sig.Public(pid.attribute()), sig.Public(s.serial(0)), sig.Public(attr.Uint64(uint64(amount))), sig.Public(kind))
}
