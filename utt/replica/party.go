package replica

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Party is a participant, by its index in each of the committees that the replica was
// opened with, 0 where it has none. Messages are taken in from the party that the transport
// has authenticated, whatever they say: relayed for others they would have these blamed,
// and under two indices one would vouch for two.
type Party struct{ Coin, Credential, Ledger threshold.Index }

// Key names one of the group keys.
type Key uint8

// The group keys.
const (
	CoinKey       Key = 1
	CredentialKey Key = 2
	LedgerKey     Key = 3
)

func (k Key) String() string {
	switch k {
	case CoinKey:
		return "coin key"
	case CredentialKey:
		return "credential key"
	case LedgerKey:
		return "ledger key"
	}
	return fmt.Sprintf("key %d", uint8(k))
}

// index is that of a party in the committee of a key.
func (p Party) index(k Key) threshold.Index {
	switch k {
	case CoinKey:
		return p.Coin
	case CredentialKey:
		return p.Credential
	case LedgerKey:
		return p.Ledger
	}
	return 0
}

// committee is that of a key.
func committee(c *utt.Committees, k Key) *threshold.Committee {
	switch k {
	case CoinKey:
		return c.Coin
	case CredentialKey:
		return c.Credential
	}
	return c.Ledger
}

type suspect struct {
	key   Key
	index threshold.Index
}

// Blame says that a party sent what is false. Nobody honest is blamed as long as the
// transport is right about who sent what.
type Blame struct {
	Key    Key
	Index  threshold.Index // in the key's committee
	Height uint64          // of the block
	What   string          // shares, signatures or a certificate share
}

func (b Blame) compare(o Blame) int {
	return cmp.Or(cmp.Compare(b.Height, o.Height), cmp.Compare(b.Key, o.Key), cmp.Compare(b.Index, o.Index), cmp.Compare(b.What, o.What))
}

func compareParty(a, b Party) int {
	return cmp.Or(cmp.Compare(a.Ledger, b.Ledger), cmp.Compare(a.Coin, b.Coin), cmp.Compare(a.Credential, b.Credential))
}
