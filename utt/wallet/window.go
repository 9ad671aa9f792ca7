package wallet

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/utt"
)

// window is what a light wallet has read and not taken in yet, in memory. It asks for what
// comes after, as those do that have taken all in.
type window struct {
	boundaries               // from where it asks
	at          utt.Frontier // up to which it has read
	aim         *utt.Certificate
	seen        []*summarised // the last is that before at
	credentials *credentials  // that wait with them
	drawn       uint64        // records, of whose sections those to be asked for were chosen
	chosen      []uint64      // sections to be asked for: those of before, where a node failed
}

// summarised is a record by its summary.
type summarised struct {
	*utt.Summary
	clue      bool        // opens to the user
	concerned bool        // as far as is known
	record    *utt.Record // with its detail and signatures, once these were asked for
}

// aimed reports whether there is a certificate of all that was read: there is none yet of what was
// read before a node failed.
func (v *window) aimed() bool { return v.aim != nil && v.aim.Height >= v.at.Height }

// first is the number of the first record in the window.
func (v *window) first() uint64 { return v.at.Records - uint64(len(v.seen)) }

// section is the number of the one that place i of the window is in.
func (v *window) section(i int) uint64 { return (v.first() + uint64(i)) / utt.SectionSize }

// credentials are what registrars have signed, downloaded and not taken in.
type credentials struct {
	leaves []utt.CredentialLeaf
	from   utt.Frontier
	to     utt.Frontier
}

// and is what was downloaded, and what was later.
func (c *credentials) and(later *credentials) *credentials {
	switch {
	case c == nil:
		return later
	case later.to.Height <= c.to.Height:
		return c
	}
	k := sort.Search(len(later.leaves), func(i int) bool { return later.leaves[i].Record >= c.to.Records })
	return &credentials{slices.Concat(c.leaves, later.leaves[k:]), c.from, later.to}
}

// recent is the frontier at the last multiple of credentialsSpan, where it was at one before.
func (c *credentials) recent(ctx context.Context, before utt.Frontier) (utt.Frontier, error) {
	n := c.to.Records - c.to.Records%credentialsSpan
	if n <= before.Records || n < c.from.Records {
		return before, nil
	}
	k := sort.Search(len(c.leaves), func(i int) bool { return c.leaves[i].Record >= n })
	at, err := c.from.ExtendCredentials(ctx, n, c.leaves[:k])
	at.Height, at.Time = 0, 0 // no certificate's
	return at, err
}

// decoyKey is what the decoys of a seed's wallet are drawn by.
func decoyKey(seed []byte, n utt.NetworkID) (key [32]byte, err error) {
	b, err := hkdf.Key(sha256.New, seed, n[:], string(dst.WalletSeed)+"/decoys", len(key))
	if err != nil {
		return key, fmt.Errorf("derive keys: %w", err)
	}
	copy(key[:], b)
	return key, nil
}
