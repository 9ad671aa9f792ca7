package wallet

import "github.com/utt-ecash/utt-go/utt"

// add makes an operation pending, whose inputs are locked.
func (s *walletState) add(p *spending, op utt.Operation) {
	p.op, p.handle = op, HandleOf(op)
	set(s.journal, &s.pending, p.handle.ID, p)
}

// drop forgets an operation that never left.
func (s *walletState) drop(p *spending) {
	s.release(p)
	if s.pending.m[p.handle.ID] == p {
		unset(s.journal, &s.pending, p.handle.ID)
	}
}

// leave writes what is about to be handed in, which may execute from then on.
func (s *walletState) leave(p *spending, now uint64) error {
	if err := s.begin(); err != nil {
		return err
	}
	p.left = true
	set(s.journal, &s.pending, p.handle.ID, p)
	err := s.record(p, now)
	if err == nil {
		err = s.commit()
	} else {
		s.rollback()
	}
	if err != nil {
		p.left = false
		return err
	}
	p.openings = nil
	return nil
}

// record writes what the history, and proofs of payment, take of an operation that leaves.
func (s *walletState) record(p *spending, now uint64) error {
	if len(p.openings.Outputs()) > 0 {
		b, err := (&paid{openings: p.openings}).encode()
		if err != nil {
			return err
		}
		s.put(entryPaid+keyOfID(p.handle.ID), b)
	}
	p.made.digest, p.made.time = p.handle.Digest, now
	s.put(entryMade+keyOfID(p.handle.ID), p.made.encode())
	return s.note(&item{id: p.handle.ID, output: own, kind: p.made.kind, asset: p.made.asset, grant: p.made.grant})
}

// note puts an item into the history, in the place of what was there of the same.
func (s *walletState) note(it *item) error {
	n, _, err := s.noted(it.id, it.output)
	if err != nil {
		return err
	}
	if n == s.items {
		s.items++
		s.put(entryPlace+it.place(), encodeNumber(n))
	}
	s.put(entryItem+keyOfNumber(n), it.encode())
	return nil
}

// noted is an item and its number, which is the next free one if there is none.
func (s *walletState) noted(id utt.ID, output uint8) (uint64, *item, error) {
	wanted := &item{id: id, output: output}
	b, err := s.get(entryPlace + wanted.place())
	if err != nil || b == nil {
		return s.items, nil, err
	}
	n, err := decodeAmount(b)
	if err != nil || uint64(n) >= s.items { // from before a rescan
		return s.items, nil, err
	}
	it, err := s.item(uint64(n))
	if err != nil || it.id != id || it.output != output {
		return s.items, nil, err
	}
	return uint64(n), it, nil
}

// item is one of the history.
func (s *walletState) item(n uint64) (*item, error) {
	b, err := s.get(entryItem + keyOfNumber(n))
	if err != nil {
		return nil, err
	}
	return decodeItem(b)
}

// settle decides an operation, or has it held: its inputs are its own no longer.
func (s *walletState) settle(p *spending, to Status) {
	s.release(p)
	if p.op == nil {
		return // what is being proven finds its coins gone
	}
	unset(s.journal, &s.pending, p.handle.ID)
	if to.State == Failed && s.executed(p.handle.ID) {
		return // what was put back on disk as pending, once it had executed
	}
	s.decide(p.handle.ID, to)
	if to.State == Failed && p.left {
		s.put(entryPaid+keyOfID(p.handle.ID), nil)
	}
}

// executed reports an operation that is on record for good, or whose record cannot be read.
func (s *walletState) executed(id utt.ID) bool {
	before, err := s.outcome(id)
	return err != nil || before.State == Executed || before.State == Refunded
}

// decide keeps what became of an operation of the wallet's that is on record, or can no
// longer execute. What was final stays so while records are read again.
func (s *walletState) decide(id utt.ID, to Status) {
	if before, err := s.outcome(id); err == nil && before.Final() && !to.Final() {
		return
	}
	s.put(entryOutcome+keyOfID(id), to.encode())
}

// outcome is that; of another operation, nothing.
func (s *walletState) outcome(id utt.ID) (Status, error) {
	b, err := s.get(entryOutcome + keyOfID(id))
	if err != nil || b == nil {
		return Status{}, err
	}
	return decodeStatus(b)
}

// execute keeps the record by which a transfer of the wallet's own executed, if it has what
// to prove what it paid.
func (s *walletState) execute(r *utt.Record) error {
	p, err := s.paid(r.ID())
	if err != nil || p == nil {
		return err
	}
	p.record = r
	b, err := p.encode()
	if err == nil {
		s.put(entryPaid+keyOfID(r.ID()), b)
	}
	return err
}

// paid is what the wallet keeps to prove what a transfer of its own paid; nil if it has nothing.
func (s *walletState) paid(id utt.ID) (*paid, error) {
	b, err := s.get(entryPaid + keyOfID(id))
	if err != nil || b == nil {
		return nil, err
	}
	return decodePaid(s.p, b)
}

// member is the record of a user's registration; nil if there is none.
func (s *walletState) member(pid utt.PID) (*utt.Record, error) { return s.user(entryMember, pid) }

// moved is the record of a user's newest readdress; nil if there is none.
func (s *walletState) moved(pid utt.PID) (*utt.Record, error) { return s.user(entryMoved, pid) }

// user is a record about a user, from the directory if there is one, or from disk.
func (s *walletState) user(kind string, pid utt.PID) (*utt.Record, error) {
	if s.shared != nil {
		if r, err := s.shared.get(kind, pid); err != nil || r != nil {
			return r, err
		}
	}
	b, err := s.get(kind + string(pid[:]))
	if err != nil || b == nil {
		return nil, err
	}
	r := new(utt.Record)
	if err := r.UnmarshalBinary(b); err != nil {
		return nil, failed(err)
	}
	return r, nil
}

// settleOrder settles the pending order that is the one on record.
func (s *walletState) settleOrder(r *utt.Record) {
	s.decide(r.ID(), Status{State: Executed})
	for _, p := range s.pending.m {
		if r.Of(p.op) {
			s.settle(p, Status{State: Executed})
		}
	}
}

// expire settles what was made for an epoch that is over by a certificate: it can no
// longer execute. By a clock alone, a block that comes late could still execute it.
func (s *walletState) expire() {
	for _, p := range s.pending.m {
		if p.epoch != 0 && p.epoch < s.epoch {
			s.settle(p, Status{State: Failed})
		}
	}
}

// lapsed reports what would have failed by now if all records were read.
func (s *walletState) lapsed(p *spending) bool {
	return s.way != Full && p.epoch != 0 && p.epoch < s.epoch
}

// rival is another operation that spends one of the same inputs, or uses the same
// nonce; nil if there is none.
func (s *walletState) rival(p *spending) *spending {
	for _, n := range p.inputs {
		for _, q := range s.locks.m[n] {
			if q != p {
				return q
			}
		}
	}
	for _, q := range s.pending.m {
		if q != p && p.nonce != nil && q.nonce != nil {
			return q
		}
	}
	return nil
}
