package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// Share is a replica's signature shares on the outputs of one record: a
// threshold.SignatureShare, made with a threshold.KeyShare, on each. Replicas send each
// other those of a block at once, as BlockShares; a CertificateShare is a replica's part of
// a certificate.
type Share struct {
	Record  Cursor
	Outputs []*threshold.SignatureShare
}

const shareVersion = 1

// AppendBinary appends the shares.
func (s *Share) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || len(s.Outputs) > maxOutputs || slices.Contains(s.Outputs, nil) {
		return nil, fmt.Errorf("%w: more than %d shares, or nil ones", ErrInvalid, maxOutputs)
	}
	b = wire.AppendUint64(append(b, shareVersion), s.Record.Height)
	b = wire.AppendUint32(b, s.Record.Index)
	b = wire.AppendUint16(b, uint16(len(s.Outputs)))
	for _, o := range s.Outputs {
		e, err := o.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, e)
	}
	return b, nil
}

// MarshalBinary encodes the shares.
func (s *Share) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// maxShare bounds an encoded signature share, in bytes.
const maxShare = 256

// UnmarshalBinary decodes the shares of one record.
func (s *Share) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(shareVersion)
	d := Share{Record: Cursor{r.Uint64(), r.Uint32()}}
	d.Outputs = make([]*threshold.SignatureShare, r.Count(maxOutputs, 4))
	for i := range d.Outputs {
		d.Outputs[i] = new(threshold.SignatureShare)
		if e := r.Bytes(maxShare); r.Err() == nil {
			if err := d.Outputs[i].UnmarshalBinary(e); err != nil {
				return fmt.Errorf("%w: share: %w", ErrMalformed, err)
			}
		}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: share: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
