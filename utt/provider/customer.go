package provider

import (
	"crypto/ed25519"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// customer is somebody who is looked out for.
type customer struct {
	mandate *utt.Mandate
	account ed25519.PublicKey // nil as long as he is not registered
	since   utt.Cursor        // from where on there is all; zero if there is all
	ended   utt.Cursor        // the first record after the expiry of the mandate; zero before there is one
}

// looked reports whether he is looked out for still.
func (c *customer) looked() bool { return c != nil && c.ended == utt.Cursor{} }

func (c *customer) write(pid utt.PID) (store.Write, error) {
	m, err := c.mandate.MarshalBinary()
	b := wire.AppendBytes(appendPlace(appendPlace(nil, c.since), c.ended), c.account)
	return store.Write{Key: customerKey(pid), Value: append(b, m...)}, err
}

func readCustomer(b []byte) (*customer, error) {
	r := wire.NewReader(b)
	c := &customer{mandate: new(utt.Mandate)}
	c.since = utt.Cursor{Height: r.Uint64(), Index: r.Uint32()}
	c.ended = utt.Cursor{Height: r.Uint64(), Index: r.Uint32()}
	if a := r.Bytes(ed25519.PublicKeySize); len(a) > 0 {
		c.account = a
	}
	m := r.Take(r.Len())
	if err := r.Close(); err != nil {
		return nil, err
	}
	return c, c.mandate.UnmarshalBinary(m)
}
