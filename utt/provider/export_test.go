package provider

import (
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/utt"
)

// SecretOf is the scanner's.
func SecretOf(s *Scanner) *utt.ScanSecret { return s.secret }

// Crowd gives a scanner so many customers.
func Crowd(s *Scanner, n int) {
	for i := len(s.customers); i < n; i++ {
		pid := utt.PIDOf(fmt.Sprint("customer ", i))
		s.admit(s.p, customer{pid, math.MaxUint64})
	}
}

// Hold has a payment wait for users.
func Hold(s *Scanner, id utt.ID, of ...utt.PID) { s.held[id] = of }
