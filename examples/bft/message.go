package bft

// NodeID numbers the replicas from 0. Replica i is party i+1 of the committees.
type NodeID int

// Everyone addresses all other replicas.
const Everyone NodeID = -1

// Outside is the sender of what clients submit.
const Outside NodeID = -2

// Message is what a node takes in and gives out. Channels are authenticated: From
// is who sent it, though what he relays may be signed by others.
type Message struct {
	From, To NodeID
	// Time is logical, in milliseconds: of delivery, when a node takes the message
	// in. On its way out only a Timeout has one: how long it is to run.
	Time uint64
	Body Body
}

// Body is one of Start, Submit, *Statement, Timeout, Ask, *Tell, Fetch and *Snapshot.
// Only a Statement, which is signed, has an encoding here; the others
// pass as values, which nobody changes. Whoever decodes them bounds their sizes.
type Body interface{ body() }

// Start is the first message, after a crash as well.
type Start struct{}

// Submit is an encoded operation from a client.
type Submit struct{ Op []byte }

// Timeout comes back to the node that set it.
type Timeout struct {
	Step   Step
	Height uint64
	Round  int32
}

// Ask asks for what follows: everything decided below Height is there. Height 0 is
// asked by a node that has lost everything.
type Ask struct {
	Height   uint64
	Recovery Recovery
}

// Recovery names one loss of everything. Answers to the questions of another say where
// the node may have voted up to then, and not since.
type Recovery struct {
	Incarnation uint64 // Config.Incarnation
	Count       uint64 // of the recoveries in it
}

// Tell answers Ask.
type Tell struct {
	Recovery Recovery     // of the Ask
	Height   uint64       // that the sender is working on
	Last     *Decided     // the block before it; nil at genesis
	Blocks   []*Decided   // from the height asked for, as far as kept
	Log      []*Statement // of consensus on the sender's height
	Vouched  []*Statement // attestations of the sender
}

// Fetch asks for a snapshot of the ledger.
type Fetch struct{}

// Snapshot answers Fetch. Nothing of it is trusted but what f+1 attest.
type Snapshot struct {
	Height uint64
	Block  BlockID
	Digest [32]byte
	Last   *Decided // the block; nil at genesis
	Ledger []byte
}

// Decided is a block with its certificate: 2f+1 precommits for it in one round.
type Decided struct {
	Block       []byte
	Certificate []*Statement
}

func (Start) body()      {}
func (Submit) body()     {}
func (*Statement) body() {}
func (Timeout) body()    {}
func (Ask) body()        {}
func (*Tell) body()      {}
func (Fetch) body()      {}
func (*Snapshot) body()  {}
