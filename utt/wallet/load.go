package wallet

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
)

// loading is a state on its way from disk.
type loading struct {
	s      *walletState
	keys   *utt.Keys
	others []entry // that need the keys under all amendments
	begun  bool    // something was written before
}

// load fills a state, whose parameters are the founding ones, with what is on disk, and takes
// the disk over from whoever had opened it. It reports whether there was anything. Where all is to be
// read again, what is on disk need not be all that was written, and what records restore is stale.
func (s *walletState) load(keys *utt.Keys, again bool) (begun bool, err error) {
	l := &loading{s: s, keys: keys}
	var amendments, addresses []entry
	var bound binding
	for e, err := range s.disk.live(&bound) {
		if err != nil {
			return false, err
		}
		kind, _, _ := strings.Cut(e.name, "/")
		if again && kind != entryFacts && kind+"/" != entryPending {
			s.stale = append(s.stale, e.name)
			continue
		}
		switch kind + "/" {
		case entryAmendment:
			amendments = append(amendments, e)
		case entryAddress:
			addresses = append(addresses, e)
		case entryHold:
			l.others = append(l.others, e)
		default:
			if err := l.take(e, kind); err != nil {
				return false, err
			}
		}
	}
	if err := l.whole(bound, again); err != nil {
		return false, err
	}
	changes, err := records(amendments)
	if err != nil {
		return false, err
	}
	for _, r := range changes {
		if s.p, err = s.p.Follow(r); err != nil {
			return false, failed(err)
		}
	}
	if s.addresses, err = records(addresses); err != nil {
		return false, err
	}
	if again {
		s.enrolled = 0
	}
	return l.begun, l.finish()
}

// whole reports entries that are not all that was written last, and another directory than
// then. It has the state go on from there.
func (l *loading) whole(bound binding, again bool) error {
	s, directory := l.s, l.s.shared.id()
	switch {
	case again:
	case s.bound != bound: // of an empty store both are 0
		return errUnbound
	case l.begun && s.directory != directory:
		how := "without a Directory"
		if s.directory != [16]byte{} {
			how = fmt.Sprintf("with the Directory %x", s.directory)
		}
		return fmt.Errorf("%w: the wallet was opened %s, and users are missing elsewhere: open it so again, or with Config.Rescan, which reads all records again",
			utt.ErrConflict, how)
	}
	s.bound, s.directory = bound, directory
	return nil
}

// records are those of entries, in the order of their names.
func records(entries []entry) (all []*utt.Record, err error) {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for _, e := range entries {
		r := new(utt.Record)
		if err := r.UnmarshalBinary(e.value); err != nil {
			return nil, failed(err)
		}
		all = append(all, r)
	}
	return all, nil
}

// take takes in an entry that needs no others.
func (l *loading) take(e entry, kind string) (err error) {
	s, key := l.s, strings.TrimPrefix(e.name, kind+"/")
	switch kind + "/" {
	case entryFacts + "/":
		l.begun = true
		return s.facts.decode(e.value)
	case entryCredential + "/":
		s.credential, err = l.keys.ParseHolding(e.value)
		return failed(err)
	case entryCoin:
		c, _, err := decodeCoin(key, e.value)
		if err == nil {
			s.coins.m[c.key] = c
		}
		return err
	case entryAccount:
		s.accounts.m[key], err = decodeAmount(e.value)
		return err
	case entryPending:
		p, err := decodeSpending(e.value)
		if err == nil {
			s.pending.m[p.handle.ID] = p
			for _, n := range p.inputs {
				s.locks.m[n] = append(s.locks.m[n], p)
			}
		}
		return err
	case entryGranted:
		g, err := decodeGrantID(key)
		s.granted.m[g] = true
		return err
	}
	return fmt.Errorf("%w: an entry %q, which this version does not know", utt.ErrStore, kind)
}

// finish does what needs the rest.
func (l *loading) finish() error {
	s := l.s
	s.fill()
	keys, err := l.keys, error(nil)
	for _, r := range s.addresses {
		if keys, err = keys.Readdressed(r); err != nil {
			return failed(err)
		}
	}
	if keys, err = keys.Under(s.p); err != nil {
		return err
	}
	for _, e := range l.others {
		h, err := decodeHold(keys, e.value)
		if err != nil {
			return err
		}
		s.holds.m[h.id] = h
	}
	if s.enrolled > 0 {
		if err := l.register(); err != nil {
			return err
		}
	}
	if s.frontier.Time > 0 {
		policy := s.p.Policy()
		if s.epoch, err = policy.EpochAt(s.frontier.Time); err != nil {
			return failed(err)
		}
	}
	s.session = make([]byte, 16)
	_, _ = rand.Read(s.session) // never fails
	w, err := s.disk.seal(entry{kept, entrySession, s.session})
	if err != nil {
		return err
	}
	return s.disk.apply(w)
}

// register finds the user's own registration.
func (l *loading) register() error {
	r, err := l.s.member(l.keys.PID()) // which is on disk, whatever is shared
	if err != nil {
		return err
	}
	if r == nil {
		return fmt.Errorf("%w: the user's registration is missing", utt.ErrStore)
	}
	e, err := r.Entry(l.s.p)
	l.s.registered = e.Member
	for _, r := range l.s.addresses {
		if m, err := r.Readdressed(l.s.p, l.s.registered); err == nil {
			l.s.registered = m
		}
	}
	return failed(err)
}
