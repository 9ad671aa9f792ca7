package utt

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// Party is a user with all that is his, as his seed and the records tell: what a forger
// starts from, and by what a wallet is checked.
type Party struct {
	*Keys
	Registered *Member
	Credential *Holding
	Nonce      uint64 // of the account, the next to use
	coins      []partyCoin
	spent      []partyCoin
	held       map[ID]*partyHeld

	former *Member // with the address before, which is read through the epoch after
	until  Epoch
}

type partyCoin struct {
	*Holding
	asset string
	epoch Epoch
	value Amount
}

// NewParty is the user of an identity and a seed after some records.
func NewParty(p *Parameters, identity string, seed []byte, records []*Record) *Party {
	u := &Party{Keys: must(DeriveKeys(p, PIDOf(identity), seed)), held: make(map[ID]*partyHeld)}
	for _, r := range records {
		u.Take(r)
	}
	return u
}

// Follow has the party go by parameters with further amendments.
func (u *Party) Follow(p *Parameters) { u.Keys = must(u.Under(p)) }

// partyHeld is a transfer that waits, as a party sees it.
type partyHeld struct {
	seen *Sighting
	mine bool
}

// Take takes in a record, and returns the outputs that are the party's from then on.
func (u *Party) Take(r *Record) (received []*Received) {
	e := must(r.Entry(u.p))
	spent := 0
	for _, n := range e.Nullifiers {
		for i, c := range u.coins {
			if c.nullifier.Key() == n {
				u.coins, u.spent = append(u.coins[:i:i], u.coins[i+1:]...), append(u.spent, c)
				spent++
				break
			}
		}
	}
	switch {
	case e.PID != u.pid:
	case e.Kind == KindRegistration:
		u.Registered = e.Member
	case e.Kind == KindReaddress:
		u.former, u.until = u.Registered, must(u.p.config.Policy.EpochAt(r.time))+1
		u.Keys, u.Registered = must(u.Keys.Readdressed(r)), must(r.Readdressed(u.p, u.Registered))
	case e.Kind == KindMint, e.Kind == KindPublicTransfer:
		u.Nonce = e.Nonce + 1
	}
	seen, mine := u.Look(r), spent > 0
	switch held := u.held[r.id]; {
	case r.status == Held:
		u.held[r.id] = &partyHeld{seen, mine}
	case e.Kind == KindSettlement && held != nil:
		if seen, mine = held.seen.Settled(r), held.mine; r.status != Approved {
			delete(u.held, r.id)
		}
	}
	for _, o := range seen.Received(mine) {
		if o.Held {
			continue
		}
		h := must(o.Holding())
		received = append(received, o)
		if o.Role == Credential {
			u.Credential = h
		} else {
			u.coins = append(u.coins, partyCoin{h, o.Asset, o.Epoch, o.Amount})
		}
	}
	return received
}

// Waiting is what a party's transfers that wait would give back, of an asset.
func (u *Party) Waiting(asset string) (sum Amount) {
	for _, h := range u.held {
		for _, o := range h.seen.Received(h.mine) {
			if h.mine && o.Role == Refund && o.Asset == asset {
				sum += o.Amount
			}
		}
	}
	return sum
}

// coinOf is a party's coin with a value.
func (u *Party) coinOf(value Amount) *Holding {
	for _, c := range u.coins {
		if c.asset == "cash" && c.epoch == 0 && c.value == value {
			return c.Holding
		}
	}
	panic("no such coin")
}

func (u *Party) budgetOf(asset string) *Holding {
	for _, c := range u.coins {
		if c.asset == asset && c.epoch == 1 {
			return c.Holding
		}
	}
	panic("no such budget")
}

// Unspent is the value of a party's unspent money of an asset, from the openings of its
// coins. Every coin must open and be signed.
func (u *Party) Unspent(ctx context.Context, asset string) (sum Amount, err error) {
	var keys []*sig.PublicKey
	var signed []*sig.Signed
	for _, c := range u.coins {
		if !c.signed.Commitment.Opens(c.opening) {
			return 0, fmt.Errorf("coin %v does not open", c.nullifier)
		}
		keys, signed = append(keys, u.p.config.CoinKey), append(signed, c.signed)
		if c.attribute(coinKind) == moneyKind(asset) {
			sum += c.Holding.value()
		}
	}
	for _, err := range sig.VerifyBatch(ctx, keys, signed) {
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// Public is an order of a party's account with a nonce of the caller's choice.
func (u *Party) Public(nonce uint64, to, asset string, amount Amount) *PublicTransfer {
	return must(NewPublicTransfer(u.p, u.account, u.pid, nonce, PIDOf(to), asset, amount))
}

// Minted is a mint with a nonce of the caller's choice.
func (u *Party) Minted(nonce uint64, asset string, amount Amount) *Mint {
	return must(NewMint(u.p, u.account, u.pid, nonce, asset, amount))
}

// Debited is a record of a public transfer out of a party's account.
func (u *Party) Debited(at Cursor, nonce uint64, to, asset string, amount Amount) *Record {
	return &Record{height: at.Height, index: at.Index, status: Executed, signatures: []*sig.Signature{},
		entry: &u.Public(nonce, to, asset, amount).publicOrder}
}

// Untaxed is a party's payment by a circuit of the sender's choice, although the
// parameters name another for payments.
func (u *Party) Untaxed(circuit *Circuit, payee *Party, amount Amount, key *rangeproof.ProvingKey) *Transfer {
	var money, allowance partyCoin
	for _, c := range u.coins {
		if c.epoch == 0 {
			money = c
		} else {
			allowance = c
		}
	}
	p := *u.p
	p.config.Circuits = []Circuit{*circuit}
	p.rows = map[rowUse]*Row{{"cash", Anonymous}: {Case: Anonymous, Counter: budget.Privacy}}
	d := &draft{Draft{
		Case: Anonymous, Asset: "cash", Epoch: 1, Credential: u.Credential, Inputs: []*Holding{money.Holding},
		Budget: allowance.Holding, Values: []Amount{amount, money.value - amount}, Change: allowance.value - amount,
		Payee: payee.Registered,
	}, u.pid, u.note}
	t, _, err := d.prove(nil, &p, key)
	return must(t, err)
}

// SecretLimbs are those of s as it is in memory.
func (u *Party) SecretLimbs() [4]uint64 { return u.secret.Scalar().Element() }
