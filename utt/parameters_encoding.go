package utt

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

const parametersVersion = 3

// AppendBinary appends the encoding that the digest is of.
func (p *Parameters) AppendBinary(b []byte) ([]byte, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	return append(b, p.encoding...), nil
}

// MarshalBinary encodes the parameters.
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
	b := append([]byte{parametersVersion}, identity...)
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
	return appendNames(b, c.Prefixes), nil
}

// ParseParameters decodes and checks parameters. Compare their digest with one
// from a trusted source.
func ParseParameters(b []byte) (*Parameters, error) {
	r := wire.NewReader(b)
	r.Version(parametersVersion)
	c := Config{Name: string(r.Bytes(maxName))}
	r.Fill(c.Genesis[:])
	coin, credential, ledger := r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes)
	auditors, office := readAuditors(r), readTaxKey(r)
	c.Assets = readAssets(r)
	keys := make([][]byte, r.Count(MaxCircuits, 4))
	c.Circuits = make([]Circuit, len(keys))
	for i := range c.Circuits {
		keys[i] = r.Bytes(maxCircuitBytes)
	}
	c.Rows = make([]Row, r.Count(MaxRows, minRow))
	for i := range c.Rows {
		c.Rows[i] = readRow(r)
	}
	r.Fill(c.FeeAccount[:])
	office.readRest(r)
	policy := r.Bytes(maxPolicyBytes)
	c.Issuer = slices.Clone(r.Take(ed25519.PublicKeySize))
	c.Endorsers = make([]ed25519.PublicKey, r.Count(MaxEndorsers, ed25519.PublicKeySize))
	for i := range c.Endorsers {
		c.Endorsers[i] = slices.Clone(r.Take(ed25519.PublicKeySize))
	}
	c.Prefixes = readNames(r, MaxEndorsers, maxPrefix)
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
	if c.Tax, err = office.office(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for i := range c.Circuits {
		c.Circuits[i].Key = new(rangeproof.VerifyingKey)
		if err := c.Circuits[i].Key.UnmarshalBinary(keys[i]); err != nil {
			return nil, fmt.Errorf("%w: circuit %d: %w", ErrMalformed, i, err)
		}
	}
	if err := c.Policy.UnmarshalBinary(policy); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return NewParameters(c)
}
