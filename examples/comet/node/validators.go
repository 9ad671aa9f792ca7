package node

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/p2p"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// holdersAre demands that the validators are those who hold the ledger key.
func (a *app) holdersAre(validators []abci.ValidatorUpdate) error {
	held, err := a.r().Ledger().Holders(utt.PurposeLedger)
	if err != nil {
		return err
	}
	for _, v := range validators {
		if !slices.ContainsFunc(held.Parties, func(p ed25519.PublicKey) bool { return p.Equal(ed25519.PublicKey(v.PubKey.GetEd25519())) }) {
			return fmt.Errorf("a validator of the genesis file holds no share of the ledger key")
		}
	}
	if len(validators) != len(held.Parties) {
		return fmt.Errorf("the genesis file has %d validators, and %d hold shares of the ledger key", len(validators), len(held.Parties))
	}
	return nil
}

// validators are the changes to make in the block after the one in which another generation
// came to hold the ledger key [RES-HEIGHT]: CometBFT has them vote from the second block
// after on.
func (a *app) validators(height uint64) ([]abci.ValidatorUpdate, error) {
	held, err := a.r().Ledger().Holders(utt.PurposeLedger)
	if err != nil || held.Since == 0 || held.Since != height-1 {
		return nil, err
	}
	s, err := a.r().Ledger().Session(held.Session)
	if err != nil || s.Old == nil {
		return nil, err
	}
	var updates []abci.ValidatorUpdate
	for _, was := range s.Old.Parties {
		if !slices.ContainsFunc(held.Parties, func(p ed25519.PublicKey) bool { return p.Equal(was) }) {
			updates = append(updates, update(was, 0))
		}
	}
	for _, is := range held.Parties {
		updates = append(updates, update(is, home.Power))
	}
	return updates, nil
}

func update(key ed25519.PublicKey, power int64) abci.ValidatorUpdate {
	return abci.ValidatorUpdate{PubKey: cmtcrypto.PublicKey{Sum: &cmtcrypto.PublicKey_Ed25519{Ed25519: key}}, Power: power}
}

// parties says which party a peer is: by the identity that the ledger has on record for it,
// in each of the committees that the replica signs with. Of a committee that the ledger knows
// nothing of yet, because it is still behind, there are none.
func parties(r *replica.Replica, c *utt.Committees) (map[p2p.ID]replica.Party, error) {
	of := make(map[p2p.ID]replica.Party)
	for _, k := range []struct {
		purpose   string
		committee *threshold.Committee
		set       func(*replica.Party, threshold.Index)
	}{
		{utt.PurposeCoin, c.Coin, func(p *replica.Party, j threshold.Index) { p.Coin = j }},
		{utt.PurposeCredential, c.Credential, func(p *replica.Party, j threshold.Index) { p.Credential = j }},
		{utt.PurposeLedger, c.Ledger, func(p *replica.Party, j threshold.Index) { p.Ledger = j }},
	} {
		holders, err := holdersOf(r, k.purpose, k.committee.Generation())
		if errors.Is(err, utt.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for j, identity := range holders.Parties {
			id := home.ID(identity)
			p := of[id]
			k.set(&p, threshold.Index(j+1))
			of[id] = p
		}
	}
	return of, nil
}

// holdersOf are those of a generation: that which holds the key now, or the first.
func holdersOf(r *replica.Replica, purpose string, g threshold.Generation) (utt.Holders, error) {
	held, err := r.Ledger().Holders(purpose)
	if err != nil {
		return utt.Holders{}, err
	}
	if held.Generation == g {
		return held.Holders, nil
	}
	if first, ok := r.Ledger().Parameters().HoldersOf(purpose); ok && first.Generation == g {
		return first, nil
	}
	return utt.Holders{}, fmt.Errorf("%w: nobody on record holds shares of the %s key of generation %x", utt.ErrNotFound, purpose, g)
}
