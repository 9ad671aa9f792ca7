package provider

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

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

// disk is a store of a service's.
type disk struct{ store.Store }

func (d *disk) apply(writes []store.Write) error { return failed(d.Apply(writes)) }

// claim reads whose the store is, by a mark, or marks an empty one. It reports whether it was
// marked before.
func (d *disk) claim(mark []byte) (was bool, err error) {
	view, err := d.View()
	if err != nil {
		return false, failed(err)
	}
	defer func() {
		if e := view.Close(); err == nil {
			err = failed(e)
		}
	}()
	b, ok, err := view.Get(markerKey)
	switch {
	case err != nil:
		return false, failed(err)
	case ok && !bytes.Equal(b, mark):
		return false, fmt.Errorf("%w: the store is a provider's of another scan key, network or version", utt.ErrConflict)
	case ok:
		return true, nil
	}
	for _, err := range view.Ascend(nil, nil) {
		if err != nil {
			return false, failed(err)
		}
		return false, fmt.Errorf("%w: the store has something else in it", utt.ErrConflict)
	}
	return false, d.apply([]store.Write{{Key: markerKey, Value: mark}})
}

// each is called for what is there of a kind, with the rest of the key.
func (d *disk) each(kind string, take func(key, value []byte) error) (err error) {
	view, err := d.View()
	if err != nil {
		return failed(err)
	}
	defer func() {
		if e := view.Close(); err == nil {
			err = failed(e)
		}
	}()
	for p, err := range view.Ascend(store.Prefix([]byte(kind))) {
		if err == nil {
			err = take(p.Key[len(kind):], p.Value)
		}
		if err != nil {
			return failed(err)
		}
	}
	return nil
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: of a provider: %w", utt.ErrStore, err)
}

// places are those of a customer, and everybody's, from one on and below another, so many of
// the first as an answer has.
func (d *disk) places(pid utt.PID, from, to utt.Cursor) (all []utt.Cursor, err error) {
	if from.Compare(to) >= 0 {
		return nil, nil
	}
	view, err := d.View()
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
func (d *disk) forget(pid utt.PID) (err error) {
	view, err := d.View()
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
			if err := d.apply(writes); err != nil {
				return err
			}
			writes = nil
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return d.apply(writes)
}
