package utt

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"
	"slices"
)

// addressOf is the key of the user's address of a number, with a scan key. It derives from that
// as well, so that an address on record with a scan key that the user did not ask for is none of his.
func (k *Keys) addressOf(number uint64, scan ScanKey) (hpke.PrivateKey, error) {
	if number == 0 {
		return k.address, nil
	}
	b, err := hkdf.Expand(sha256.New, k.later, string(append(be64(number), scan[:]...)), 32)
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	key, err := addressKEM.DeriveKeyPair(b)
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	return key, nil
}

// Readdressed is the keys as they read what comes after a record: from one that gives the
// user another address they read notes to that, and to the one before through the next
// epoch, for transfers under way. Other records change nothing. Keys that were not given the
// records of the user's readdresses, in order, read notes to his first address only.
func (k *Keys) Readdressed(r *Record) (*Keys, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if r == nil {
		r = &noRecord
	}
	e, ok := r.entry.(*addressEntry)
	if !ok || e.pid != k.pid {
		return k, nil
	}
	now, err := k.p.config.Policy.EpochAt(r.time)
	if err != nil {
		return nil, fmt.Errorf("%w: a readdress at no time of the policy: %w", ErrInvalid, err)
	}
	key, err := k.addressOf(e.number, e.scan)
	if err != nil {
		return nil, err
	}
	d := *k
	d.addresses = slices.Clone(k.addresses)
	for i := range d.addresses {
		if d.addresses[i].until == 0 {
			d.addresses[i].until = now + 1
		}
	}
	if bytes.Equal(key.PublicKey().Bytes(), e.address) {
		d.addresses = append(d.addresses, addressKey{key: key, from: now})
	}
	return &d, nil
}

// Reads reports whether the keys read notes to an address from now on. They do not read notes
// to one that somebody else gave the user, or with another scan key, who had his account key and
// deceived an endorser.
func (k *Keys) Reads(address []byte) bool {
	return k.usable() == nil && slices.ContainsFunc(k.addresses, func(a addressKey) bool {
		return a.until == 0 && bytes.Equal(a.key.PublicKey().Bytes(), address)
	})
}

// openNote decrypts a note on a record of a time, with every key that may be its payee's.
func (k *Keys) openNote(time uint64, ciphertext, context []byte) (n note, ok bool) {
	now, err := k.p.config.Policy.EpochAt(time)
	for _, a := range slices.Backward(k.addresses) {
		if err == nil && (now < a.from || a.until != 0 && now > a.until) { // records have times of the policy
			continue
		}
		if n, ok = openPayeeNote(a.key, ciphertext, context); ok {
			return n, true
		}
	}
	return note{}, false
}
