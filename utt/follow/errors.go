package follow

import (
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Fault is what is wrong with a node.
type Fault string

// The faults of nodes.
const (
	Behind  Fault = "behind"  // it knows less than the reader: it lags, was rolled back or emptied
	Foreign Fault = "foreign" // it is of another network, or makes certificates up
	Forked  Fault = "forked"  // t replicas have certified another history than that which the reader has
	Broken  Fault = "broken"  // it does not do what a Source must
)

// Is reports whether an error is a NodeError of the fault. Behind a service there are
// several nodes, one of which may lag: who asks there takes Behind for "not yet".
func (f Fault) Is(err error) bool {
	var n *NodeError
	return errors.As(err, &n) && n != nil && n.Fault == f
}

// NodeError says why a reader cannot go on with a node. The reader is as it was, and
// another node may serve it. It matches ErrNotFound for a node that is behind, and
// ErrInvalid for the others.
type NodeError struct {
	Fault  Fault
	Height uint64 // of the node's last certificate, 0 if it has none
	Known  uint64 // up to where the reader has read
	Cause  error  // nil where there is no more to say
}

func (e *NodeError) Error() string {
	if e == nil {
		return utt.ErrInvalid.Error()
	}
	cause := ""
	if e.Cause != nil {
		cause = ": " + e.Cause.Error()
	}
	switch e.Fault {
	case Behind:
		return fmt.Sprintf("utt: the node knows blocks up to %d only, where those up to %d are known: it lags, was rolled back or emptied; wait, or ask another%s", e.Height, e.Known, cause)
	case Foreign:
		return fmt.Sprintf("utt: the node is of another network than its reader, or makes certificates up: ask another%s", cause)
	case Forked:
		return fmt.Sprintf("utt: the node has another history of block %d than its reader, certified by the ledger's replicas as well: stop, and find out which is the ledger's%s", e.Height, cause)
	case Broken:
	}
	return "utt: the node does not do what a node must: ask another" + cause
}

// Unwrap is what the error matches.
func (e *NodeError) Unwrap() []error {
	errs := []error{utt.ErrInvalid}
	if e != nil && e.Fault == Behind {
		errs[0] = utt.ErrNotFound
	}
	if e != nil && e.Cause != nil && !errors.Is(e.Cause, errs[0]) {
		errs = append(errs, e.Cause)
	}
	return errs
}

func broken(format string, args ...any) error {
	return &NodeError{Fault: Broken, Cause: fmt.Errorf("%w: %s", utt.ErrInvalid, fmt.Sprintf(format, args...))}
}
