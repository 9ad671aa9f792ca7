package provider

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

const (
	stateVersion = 1
	customerSize = 32 + 8 // bytes
	heldSize     = 32 + 4 // bytes, at least
)

// Save is what the scanner knows: its customers until when, and which payments to them are
// held. Without the latter one that is made again does not know whom to show what becomes of
// these. Store it with the cursor up to which it has looked, both or neither, and Load it. It has no
// key, but says who the customers are.
func (s *Scanner) Save() ([]byte, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := wire.AppendUint64(append([]byte{stateVersion}, s.whose()...), s.time)
	pids := s.pids()
	b = wire.AppendUint32(b, uint32(len(pids)))
	for _, pid := range pids {
		b = wire.AppendUint64(append(b, pid[:]...), s.customers[pid.ScanHandle(s.p.Network())].until)
	}
	ids := make([]utt.ID, 0, len(s.held))
	for id := range s.held {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b utt.ID) int { return bytes.Compare(a[:], b[:]) })
	b = wire.AppendUint32(b, uint32(len(ids)))
	for _, id := range ids {
		b = wire.AppendUint32(append(b, id[:]...), uint32(len(s.held[id])))
		for _, pid := range s.held[id] {
			b = append(b, pid[:]...)
		}
	}
	return b, nil
}

// whose is of which ledger and scan key the state is.
func (s *Scanner) whose() []byte {
	network, key := s.p.Network(), s.secret.ScanKey()
	return append(network[:], key[:]...)
}

// Load takes the place of what the scanner knows by what Save returned. ErrConflict says that it was
// another scan key's, or of another ledger, and ErrMalformed that it is no state; the scanner
// is as before then.
func (s *Scanner) Load(b []byte) error {
	if err := s.usable(); err != nil {
		return err
	}
	r := wire.NewReader(b)
	r.Version(stateVersion)
	whose := r.Take(len(s.whose()))
	d := newState()
	d.time = r.Uint64()
	var last utt.PID
	for i := range r.Count32(math.MaxInt32, customerSize) {
		var c client
		r.Fill(c.pid[:])
		c.until = r.Uint64()
		if i > 0 && bytes.Compare(last[:], c.pid[:]) >= 0 {
			r.Fail("customers out of order")
		}
		last = c.pid
		d.admit(s.p, c)
	}
	d.readHeld(r, s.p)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: state of a scanner: %w", utt.ErrMalformed, err)
	}
	if !bytes.Equal(whose, s.whose()) {
		return fmt.Errorf("%w: the state of a scanner of another scan key or ledger: make the scanner with the secret that it had", utt.ErrConflict)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = d
	return nil
}

func (s *state) readHeld(r *wire.Reader, p *utt.Parameters) {
	var last utt.ID
	for i := range r.Count32(math.MaxInt32, heldSize) {
		var id utt.ID
		r.Fill(id[:])
		if i > 0 && bytes.Compare(last[:], id[:]) >= 0 {
			r.Fail("held payments out of order")
		}
		last = id
		of := make([]utt.PID, r.Count32(math.MaxInt32, len(utt.PID{})))
		for j := range of {
			r.Fill(of[j][:])
			if _, ok := s.customers[of[j].ScanHandle(p.Network())]; !ok || j > 0 && bytes.Compare(of[j-1][:], of[j][:]) >= 0 {
				r.Fail("a payment that is held for no customer, or out of order")
			}
		}
		if len(of) == 0 {
			r.Fail("a payment that is held for nobody")
		}
		s.held[id] = of
	}
}
