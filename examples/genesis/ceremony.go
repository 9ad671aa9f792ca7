package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// published is all that a ceremony for a circuit publishes: for each phase the
// contributions, in order, and the beacon.
type published struct {
	contributions [2][][]byte
	beacons       [2][]byte
}

// hold holds a ceremony, which contributors and observers follow alike; here one follows
// it for all. A contributor forgets his randomness.
func hold(circuit *rangeproof.Circuit, contributors int) (*published, error) {
	p, c := new(published), rangeproof.NewCeremony(circuit)
	for phase := range p.contributions {
		for range contributors {
			b, err := c.Contribute()
			if err != nil {
				return nil, err
			}
			if err := refused(c, b); err != nil {
				return nil, err
			}
			if err := c.Accept(b); err != nil {
				return nil, err
			}
			p.contributions[phase] = append(p.contributions[phase], b)
		}
		// it stands for a public value that nobody could foresee, such as the hash of a
		// block of some chain at a height that was named before
		p.beacons[phase] = make([]byte, rangeproof.MinBeacon)
		_, _ = rand.Read(p.beacons[phase]) // never fails
		if err := c.Seal(p.beacons[phase]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// refused demands that one changed byte of a contribution is noticed.
func refused(c *rangeproof.Ceremony, b []byte) error {
	changed := slices.Clone(b)
	changed[len(b)/2] ^= 1
	if err := c.Accept(changed); !errors.Is(err, rangeproof.ErrCeremony) && !errors.Is(err, rangeproof.ErrMalformed) {
		return fmt.Errorf("a changed contribution was not refused as such: %v", err)
	}
	return nil
}

// verify makes the keys from what was published alone, as anybody can at any time.
func (p *published) verify(circuit *rangeproof.Circuit) (*rangeproof.ProvingKey, error) {
	c := rangeproof.NewCeremony(circuit)
	for phase, contributions := range p.contributions {
		for i, b := range contributions {
			if err := c.Accept(b); err != nil {
				return nil, fmt.Errorf("phase %d, contribution %d: %w", phase+1, i+1, err)
			}
		}
		if err := c.Seal(p.beacons[phase]); err != nil {
			return nil, fmt.Errorf("phase %d: %w", phase+1, err)
		}
	}
	proving, _, err := c.Keys()
	return proving, err
}
