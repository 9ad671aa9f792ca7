package replica

import (
	"crypto/sha256"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// collection gathers what makes the signatures on a block's outputs under one key: shares of the
// parties, and signatures that others made of them.
type collection struct {
	loaded   bool // executed, signed by the replica itself
	records  []*utt.Record
	sets     []*set
	offers   []*offer
	endorsed map[threshold.Index][32]byte // by index in the ledger key's committee
	own      []*Message
	alone    bool // does not wait for the combiner
	dirty    bool // there may be something to do
	done     bool
}

// set is a party's shares on a block under the line's key, decoded once they are needed.
type set struct {
	from    Party // the zero Party where it is the replica's own
	index   threshold.Index
	encoded []byte
	records []*utt.Share
	bad     bool
}

// offer is what another replica says the signatures are.
type offer struct {
	from    Party
	size    int
	index   threshold.Index // in the ledger key's committee
	records [][]byte
	digest  [32]byte
	bad     bool
}

// digestOf names signatures on the outputs of a block.
func digestOf(records [][]byte) [32]byte {
	return sha256.Sum256((&signatures{records: records}).appendBody(nil))
}

// vouchers counts the replicas that say an offer is right.
func (c *collection) vouchers(o *offer) int {
	by := make(map[threshold.Index]bool)
	for _, other := range c.offers {
		if other.digest == o.digest {
			by[other.index] = true
		}
	}
	for j, digest := range c.endorsed {
		if digest == o.digest {
			by[j] = true
		}
	}
	return len(by)
}

// certifying gathers the shares of the certificate of a height, one of a party.
type certifying struct {
	shares map[threshold.Index]*utt.CertificateShare
	dirty  bool
	made   *utt.Certificate // not published: records are missing, or the store has failed
}

// follow is what another replica has certified.
type follow struct {
	from Party
	what *certified
}
