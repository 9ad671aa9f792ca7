package provider

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// SecretOf is the scanner's.
func SecretOf(s *Scanner) *utt.ScanSecret { return s.secret }

// Crowd gives a scanner so many customers.
func Crowd(s *Scanner, n int) {
	for i := len(s.customers); i < n; i++ {
		pid := utt.PIDOf(fmt.Sprint("customer ", i))
		s.admit(s.p, client{pid, math.MaxUint64})
	}
}

// CrowdOf gives a service so many customers.
func CrowdOf(s *Service, n int) {
	for i := range n {
		s.add(utt.PIDOf(fmt.Sprint("customer ", i)), &customer{mandate: everlasting(), account: make([]byte, 32)})
	}
}

// Take has a service look at records as if they were next.
func Take(ctx context.Context, s *Service, records []*utt.Record) error {
	return s.take(ctx, records, s.at)
}

// Fill has a service believe in so many places of a customer, behind those that there are, which
// it returns.
func Fill(t testing.TB, s *Service, pid utt.PID, n int) (places []utt.Cursor) {
	var writes []store.Write
	for i := range n {
		at := utt.Cursor{Height: s.at.Height + 1 + uint64(i/1000), Index: uint32(i % 1000)}
		places = append(places, at)
		writes = append(writes, store.Write{Key: placeKey(pid, at), Value: []byte{1}})
	}
	if err := s.disk.apply(writes); err != nil {
		t.Fatal(err)
	}
	s.at.Height += uint64(n)
	return places
}

// everlasting is a mandate of nobody's.
func everlasting() *utt.Mandate {
	b := make([]byte, 137)
	b[0] = 1
	for i := 65; i < 73; i++ {
		b[i] = 0xff
	}
	m := new(utt.Mandate)
	if err := m.UnmarshalBinary(b); err != nil {
		panic(err)
	}
	return m
}

// Hold has a payment wait for users.
func Hold(s *Scanner, id utt.ID, of ...utt.PID) { s.held[id] = of }
