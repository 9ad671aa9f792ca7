package bft

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// What the harness demands of signatures and certificates. It reads the messages that
// replicas send and are sent, and what they serve, and takes no node's word.

func (h *harness) published(m *Simulation, e *endpoint, v Published) {
	a := h.decided[v.Height]
	if a == nil {
		h.violated(m, EnoughShare, "node %d publishes block %d, which is not decided", e.id, v.Height)
		return
	}
	ctx := context.Background()
	if c, err := e.node.Replica().Certificate(ctx, v.Height); err != nil {
		h.violated(m, Agreement, "node %d publishes block %d without a certificate: %v", e.id, v.Height, err)
	} else if c.Height == v.Height {
		h.certifies(m, e, c.Checkpoint)
	}
	h.serves(m, e, v.Height)
	if !a.outputs {
		return
	}
	if can := len(h.signed[v.Height]) + len(m.s.Byzantine); can < h.t {
		h.violated(m, EnoughShare, "coins of block %d, on which %d replicas can have signed", v.Height, can)
	}
	heard := e.heardOf(v.Height)
	if has := heard.shares(e, h.signed[v.Height]); has < h.t && !heard.offered && e.certified < v.Height {
		h.violated(m, EnoughShare, "node %d has coins of block %d with the shares of %d replicas, and no signatures of others", e.id, v.Height, has)
	}
}

// serves demands, where the harness verifies signatures, that a node serves the same
// signatures on a block as all others, and that they verify.
func (h *harness) serves(m *Simulation, e *endpoint, height uint64) {
	check, a := m.configs[0].attach, h.decided[height]
	if check == nil {
		return
	}
	records, _, err := served(e.node.Replica(), height, height)
	if err != nil {
		h.violated(m, EnoughShare, "node %d does not serve block %d: %v", e.id, height, err)
		return
	}
	h.oneSet(m, e, records)
	s := sha256.New()
	signatures := make([][]byte, len(records))
	for i, r := range records {
		signatures[i] = r.Signatures()
		_, _ = s.Write(binary.BigEndian.AppendUint32(nil, uint32(len(signatures[i]))))
		_, _ = s.Write(signatures[i])
	}
	switch d := [32]byte(s.Sum(nil)); {
	case a.signatures == [32]byte{}:
		a.signatures = d
		if _, err := check(context.Background(), records, signatures); err != nil {
			h.violated(m, EnoughShare, "node %d: %v", e.id, err)
		}
	case a.signatures != d:
		h.violated(m, Agreement, "node %d has other signatures on block %d than another node", e.id, height)
	}
}

func (h *harness) certifies(m *Simulation, e *endpoint, c utt.Checkpoint) {
	a := h.decided[c.Height]
	if a == nil {
		h.violated(m, Agreement, "node %d certifies block %d, which is not decided", e.id, c.Height)
		return
	}
	switch known := a.checkpoints[c.Kind]; {
	case known == (utt.Checkpoint{}):
		a.checkpoints[c.Kind] = c
	case known != c:
		h.violated(m, Agreement, "node %d certifies another %v up to block %d than another node", e.id, c.Kind, c.Height)
	}
}

// heardOf is what others have sent a node about the signatures on a block.
type heardOf struct {
	by      []NodeID // shares
	offered bool     // signatures
}

func (e *endpoint) heardOf(height uint64) *heardOf {
	if e.heard[height] == nil {
		e.heard[height] = new(heardOf)
	}
	return e.heard[height]
}

// shares counts the replicas whose shares a node has, its own among them.
func (o *heardOf) shares(e *endpoint, signed []NodeID) int {
	by := slices.Clone(o.by)
	if slices.Contains(signed, e.id) && !slices.Contains(by, e.id) {
		by = append(by, e.id)
	}
	return len(by)
}

// hears takes note of what a replica is sent that signatures can come of.
func (h *harness) hears(e *endpoint, in Message) {
	st, _ := in.Body.(*Statement)
	c, ok := carriedBy(st)
	if !ok || st.Signer == e.id || c.credentials() {
		return
	}
	switch o := e.heardOf(c.height); c.kind() {
	case replica.KindShares:
		if !slices.Contains(o.by, st.Signer) {
			o.by = append(o.by, st.Signer)
		}
	case replica.KindSignatures:
		o.offered = true
	case replica.KindCertified:
		e.certified = max(e.certified, c.height)
	}
}

// carriedBy is the message of a replica in a statement.
func carriedBy(st *Statement) (*carried, bool) {
	if !st.carries() {
		return nil, false
	}
	c, err := st.parse()
	if err != nil {
		return nil, false
	}
	return c.(*carried), true
}

// says takes note of the shares that an honest replica sends, of signatures and of
// certificates.
func (h *harness) says(m *Simulation, e *endpoint, out []Message) {
	for _, o := range out {
		st, _ := o.Body.(*Statement)
		c, ok := carriedBy(st)
		if !ok || st.Signer != e.id {
			continue
		}
		switch c.kind() {
		case replica.KindShares:
			h.unchecked = append(h.unchecked, c.height)
			if !c.credentials() && !slices.Contains(h.signed[c.height], e.id) {
				h.signed[c.height] = append(h.signed[c.height], e.id)
			}
		case replica.KindCertificateShare:
			share := new(utt.CertificateShare)
			if err := share.UnmarshalBinary(c.message[2+4:]); err != nil {
				h.violated(m, Agreement, "node %d sends a share of a certificate that is none: %v", e.id, err)
				continue
			}
			h.unchecked = append(h.unchecked, c.height)
			h.shares = append(h.shares, share.Checkpoint)
			if share.Kind == utt.LedgerCheckpoint {
				e.signed = max(e.signed, c.height)
			}
		}
	}
}

// early demands that all blocks with shares on them are decided.
func (h *harness) early(m *Simulation, e *endpoint) {
	for _, height := range h.unchecked {
		if h.decided[height] == nil {
			h.violated(m, EnoughShare, "node %d sends shares on block %d, which is not decided", e.id, height)
		}
	}
	for _, c := range h.shares {
		h.certifies(m, e, c)
	}
	h.unchecked, h.shares = h.unchecked[:0], h.shares[:0]
}
