package main

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// published is all that a ceremony for a circuit publishes: for each phase the
// contributions, in order, and the beacon.
type published struct {
	contributions [2][][]byte
	beacons       [2][]byte
}

// replay runs a ceremony on what was published.
func (p *published) replay(circuit *rangeproof.Circuit) (*rangeproof.Ceremony, error) {
	c := rangeproof.NewCeremony(circuit)
	for phase, contributions := range p.contributions {
		for i, b := range contributions {
			if err := c.Accept(b); err != nil {
				return nil, fmt.Errorf("phase %d, contribution %d: %w", phase+1, i+1, err)
			}
		}
		if p.beacons[phase] == nil {
			break
		}
		if err := c.Seal(p.beacons[phase]); err != nil {
			return nil, fmt.Errorf("phase %d: %w", phase+1, err)
		}
	}
	return c, nil
}

// hold holds a ceremony. Each contributor verifies all that came before his contribution,
// and forgets his randomness.
func hold(circuit *rangeproof.Circuit, contributors int) (*published, error) {
	p := new(published)
	for phase := range p.contributions {
		for range contributors {
			c, err := p.replay(circuit)
			if err != nil {
				return nil, err
			}
			b, err := c.Contribute()
			if err != nil {
				return nil, err
			}
			p.contributions[phase] = append(p.contributions[phase], b)
		}
		// it stands for a public value that nobody could foresee, such as the hash of a
		// block of some chain at a height that was named before
		p.beacons[phase] = make([]byte, 32)
		_, _ = rand.Read(p.beacons[phase]) // never fails
	}
	return p, nil
}

// tampered demands that one changed byte of a contribution is noticed.
func (p *published) tampered(circuit *rangeproof.Circuit) error {
	b := p.contributions[1][0]
	b[len(b)/2] ^= 1
	defer func() { b[len(b)/2] ^= 1 }()
	_, err := p.replay(circuit)
	if !errors.Is(err, rangeproof.ErrCeremony) && !errors.Is(err, rangeproof.ErrMalformed) {
		return fmt.Errorf("a changed contribution was not refused as such: %w", err)
	}
	return nil
}
