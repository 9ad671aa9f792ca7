package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// The names of entries, or what they begin with: what follows is a key.
const (
	entryFacts      = "facts"
	entryCredential = "credential"
	entryAmendment  = "amendment/" // by place
	entryAddress    = "address/"   // by place
	entryCoin       = "coin/"      // by nullifier
	entryAccount    = "account/"   // by asset
	entryPending    = "pending/"   // by ID
	entryHold       = "hold/"      // by ID
	entryGranted    = "granted/"   // by counter, asset and epoch

	entrySession = "session"
	entryMember  = "member/"  // by pid
	entryMoved   = "moved/"   // by pid
	entryMet     = "met/"     // by pid
	entryOutcome = "outcome/" // by ID
	entryPaid    = "paid/"    // by ID
	entryMade    = "made/"    // by ID
	entryItem    = "item/"    // by number
	entryPlace   = "place/"   // by ID and output
	entryLabel   = "label/"   // by ID and output
)

// coinKey is a coin's nullifier.
type coinKey = nullifier.Key

type grantID struct {
	counter, asset string
	epoch          utt.Epoch
}

func (g grantID) encode() string {
	return string(wire.AppendUint64(wire.Frame([]byte(g.counter), []byte(g.asset)), uint64(g.epoch)))
}

func decodeGrantID(key string) (grantID, error) {
	r := wire.NewReader([]byte(key))
	g := grantID{string(r.Bytes(len(key))), string(r.Bytes(len(key))), utt.Epoch(r.Uint64())}
	return g, decoded(r, true)
}

func keyOfCoin(k coinKey) string { return string(k[:]) }

func keyOfID(id utt.ID) string { return string(id[:]) }

func keyOfAsset(asset string) string { return asset }

func encodeNumber(n uint64) []byte { return wire.AppendUint64(nil, n) }

func keyOfNumber(n uint64) string { return string(encodeNumber(n)) }

func encodeAmount(v utt.Amount) ([]byte, error) { return encodeNumber(uint64(v)), nil }

func decodeAmount(b []byte) (utt.Amount, error) {
	r := wire.NewReader(b)
	v := utt.Amount(r.Uint64())
	return v, decoded(r, true)
}

func encodeTrue(bool) ([]byte, error) { return []byte{1}, nil }

// encode is a certain status.
func (s Status) encode() []byte {
	return wire.AppendUint64([]byte{byte(s.State), byte(s.Cause)}, s.Due)
}

func decodeStatus(b []byte) (Status, error) {
	r := wire.NewReader(b)
	s := Status{State: State(r.Byte()), Cause: utt.Cause(r.Byte()), Due: r.Uint64()}
	return s, decoded(r, s.Certain())
}

// decoded is what is wrong with an entry that was read to its end: a store of another version,
// since nobody else can write one.
func decoded(r *wire.Reader, valid bool) error {
	err := r.Close()
	if err == nil && !valid {
		err = utt.ErrMalformed
	}
	if err != nil {
		return fmt.Errorf("%w: an entry that this version cannot read: %w", utt.ErrStore, err)
	}
	return nil
}
