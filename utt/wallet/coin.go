package wallet

import (
	"bytes"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// coin is one's own unspent coin, of money or budget. What is needed to spend it is on disk.
type coin struct {
	key     coinKey // none of one that a merge is to make
	asset   string
	counter string    // of budget; "" for money
	epoch   utt.Epoch // of budget; 0 for money
	value   utt.Amount
	holding *utt.Holding // until it is on disk
}

func (c *coin) purse() purseID { return purseID{c.asset, c.counter, c.epoch} }

// purseID is what the coins in a purse are of.
type purseID struct {
	asset, counter string    // counter is "" for money
	epoch          utt.Epoch // of budget, 0 for money
}

// byNullifier is an order that has nothing to do with values.
func byNullifier(a, b *coin) int { return bytes.Compare(a.key[:], b.key[:]) }

// encode is the coin as it is on disk, once: what is needed to spend it is forgotten then.
func (c *coin) encode() ([]byte, error) {
	b := wire.AppendUint64(wire.AppendUint64(nil, uint64(c.value)), uint64(c.epoch))
	b = wire.AppendBytes(wire.AppendBytes(b, []byte(c.asset)), []byte(c.counter))
	b, err := c.holding.AppendBinary(b)
	c.holding = nil
	return b, err
}

// decodeCoin is a coin and what is needed to spend it, encoded.
func decodeCoin(key string, b []byte) (*coin, []byte, error) {
	r := wire.NewReader(b)
	c := &coin{value: utt.Amount(r.Uint64()), epoch: utt.Epoch(r.Uint64()), asset: string(r.Bytes(len(b))), counter: string(r.Bytes(len(b)))}
	holding := r.Take(r.Len())
	wire.NewReader([]byte(key)).Fill(c.key[:])
	return c, holding, decoded(r, len(key) == len(c.key))
}
