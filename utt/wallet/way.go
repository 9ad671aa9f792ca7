package wallet

// Way is how a wallet keeps up with the ledger.
type Way uint8

// The ways.
const (
	// Full reads all records, and asks for nothing that others do not ask for: nobody learns
	// anything.
	Full Way = 0
	// Light reads summaries, a tenth of it, and of what they say the details of a fixed number of ranges of records in
	// each Sync, hits and decoys: the node learns that something in them may concern the user, and one that also
	// pays him can recognise him after some payments.
	Light Way = 1
)

func (w Way) String() string { return [...]string{"full", "light"}[min(w, 1)] }
