package utt

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// Purposes of the keys that every ledger has, as sessions and holders name them. Further
// keys, such as auditors', have purposes of their own.
const (
	PurposeCoin       = "coin"
	PurposeCredential = "credential"
	PurposeLedger     = "ledger"
)

// MaxHolders bounds the keys of which parameters name the holders.
const MaxHolders = 16

// Holders are the parties who hold the shares of a key.
type Holders struct {
	Purpose    string               // of the key
	Generation threshold.Generation // of its committee
	Faults     int                  // f, how many of them may be faulty
	Parties    []ed25519.PublicKey  // their identity keys, that of party j at j − 1
}

// HoldersOf are those of a committee that came about, for parameters to name.
func HoldersOf(purpose string, o *dkg.Outcome) Holders {
	if o == nil {
		return Holders{}
	}
	old := o.Old()
	return Holders{purpose, old.Generation(), old.Faults, old.Parties}
}

// index is that of the party with an identity key, from 1, or 0.
func (h *Holders) index(key []byte) int {
	return 1 + slices.IndexFunc(h.Parties, func(p ed25519.PublicKey) bool { return bytes.Equal(p, key) })
}

// Quorum is n − f, how many of the parties speak for all.
func (h Holders) Quorum() int { return len(h.Parties) - h.Faults }

// Authorised reports whether n − f of the parties are among some keys.
func (h Holders) Authorised(keys []ed25519.PublicKey) bool {
	who := make(map[int]bool)
	for _, k := range keys {
		if j := h.index(k); j > 0 {
			who[j] = true
		}
	}
	return len(h.Parties) > 0 && len(who) >= h.Quorum()
}

// Same reports whether a resharing that says so of the old committee replaces these.
func (h Holders) Same(old *dkg.OldOutline) bool {
	return old != nil && old.Generation == h.Generation && old.Faults == h.Faults &&
		slices.EqualFunc(old.Parties, h.Parties, func(a, b ed25519.PublicKey) bool { return a.Equal(b) })
}

func (h Holders) clone() Holders {
	h.Parties = slices.Clone(h.Parties)
	for i := range h.Parties {
		h.Parties[i] = slices.Clone(h.Parties[i])
	}
	return h
}

// AppendBinary appends purpose, generation, f and the parties.
func (h Holders) AppendBinary(b []byte) ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	b = append(wire.AppendBytes(b, []byte(h.Purpose)), h.Generation[:]...)
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(h.Faults)), uint16(len(h.Parties)))
	for _, p := range h.Parties {
		b = append(b, p...)
	}
	return b, nil
}

// MarshalBinary encodes the holders.
func (h Holders) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

// UnmarshalBinary decodes holders.
func (h *Holders) UnmarshalBinary(b []byte) error {
	if h == nil {
		return errInto
	}
	r := wire.NewReader(b)
	d := readHolders(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: holders: %w", ErrMalformed, err)
	}
	if err := d.check(); err != nil {
		return err
	}
	*h = d
	return nil
}

func readHolders(r *wire.Reader) (h Holders) {
	h.Purpose = string(r.Bytes(dkg.MaxPurpose))
	r.Fill(h.Generation[:])
	h.Faults = int(r.Uint16())
	h.Parties = make([]ed25519.PublicKey, r.Count(dkg.MaxParties, ed25519.PublicKeySize))
	for i := range h.Parties {
		h.Parties[i] = slices.Clone(r.Take(ed25519.PublicKeySize))
	}
	return h
}

// check demands what the parties of a session have.
func (h *Holders) check() error {
	n := len(h.Parties)
	switch {
	case h.Purpose == "" || len(h.Purpose) > dkg.MaxPurpose:
		return fmt.Errorf("%w: holders for a purpose of %d bytes, of 1 to %d", ErrPolicy, len(h.Purpose), dkg.MaxPurpose)
	case h.Faults < 0 || n < 2*h.Faults+1 || n > dkg.MaxParties:
		return fmt.Errorf("%w: holders of the %s key: %d parties of whom %d may be faulty", ErrPolicy, h.Purpose, n, h.Faults)
	}
	for i, p := range h.Parties {
		if len(p) != ed25519.PublicKeySize || h.index(p) != i+1 {
			return fmt.Errorf("%w: holders of the %s key: identity key %d is twice, or of %d bytes", ErrPolicy, h.Purpose, i+1, len(p))
		}
	}
	return nil
}

// checkHolders demands holders of distinct keys, those of the ledger key among them, who
// authorise keys to come.
func checkHolders(all []Holders) error {
	if len(all) > MaxHolders {
		return fmt.Errorf("holders of %d keys, of at most %d", len(all), MaxHolders)
	}
	purposes := make(map[string]bool)
	for i := range all {
		h := &all[i]
		if err := h.check(); err != nil {
			return err
		}
		if purposes[h.Purpose] {
			return fmt.Errorf("two holders of the %s key", h.Purpose)
		}
		purposes[h.Purpose] = true
		for _, p := range h.Parties {
			if err := checkEd25519(p); err != nil {
				return fmt.Errorf("a holder of the %s key: %w", h.Purpose, err)
			}
		}
	}
	if len(all) > 0 && !purposes[PurposeLedger] {
		return fmt.Errorf("holders of keys, and none of the %s key, who authorise new keys", PurposeLedger)
	}
	return nil
}
