//go:build !uttlie

package node

import "github.com/utt-ecash/utt-go/utt/replica"

// encode is a message as it goes to others.
func encode(m *replica.Message) ([]byte, error) { return m.MarshalBinary() }
