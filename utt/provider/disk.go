package provider

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// What a service keeps, by the first byte of the key:
//
//	C ‖ pid           a customer: since when, account key if he is registered, mandate
//	P ‖ pid ‖ place   that the record there concerns him
//	E ‖ place         a record that concerns everybody
//	H ‖ ID            whom a held payment concerns
//	F                 the frontier up to which all is looked at
//	utt-watch         whose the store is

var (
	frontierKey = []byte("F")
	markerKey   = []byte("utt-watch")
)

const serviceVersion = 1

func customerKey(pid utt.PID) []byte { return append([]byte("C"), pid[:]...) }

func placeKey(pid utt.PID, at utt.Cursor) []byte {
	return appendPlace(append([]byte("P"), pid[:]...), at)
}

func everybodyKey(at utt.Cursor) []byte { return appendPlace([]byte("E"), at) }

func heldWrite(id utt.ID, of []utt.PID) store.Write {
	w := store.Write{Key: append([]byte("H"), id[:]...)}
	for _, pid := range of {
		w.Value = append(w.Value, pid[:]...)
	}
	return w
}

const placeSize = 12

func appendPlace(b []byte, at utt.Cursor) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, at.Height), at.Index)
}

// placeOf is what a key ends with.
func placeOf(key []byte) utt.Cursor {
	b := key[max(0, len(key)-placeSize):]
	if len(b) < placeSize {
		return utt.Cursor{}
	}
	return utt.Cursor{Height: binary.BigEndian.Uint64(b), Index: binary.BigEndian.Uint32(b[8:])}
}

func (c *customer) write(pid utt.PID) (store.Write, error) {
	m, err := c.mandate.MarshalBinary()
	b := wire.AppendBytes(appendPlace(nil, c.since), c.account)
	return store.Write{Key: customerKey(pid), Value: append(b, m...)}, err
}

func readCustomer(b []byte) (*customer, error) {
	r := wire.NewReader(b)
	c := &customer{since: utt.Cursor{Height: r.Uint64(), Index: r.Uint32()}, mandate: new(utt.Mandate)}
	if a := r.Bytes(ed25519.PublicKeySize); len(a) > 0 {
		c.account = a
	}
	m := r.Take(r.Len())
	if err := r.Close(); err != nil {
		return nil, err
	}
	return c, c.mandate.UnmarshalBinary(m)
}

func (s *Service) mark() []byte {
	n, d := s.p.Network(), s.secret.ScanKey()
	return slices.Concat([]byte{serviceVersion}, n[:], d[:])
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: of a provider: %w", utt.ErrStore, err)
}

func (s *Service) apply(writes []store.Write) error { return failed(s.store.Apply(writes)) }

// load reads what is in the store, or marks an empty one.
func (s *Service) load() (err error) {
	view, err := s.store.View()
	if err != nil {
		return failed(err)
	}
	defer func() {
		if e := view.Close(); err == nil {
			err = failed(e)
		}
	}()
	b, ok, err := view.Get(markerKey)
	switch {
	case err != nil:
		return failed(err)
	case ok && !bytes.Equal(b, s.mark()):
		return fmt.Errorf("%w: the store is a provider's of another scan key, network or version", utt.ErrConflict)
	case !ok:
		for _, err := range view.Ascend(nil, nil) {
			if err != nil {
				return failed(err)
			}
			return fmt.Errorf("%w: the store has something else in it", utt.ErrConflict)
		}
		return s.apply([]store.Write{{Key: markerKey, Value: s.mark()}})
	}
	if b, ok, err = view.Get(frontierKey); err != nil {
		return failed(err)
	}
	if ok {
		if err := s.at.UnmarshalBinary(b); err != nil {
			return failed(err)
		}
	}
	for kind, take := range map[string]func(key, value []byte) error{"C": s.loadCustomer, "H": s.loadHeld, "E": s.loadAmendment} {
		for p, err := range view.Ascend(store.Prefix([]byte(kind))) {
			if err == nil {
				err = take(p.Key[1:], p.Value)
			}
			if err != nil {
				return failed(err)
			}
		}
	}
	return nil
}

func (s *Service) loadCustomer(key, value []byte) error {
	c, err := readCustomer(value)
	if err != nil || len(key) != len(utt.PID{}) {
		return fmt.Errorf("%w: a customer: %w", utt.ErrMalformed, err)
	}
	s.add(utt.PID(key), c)
	return nil
}

func (s *Service) loadHeld(key, value []byte) error {
	if len(key) != len(utt.ID{}) || len(value)%len(utt.PID{}) != 0 {
		return fmt.Errorf("%w: a held payment", utt.ErrMalformed)
	}
	for b := range slices.Chunk(value, len(utt.PID{})) {
		s.held[utt.ID(key)] = append(s.held[utt.ID(key)], utt.PID(b))
	}
	return nil
}

// loadAmendment follows an amendment: they come in order.
func (s *Service) loadAmendment(_, value []byte) error {
	r := new(utt.Record)
	if err := r.UnmarshalBinary(value); err != nil {
		return err
	}
	p, err := s.rules.Follow(r)
	if err == nil {
		s.rules = p
	}
	return err
}

// places are those of a customer, and everybody's, from one on and below another, so many of
// the first as an answer has.
func (s *Service) places(pid utt.PID, from, to utt.Cursor) (all []utt.Cursor, err error) {
	if from.Compare(to) >= 0 {
		return nil, nil
	}
	view, err := s.store.View()
	if err != nil {
		return nil, failed(err)
	}
	defer func() {
		if e := view.Close(); err == nil {
			err = failed(e)
		}
	}()
	for _, key := range []func(utt.Cursor) []byte{everybodyKey, func(at utt.Cursor) []byte { return placeKey(pid, at) }} {
		left := utt.MaxWatchPlaces
		for p, err := range view.Ascend(key(from), key(to)) {
			if err != nil {
				return nil, failed(err)
			}
			if left == 0 {
				break
			}
			all = append(all, placeOf(p.Key))
			left--
		}
	}
	slices.SortFunc(all, utt.Cursor.Compare)
	all = slices.Compact(all)
	return all[:min(len(all), utt.MaxWatchPlaces)], nil
}

// forgetting is how many places are taken away at once.
const forgetting = 1 << 10

// forget takes the places of a user away.
func (s *Service) forget(pid utt.PID) (err error) {
	view, err := s.store.View()
	if err != nil {
		return failed(err)
	}
	defer func() {
		if e := view.Close(); err == nil {
			err = failed(e)
		}
	}()
	var writes []store.Write
	for p, err := range view.Ascend(store.Prefix(append([]byte("P"), pid[:]...))) {
		if err != nil {
			return failed(err)
		}
		if writes = append(writes, store.Write{Key: p.Key}); len(writes) == forgetting {
			if err := s.apply(writes); err != nil {
				return err
			}
			writes = nil
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return s.apply(writes)
}
