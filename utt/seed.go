package utt

import (
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/nullifier"
)

// seed determines the serial numbers and bases of an operation's outputs. It is a
// hash of something that occurs once: nullifiers, an account's nonce, a grant.
type seed [32]byte

// transferSeed is a hash of the keys of nullifiers, which a summary has, so that whoever
// follows the ledger by summaries has the seed.
func transferSeed(n NetworkID, inputs []nullifier.Key, budget *nullifier.Key) seed {
	items := make([][]byte, 0, 2+len(inputs))
	items = append(items, n[:])
	for i := range inputs {
		items = append(items, inputs[i][:])
	}
	last := []byte{}
	if budget != nil {
		last = budget[:]
	}
	return transcript.Hash(dst.TransferSeed, append(items, last)...)
}

func mintSeed(n NetworkID, account PID, nonce uint64, asset string, amount Amount) seed {
	return transcript.Hash(dst.MintSeed, n[:], account[:], be64(nonce), []byte(asset), be64(uint64(amount)))
}

func grantSeed(n NetworkID, pid PID, counter, asset string, e Epoch, amount Amount) seed {
	return transcript.Hash(dst.GrantSeed, n[:], pid[:], []byte(counter), []byte(asset), be64(uint64(e)), be64(uint64(amount)))
}

// serial is sn_j.
func (s seed) serial(j int) attr.Attribute { return attr.Hash(dst.Serial, s[:], be64(uint64(j))) }

// base is h_j. It carries one message only, because the seed occurs once.
func (s seed) base(j int) curve.G1 {
	return attr.NewBase(dst.CoinBase, s[:], be64(uint64(j))).Point()
}

// bases are h_0 … of some operations' outputs, hashed together: in lanes that takes half of
// what it takes for each operation by itself.
type bases map[seed][]curve.G1

// hashBases hashes the bases of so many outputs under each seed.
func hashBases(outputs map[seed]int) bases {
	var seeds []seed
	var items [][][]byte
	for s, n := range outputs {
		seeds, items = append(seeds, s), append(items, s.items(n)...)
	}
	b := make(bases, len(seeds))
	points := pointsOf(attr.NewBases(dst.CoinBase, items))
	for _, s := range seeds {
		b[s], points = points[:outputs[s]], points[outputs[s]:]
	}
	return b
}

// of are h_0 … h_(n−1) of a seed.
func (b bases) of(s seed, n int) []curve.G1 {
	if h := b[s]; len(h) >= n {
		return h[:n]
	}
	return s.bases(n)
}

// bases are h_0 … h_(n−1).
func (s seed) bases(n int) []curve.G1 {
	return pointsOf(attr.NewBases(dst.CoinBase, s.items(n)))
}

func pointsOf(bases []attr.Base) []curve.G1 {
	points := make([]curve.G1, len(bases))
	for j := range bases {
		points[j] = bases[j].Point()
	}
	return points
}

// items are what h_0 … h_(n−1) are hashes of.
func (s seed) items(n int) [][][]byte {
	items := make([][][]byte, n)
	for j := range items {
		items[j] = [][]byte{s[:], be64(uint64(j))}
	}
	return items
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
