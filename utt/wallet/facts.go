package wallet

import (
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// facts are what of the state has no entries.
type facts struct {
	frontier   utt.Frontier    // up to which all records are taken in
	boundaries                 // from where wallets ask
	signed     utt.Frontier    // up to which all credentials are
	enrolled   uint64          // the number of the user's registration among all records, from 1; 0 if there is none
	epoch      utt.Epoch       // at its time
	p          *utt.Parameters // with the amendments on record
	suspended  bool            // the user
	registered *utt.Member
	addresses  []*utt.Record // of the user's own readdresses, in order: what he reads notes by
	credential *utt.Holding
	nonce      uint64    // of the account, the next to use
	items      uint64    // of the history
	birthday   uint64    // in seconds since 1970: no payment before it is the user's
	former     uint64    // height up to which it had synced when it began to read all records again
	way        Way       // in which what is known came about: Full as long as all up to the frontier was read
	read       utt.Epoch // the last in which all was read
	directory  [16]byte  // which one it shares, 0 for none
	bound      binding   // of all entries
}

const factsVersion = 3

// encode is what of the facts has no entries of its own.
func (f *facts) encode() ([]byte, error) {
	at, err := f.frontier.MarshalBinary()
	if err != nil {
		return nil, err
	}
	signed, err := f.signed.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b := wire.AppendUint64(wire.AppendBytes(wire.AppendBytes([]byte{factsVersion}, at), signed), f.enrolled)
	if b, err = f.boundaries.append(b); err != nil {
		return nil, err
	}
	b = wire.AppendUint64(wire.AppendUint64(b, f.nonce), f.items)
	b = wire.AppendUint64(wire.AppendUint64(b, f.birthday), f.former)
	b = wire.AppendUint64(append(b, byte(f.way)), uint64(f.read))
	b = f.bound.append(append(b, f.directory[:]...))
	if f.suspended {
		return append(b, 1), nil
	}
	return append(b, 0), nil
}

func (f *facts) decode(b []byte) error {
	r := wire.NewReader(b)
	r.Version(factsVersion)
	at, signed := r.Bytes(len(b)), r.Bytes(len(b))
	f.enrolled = r.Uint64()
	f.boundaries.read(r, len(b))
	f.nonce, f.items, f.birthday, f.former = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	f.way, f.read = Way(r.Byte()), utt.Epoch(r.Uint64())
	r.Fill(f.directory[:])
	f.bound, f.suspended = readBinding(r), r.Bool()
	if err := decoded(r, true); err != nil {
		return err
	}
	if err := f.frontier.UnmarshalBinary(at); err != nil {
		return failed(err)
	}
	return failed(f.signed.UnmarshalBinary(signed))
}
