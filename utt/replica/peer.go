package replica

import "maps"

// Bounds on what one party can have a replica keep, and send it.
const (
	// window is how many blocks are in work at once, and ahead how far above the head
	// messages are kept.
	window = 256
	ahead  = 16
	// maxAnswer is how many certificates are in an answer, and are kept of another's.
	maxAnswer = 16
)

// limits are the same in bytes, of encodings, for each line.
type limits struct {
	// kept is how much of a party's messages is kept, beside those about the block that is
	// to be published next, of which two are long: of maxShares, and of
	// utt.MaxBlock · maxRecordSignatures at most. What is dropped is asked for when it is
	// that block's turn. What others have certified counts apart: as much of it is kept, or
	// one message.
	kept int
	// answer is how much there is in an answer: what is begun is finished.
	answer int
	// burst is how much of what a party was sent before it can have once more at any time,
	// and rate how much more with every second of the ledger's time, and every Overdue.
	burst, rate int
}

var usual = limits{kept: 8 << 20, answer: 8 << 20, burst: 64 << 20, rate: 8 << 20}

// peer is what a line remembers of another party: what it keeps of it, and what was
// dropped,
type peer struct {
	kept  int // bytes
	lacks map[uint64]part
	asked uint64 // the height that it was asked from last

	// and what it sent the party.
	from      uint64 // the height that the party asked from last
	told      uint64 // the last block of which it was sent the replica's own messages
	ever      uint64 // the same, whatever it asked for since
	certified uint64 // the last certificate that it was sent
	waits     bool   // for more to spare, with what it asked last
	spare     int    // bytes that it can have once more
	clock     uint64 // when that was so
}

// part is what a party says of a block, as a set.
type part uint8

const (
	sharesPart     part = 1
	signaturesPart part = 1 << 1
	anyPart        part = 1 << 2 // of blocks that are too far ahead, or certified
)

// lack takes note that something about a block was dropped.
func (p *peer) lack(height uint64, what part) { p.lacks[height] |= what }

// has takes note that it came after all.
func (p *peer) has(height uint64, what part) {
	if p.lacks[height] &^= what; p.lacks[height] == 0 {
		delete(p.lacks, height)
	}
}

// due reports whether the party is to be asked for what was dropped, now that a block is
// the next to be published: once for each.
func (p *peer) due(next uint64) bool {
	lacks := false
	maps.DeleteFunc(p.lacks, func(height uint64, what part) bool {
		lacks = lacks || height == next || height < next && what&anyPart != 0
		return height <= next
	})
	if !lacks || p.asked >= next {
		return false
	}
	p.asked = next
	return true
}

// refill gives the party what it can have once more by now, in seconds.
func (p *peer) refill(now uint64, l limits) {
	if now > p.clock {
		seconds := int(min(now-p.clock, uint64(l.burst/l.rate)))
		p.spare, p.clock = min(p.spare+seconds*l.rate, l.burst), now
	}
}

// charge is what it costs the party to be sent something of a height, where it was sent
// all up to another one before: nothing the first time. It reports whether the party can
// have it.
func (p *peer) charge(height uint64, before *uint64, size int) bool {
	if height > *before {
		*before = height
		return true
	}
	if p.spare <= 0 {
		return false
	}
	p.spare -= size
	return true
}
