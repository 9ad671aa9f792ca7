package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// transcriptFiles are all that the ceremonies publish, for the circuit of transfers to
// oneself and for that of payments.
var transcriptFiles = []string{"ceremony-self", "ceremony-pay"}

// hold holds a ceremony, which contributors and observers follow alike; here one follows
// it for all, and writes the transcript. A contributor forgets his randomness. With files
// from hand to hand it is examples/ceremony.
func hold(circuit *rangeproof.Circuit, contributors int, path string) error {
	c := rangeproof.NewCeremony(circuit)
	for range 2 {
		for range contributors {
			b, err := c.Contribute()
			if err != nil {
				return err
			}
			if err := refused(c, b); err != nil {
				return err
			}
			if err := c.Accept(b); err != nil {
				return err
			}
		}
		// it stands for a public value that nobody could foresee, such as the hash of a
		// block of some chain at a height that was named before
		beacon := make([]byte, rangeproof.MinBeacon)
		_, _ = rand.Read(beacon) // never fails
		if err := c.Seal(beacon); err != nil {
			return err
		}
	}
	b, err := c.MarshalBinary()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
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

// verify makes the keys from the transcript alone, as anybody can at any time.
func verify(ctx context.Context, path string) (*rangeproof.ProvingKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := rangeproof.ParseCeremony(ctx, b)
	if err != nil {
		return nil, err
	}
	proving, _, err := c.Keys()
	return proving, err
}
