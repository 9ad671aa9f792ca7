package utt

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

const parametersVersion = 3

// AppendBinary appends the encoding of the founding version, which its digest is of. It
// holds no amendments: which of those that the authority signed the ledger has taken, only
// its certified records say.
func (p *Parameters) AppendBinary(b []byte) ([]byte, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	return append(b, p.encoding...), nil
}

// MarshalBinary encodes the founding version.
func (p *Parameters) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// appendIdentity appends what stays the same for the ledger's life: name, genesis,
// group keys.
func (c *Config) appendIdentity(b []byte) ([]byte, error) {
	b = wire.AppendBytes(b, []byte(c.Name))
	b = append(b, c.Genesis[:]...)
	for _, k := range []*sig.PublicKey{c.CoinKey, c.CredentialKey, c.LedgerKey} {
		encoded, err := k.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, encoded)
	}
	b, err := c.Auditors.append(b)
	if err != nil {
		return nil, err
	}
	return c.Tax.appendKey(b)
}

func (c *Config) encode(identity []byte) ([]byte, error) {
	b, err := c.appendRules(append([]byte{parametersVersion}, identity...))
	if err != nil {
		return nil, err
	}
	b = wire.AppendUint16(b, uint16(len(c.Holders)))
	for _, h := range c.Holders {
		if b, err = h.AppendBinary(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendRules appends what an amendment replaces.
func (c *Config) appendRules(b []byte) ([]byte, error) {
	b = appendNames(b, c.Assets)
	b = wire.AppendUint16(b, uint16(len(c.Circuits)))
	for _, o := range c.Circuits {
		key, err := o.Key.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, key)
	}
	b = wire.AppendUint16(b, uint16(len(c.Rows)))
	for i := range c.Rows {
		b = c.Rows[i].append(b)
	}
	b = append(b, c.FeeAccount[:]...)
	b, err := c.Tax.append(b)
	if err != nil {
		return nil, err
	}
	policy, err := c.Policy.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = wire.AppendBytes(b, policy)
	b = append(b, c.Issuer...)
	b = wire.AppendUint16(b, uint16(len(c.Endorsers)))
	for _, e := range c.Endorsers {
		b = append(b, e...)
	}
	b = c.Authority.append(appendNames(b, c.Prefixes))
	return wire.AppendUint16(c.Warrants.append(b), uint16(c.MinSum)), nil
}

// ParseParameters decodes and checks the parameters that a ledger was founded on. Compare
// their digest with one from a trusted source.
func ParseParameters(b []byte) (*Parameters, error) {
	r := wire.NewReader(b)
	r.Version(parametersVersion)
	c := Config{Name: string(r.Bytes(maxName))}
	r.Fill(c.Genesis[:])
	coin, credential, ledger := r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes)
	auditors, office := readAuditors(r), readTaxKey(r)
	undecoded := c.readRules(r, office)
	if n := r.Count(MaxHolders, 4+32+2+2); n > 0 {
		c.Holders = make([]Holders, n)
	}
	for i := range c.Holders {
		c.Holders[i] = readHolders(r)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: parameters: %w", ErrMalformed, err)
	}
	c.CoinKey, c.CredentialKey, c.LedgerKey = new(sig.PublicKey), new(sig.PublicKey), new(sig.PublicKey)
	for _, k := range []struct {
		name string
		key  *sig.PublicKey
		b    []byte
	}{{"coin", c.CoinKey, coin}, {"credential", c.CredentialKey, credential}, {"ledger", c.LedgerKey, ledger}} {
		if err := k.key.UnmarshalBinary(k.b); err != nil {
			return nil, fmt.Errorf("%w: %s key: %w", ErrMalformed, k.name, err)
		}
	}
	var err error
	if c.Auditors, err = auditors.keys(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := c.decodeRules(undecoded, nil); err != nil {
		return nil, err
	}
	return NewParameters(c)
}

// ruleBytes are the parts of rules that are costly to decode.
type ruleBytes struct {
	circuits [][]byte
	office   *taxOfficeBytes
	policy   []byte
}

// readRules reads what appendRules appended, but for what it returns, on a ledger whose tax
// office has a key; nil for one without.
func (c *Config) readRules(r *wire.Reader, office *taxOfficeBytes) (b ruleBytes) {
	c.Assets = readAssets(r)
	b.circuits = make([][]byte, r.Count(MaxCircuits, 4))
	c.Circuits = make([]Circuit, len(b.circuits))
	for i := range c.Circuits {
		b.circuits[i] = r.Bytes(maxCircuitBytes)
	}
	c.Rows = make([]Row, r.Count(MaxRows, minRow))
	for i := range c.Rows {
		c.Rows[i] = readRow(r)
	}
	r.Fill(c.FeeAccount[:])
	b.office = office
	b.office.readRest(r)
	b.policy = r.Bytes(maxPolicyBytes)
	c.Issuer = slices.Clone(r.Take(ed25519.PublicKeySize))
	c.Endorsers = make([]ed25519.PublicKey, r.Count(MaxEndorsers, ed25519.PublicKeySize))
	for i := range c.Endorsers {
		c.Endorsers[i] = slices.Clone(r.Take(ed25519.PublicKeySize))
	}
	c.Prefixes = readNames(r, MaxEndorsers, maxPrefix)
	c.Authority, c.Warrants, c.MinSum = readAuthority(r), readWarrants(r), int(r.Uint16())
	return b
}

// decodeRules decodes what readRules left. Circuits that are known, most of an amendment's,
// are neither decoded nor kept once more.
func (c *Config) decodeRules(b ruleBytes, known []Circuit) error {
	encoded := make([][]byte, len(known))
	for i, k := range known {
		var err error
		if encoded[i], err = k.Key.MarshalBinary(); err != nil {
			return err
		}
	}
	for i := range c.Circuits {
		if k := slices.IndexFunc(encoded, func(e []byte) bool { return bytes.Equal(e, b.circuits[i]) }); k >= 0 {
			c.Circuits[i] = known[k]
			continue
		}
		c.Circuits[i].Key = new(rangeproof.VerifyingKey)
		if err := c.Circuits[i].Key.UnmarshalBinary(b.circuits[i]); err != nil {
			return fmt.Errorf("%w: circuit %d: %w", ErrMalformed, i, err)
		}
	}
	var err error
	if c.Tax, err = b.office.office(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := c.Policy.UnmarshalBinary(b.policy); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}
