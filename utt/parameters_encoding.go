package utt

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// Versions of the encoding: without what Circuit.Rules and Config.Prefixes say, and with;
// and with what Config.Holders says as well.
const parametersVersion, parametersVersionNamed, parametersVersionHeld = 1, 2, 3

// named reports whether the second version is needed.
func (c *Config) named() bool {
	return len(c.Prefixes) > 0 || slices.ContainsFunc(c.Circuits, func(o Circuit) bool { return len(o.Rules) > 0 })
}

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
	return b, nil
}

func (c *Config) encode(identity []byte) ([]byte, error) {
	version := byte(parametersVersion)
	switch {
	case len(c.Holders) > 0:
		version = parametersVersionHeld
	case c.named():
		version = parametersVersionNamed
	}
	b := append([]byte{version}, identity...)
	b = wire.AppendUint16(b, uint16(len(c.Assets)))
	for _, a := range c.Assets {
		b = wire.AppendBytes(b, []byte(a))
	}
	b = wire.AppendUint16(b, uint16(len(c.Circuits)))
	for _, o := range c.Circuits {
		key, err := o.Key.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, key)
		b = wire.AppendUint16(b, uint16(len(o.Assets)))
		for _, a := range o.Assets {
			b = wire.AppendBytes(b, []byte(a))
		}
		b = wire.AppendUint16(b, uint16(len(o.Cases)))
		for _, k := range o.Cases {
			b = append(b, byte(k))
		}
		b = wire.AppendUint16(b, uint16(len(o.Fixed)))
		for j := range o.Key.Outputs() {
			if pid, ok := o.Fixed[j]; ok {
				b = append(append(b, byte(j)), pid[:]...)
			}
		}
		if version != parametersVersion {
			b = appendNames(b, o.Rules)
		}
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
	if version != parametersVersion {
		b = appendNames(b, c.Prefixes)
	}
	if version == parametersVersionHeld {
		b = wire.AppendUint16(b, uint16(len(c.Holders)))
		for _, h := range c.Holders {
			if b, err = h.AppendBinary(b); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// appendNames appends texts, each behind its length, behind their number.
func appendNames(b []byte, names []string) []byte {
	b = wire.AppendUint16(b, uint16(len(names)))
	for _, n := range names {
		b = wire.AppendBytes(b, []byte(n))
	}
	return b
}

// readNames reads what appendNames appended; nil if there are none.
func readNames(r *wire.Reader, most, longest int) []string {
	n := r.Count(most, 4)
	if n == 0 {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = string(r.Bytes(longest))
	}
	return names
}

// Bounds on the variable parts of encoded parameters, in bytes.
const (
	maxKeyBytes     = 1 << 14
	maxCircuitBytes = 1 << 16
	maxPolicyBytes  = 1 << 12
)

// ParseParameters decodes and checks parameters. Compare their digest with one
// from a trusted source.
func ParseParameters(b []byte) (*Parameters, error) {
	r := wire.NewReader(b)
	version := r.Byte()
	if version < parametersVersion || version > parametersVersionHeld {
		r.Fail("version %d where %d to %d are known", version, parametersVersion, parametersVersionHeld)
	}
	c := Config{Name: string(r.Bytes(maxName))}
	r.Fill(c.Genesis[:])
	coin, credential, ledger := r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes)
	c.Assets = readAssets(r)
	keys := make([][]byte, r.Count(MaxCircuits, 10))
	c.Circuits = make([]Circuit, len(keys))
	for i := range c.Circuits {
		o := &c.Circuits[i]
		keys[i] = r.Bytes(maxCircuitBytes)
		if o.Assets = readAssets(r); len(o.Assets) == 0 {
			o.Assets = nil
		}
		o.Cases = make([]Case, r.Count(len(cases), 1))
		for j := range o.Cases {
			o.Cases[j] = Case(r.Byte())
		}
		o.Fixed = make(map[int]PID)
		last := -1
		for range r.Count(maxOutputs, 1+len(PID{})) {
			j := int(r.Byte())
			if j <= last {
				r.Fail("fixed outputs out of order")
			}
			last = j
			o.Fixed[j] = readPID(r)
		}
		if version != parametersVersion {
			o.Rules = readNames(r, maxRules, maxName)
		}
	}
	policy := r.Bytes(maxPolicyBytes)
	c.Issuer = slices.Clone(r.Take(ed25519.PublicKeySize))
	c.Endorsers = make([]ed25519.PublicKey, r.Count(MaxEndorsers, ed25519.PublicKeySize))
	for i := range c.Endorsers {
		c.Endorsers[i] = slices.Clone(r.Take(ed25519.PublicKeySize))
	}
	if version != parametersVersion {
		if c.Prefixes = readNames(r, MaxEndorsers, maxPrefix); version == parametersVersionNamed && !c.named() {
			r.Fail("version %d, which is for names, without any", version)
		}
	}
	if version == parametersVersionHeld {
		c.Holders = make([]Holders, r.Count(MaxHolders, 4+32+2+2))
		for i := range c.Holders {
			c.Holders[i] = readHolders(r)
		}
		if len(c.Holders) == 0 {
			r.Fail("version %d, which is for holders, without any", version)
		}
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

func readAssets(r *wire.Reader) []string {
	assets := make([]string, r.Count(MaxAssets, 4))
	for i := range assets {
		assets[i] = readAsset(r)
	}
	return assets
}
