package wallet

import (
	"context"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
)

// maxCard is how many proofs a card has: of the registration, and of the newest address.
const maxCard = 2

// Card is a text that the wallet's user hands over, with a payment request for instance, to who
// pays him without reading all records: what shows his registration, and his newest address if he
// has changed it, as ParseCard reads it. It has some 3 or 6 kB, and in the second case a line
// break, which is to stay: hand it over as a file, for instance. For a watched wallet it is good
// through the epoch after the present one. The node learns whose card is made, and who pays learns
// what is public of the user.
func (w *Wallet) Card(ctx context.Context, n Node) (string, error) {
	if err := w.usableAt(n); err != nil {
		return "", err
	}
	node, ok := showerOf(n)
	if !ok {
		return "", fmt.Errorf("%w: a card takes a node that shows single records: an InclusionNode", utt.ErrInvalid)
	}
	records, err := w.ownRecords()
	if err != nil {
		return "", err
	}
	var texts []string
	for _, r := range records {
		i, err := w.shown(ctx, node, r.Cursor())
		if err != nil {
			return "", err
		}
		text, err := i.MarshalText()
		if err != nil {
			return "", err
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, "\n"), nil
}

// ownRecords are those of the user's registration and newest address.
func (w *Wallet) ownRecords() ([]*utt.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.registered(); err != nil {
		return nil, err
	}
	r, err := w.state.member(w.keys.PID())
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: a credential without a registration", utt.ErrStore)
	}
	all := []*utt.Record{r}
	if k := len(w.state.addresses); k > 0 {
		all = append(all, w.state.addresses[k-1])
	}
	return all, nil
}

// ParseCard reads the text of a card, for Meet. The error is ErrMalformed if it was not copied
// whole.
func ParseCard(text string) ([]*utt.Inclusion, error) {
	texts := strings.Fields(text)
	if len(texts) == 0 || len(texts) > maxCard {
		return nil, fmt.Errorf("%w: a card has one or two proofs of a record, and this text has %d: copy it again, whole, with its line break and no others", utt.ErrMalformed, len(texts))
	}
	var all []*utt.Inclusion
	for _, t := range texts {
		i := new(utt.Inclusion)
		if err := i.UnmarshalText([]byte(t)); err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

// Meet takes in whom the wallet is to pay, by what shows his registration [LOG-INC], and his newest
// address if he has changed it: those of a card. It must be the ledger's, and endorsed. Of several
// addresses the latest stays. Take cards from the payee himself, or with a payment request
// that he signed: who hands over one from before a change has the wallet pay to an address that
// may have leaked, or that nobody reads. A wallet that reads all records knows all users without.
//
// The error is ErrInvalid for what is not the ledger's, not endorsed, or shows something else, and
// ErrNotFound for an address of whom the wallet does not know.
func (w *Wallet) Meet(shown ...*utt.Inclusion) error {
	if err := w.usable(); err != nil {
		return err
	}
	for _, i := range shown {
		if err := w.p.VerifyInclusion(i); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.state.begin(); err != nil {
		return err
	}
	in := &intake{w: w, s: &w.state, users: make(map[utt.PID]*utt.Record), moved: make(map[utt.PID]*utt.Record)}
	err := in.meet(shown)
	if err == nil {
		err = in.s.shared.put(in.users, in.moved)
	}
	if err != nil {
		in.s.rollback()
		return err
	}
	return in.s.commit()
}

// meet takes note of users, registrations before addresses.
func (in *intake) meet(shown []*utt.Inclusion) error {
	met := make(map[utt.PID]utt.Epoch)
	for _, kind := range []utt.Kind{utt.KindRegistration, utt.KindReaddress} {
		for _, i := range shown {
			r := i.Record()
			switch r.Kind() {
			case kind:
			case utt.KindRegistration, utt.KindReaddress:
				continue
			default:
				return fmt.Errorf("%w: a card of a record of another kind, %v", utt.ErrInvalid, r.Kind())
			}
			pid, err := in.user(r)
			if err != nil {
				return err
			}
			epoch, err := in.w.policy.EpochAt(i.Certificate().Time)
			if err != nil {
				return fmt.Errorf("%w: %w", utt.ErrInvalid, err)
			}
			if e, again := met[pid]; !again || epoch < e {
				met[pid] = epoch
			}
		}
	}
	for pid, epoch := range met {
		before, err := in.s.met(pid)
		if err != nil {
			return err
		}
		if epoch > before {
			in.s.put(entryMet+string(pid[:]), encodeNumber(uint64(epoch)))
		}
	}
	return in.err
}

// user keeps a registration or an address that is endorsed, and says whose it is.
func (in *intake) user(r *utt.Record) (utt.PID, error) {
	e, err := r.Entry(in.s.p)
	if err != nil {
		return e.PID, err
	}
	if e.PID == in.w.PID() {
		return e.PID, fmt.Errorf("%w: the card of the wallet's own user", utt.ErrInvalid)
	}
	kind, shared := entryMember, in.users
	if r.Kind() == utt.KindReaddress {
		kind, shared = entryMoved, in.moved
	}
	if err := in.endorsed(r, e.PID); err != nil {
		return e.PID, err
	}
	before, err := in.s.user(kind, e.PID)
	if err != nil || before != nil && before.Cursor().Compare(r.Cursor()) >= 0 {
		return e.PID, err
	}
	if in.s.shared != nil {
		shared[e.PID] = r
	} else {
		in.keep(kept, kind+string(e.PID[:]), r, nil)
	}
	return e.PID, nil
}

// endorsed reports a registration, or an address of who is registered, that nobody vouches for who
// may.
func (in *intake) endorsed(r *utt.Record, pid utt.PID) error {
	if r.Kind() == utt.KindRegistration {
		_, err := r.Member(in.s.p)
		return err
	}
	m, err := in.registered(pid)
	if err == nil {
		_, err = r.Readdressed(in.s.p, m)
	}
	return err
}

// registered is a user as he is registered, by what is known or being taken in.
func (in *intake) registered(pid utt.PID) (*utt.Member, error) {
	r := in.users[pid]
	if r == nil {
		var err error
		if r, err = in.s.member(pid); err != nil {
			return nil, err
		}
	}
	if r == nil {
		return nil, fmt.Errorf("%w: an address of user %v, of whom the wallet does not know: Meet his registration", utt.ErrNotFound, pid)
	}
	return r.Member(in.s.p)
}

// met is the epoch in which a user was met; 0 if he was not.
func (s *walletState) met(pid utt.PID) (utt.Epoch, error) {
	b, err := s.get(entryMet + string(pid[:]))
	if err != nil || b == nil {
		return 0, err
	}
	e, err := decodeAmount(b)
	return utt.Epoch(e), err
}
