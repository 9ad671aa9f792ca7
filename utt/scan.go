package utt

// Handles are what the clues of a record open to: of payments that are made, or come to be
// held, a handle for each output to somebody else. One that nobody has is of another's
// payment. It takes an X25519 for each, some 50 µs. The record is believed: what it is not
// certified for, it may say of anybody.
func (s *ScanSecret) Handles(r *Record) []ScanHandle {
	if s == nil || s.key == nil || r == nil {
		return nil
	}
	return s.handles(r.entry)
}

// HandlesIn is Handles for a summary, which has all clues of its record.
func (s *ScanSecret) HandlesIn(m *Summary) []ScanHandle {
	if s == nil || s.key == nil || m == nil {
		return nil
	}
	return s.handles(m.record.entry)
}

func (s *ScanSecret) handles(of entry) []ScanHandle {
	e, ok := of.(*transferEntry)
	if !ok || len(e.clues) == 0 {
		return nil
	}
	handles := make([]ScanHandle, 0, len(e.clues))
	sd := e.seed()
	for j, c := range e.clues {
		if h, ok := s.open(c, sd, j); ok {
			handles = append(handles, h)
		}
	}
	return handles
}
