package utt

// Handles are what the clues of a record open to: of payments that are made, or come to be
// held, a handle for each output to somebody else. One that nobody has is of another's
// payment. It takes an X25519 for each, some 50 µs. The record is believed: what it is not
// certified for, it may say of anybody.
func (s *ScanSecret) Handles(r *Record) []ScanHandle {
	if s == nil || s.key == nil || r == nil {
		return nil
	}
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return nil
	}
	return s.handles(e.header.network, e)
}

// HandlesIn is Handles for a summary of a record of a network's: it has all clues.
func (s *ScanSecret) HandlesIn(n NetworkID, m *Summary) []ScanHandle {
	if s == nil || s.key == nil || m == nil {
		return nil
	}
	e, ok := m.record.entry.(*transferEntry)
	if !ok {
		return nil
	}
	return s.handles(n, e)
}

func (s *ScanSecret) handles(n NetworkID, e *transferEntry) []ScanHandle {
	if len(e.clues) == 0 {
		return nil
	}
	handles := make([]ScanHandle, 0, len(e.clues))
	sd := transferSeed(n, e.inputs, e.budget)
	for j, c := range e.clues {
		if h, ok := s.open(c, sd, j); ok {
			handles = append(handles, h)
		}
	}
	return handles
}
