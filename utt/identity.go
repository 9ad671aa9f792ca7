package utt

import (
	"encoding/hex"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Amount is a number of an asset's minor units.
type Amount = budget.Amount

// Epoch numbers the periods of the privacy budget, from 1; 0 stands for none.
type Epoch = budget.Epoch

// Class selects a user's budget.
type Class = budget.Class

// Digest names the exact bytes of an operation. Receipts and mempools go by it.
type Digest [32]byte

// ID names what an operation does. For a transfer it leaves the proofs out, so
// that two encodings may share it: it names a held or executed transfer only.
type ID [32]byte

// NetworkID names a ledger for its life: H(name, genesis, group public keys).
type NetworkID [32]byte

// PID is a user's public identifier, HF("pid", identity), in canonical form. It
// also names his account.
type PID [curve.ScalarSize]byte

// PIDOf is the identifier of an identity, such as an account name or a number.
func PIDOf(identity string) PID { return PID(attr.Hash(dst.PID, []byte(identity)).Bytes()) }

// canonical reports whether the identifier is one that decodes.
func (p PID) canonical() bool {
	r := wire.NewReader(p[:])
	readPID(r)
	return r.Close() == nil
}

// attribute is the identifier as it is signed. A PID in an operation is canonical
// because the decoder demands it.
func (p PID) attribute() attr.Attribute {
	r := wire.NewReader(p[:])
	return attr.Read(r)
}

// shorten keeps error texts short.
func shorten(name string) string {
	if len(name) > 64 {
		return name[:64] + "…"
	}
	return name
}

func readPID(r *wire.Reader) PID { return PID(attr.Read(r).Bytes()) }

// maxAssetName bounds the name of an asset, in bytes.
const maxAssetName = 32

func readAsset(r *wire.Reader) string { return string(r.Bytes(maxAssetName)) }

func checkAssetName(name string) error {
	if name == "" || len(name) > maxAssetName {
		return fmt.Errorf("%w: asset name %.*q of %d bytes, of 1 to %d", ErrPolicy, maxAssetName, name, len(name), maxAssetName)
	}
	return nil
}

// String is the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses a digest.
func (d *Digest) UnmarshalText(text []byte) error { return parse32((*[32]byte)(d), text, "digest") }

// String is the ID in hexadecimal.
func (i ID) String() string { return hex.EncodeToString(i[:]) }

// MarshalText is the ID in hexadecimal.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText parses an ID.
func (i *ID) UnmarshalText(text []byte) error { return parse32((*[32]byte)(i), text, "ID") }

// String is the network's name in hexadecimal.
func (n NetworkID) String() string { return hex.EncodeToString(n[:]) }

// MarshalText is the network's name in hexadecimal.
func (n NetworkID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText parses a network's name.
func (n *NetworkID) UnmarshalText(text []byte) error {
	return parse32((*[32]byte)(n), text, "network ID")
}

// String is the identifier in hexadecimal.
func (p PID) String() string { return hex.EncodeToString(p[:]) }

// MarshalText is the identifier in hexadecimal.
func (p PID) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses an identifier, which must be in canonical form.
func (p *PID) UnmarshalText(text []byte) error {
	var d [32]byte
	if p == nil {
		return errInto
	}
	if err := parse32(&d, text, "PID"); err != nil {
		return err
	}
	if !PID(d).canonical() {
		return fmt.Errorf("%w: a PID that is not canonical", ErrMalformed)
	}
	*p = d
	return nil
}
