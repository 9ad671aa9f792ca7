package wallet

import (
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// UnregisteredError says that the ledger, as far as the wallet has synced, does not know
// its identity. It matches ErrNotFound.
type UnregisteredError struct {
	Identity   string
	Checkpoint utt.Checkpoint // up to which the wallet has synced
}

func (e *UnregisteredError) Error() string {
	switch {
	case e == nil:
		return utt.ErrNotFound.Error()
	case e.Checkpoint == utt.Checkpoint{}:
		return fmt.Sprintf("%v: nothing is known of %.64q: Sync first", utt.ErrNotFound, e.Identity)
	}
	return fmt.Sprintf("%v: %.64q is not registered up to block %d, the last that the wallet has synced: "+
		"register, or check how the identity is spelled", utt.ErrNotFound, e.Identity, e.Checkpoint.Height)
}

// Unwrap is ErrNotFound.
func (e *UnregisteredError) Unwrap() error { return utt.ErrNotFound }

// CredentialError says that a user is registered, and his credential not signed yet as far as the
// wallet has synced: nothing private can be spent until it is. It matches ErrNotFound.
type CredentialError struct {
	Identity    string
	Checkpoint  utt.Checkpoint // up to which the wallet has synced
	Credentials utt.Checkpoint // up to which credentials are signed
	Waiting     int            // of a light wallet, records that wait for their details
}

func (e *CredentialError) Error() string {
	if e == nil {
		return utt.ErrNotFound.Error()
	}
	if e.Waiting > 0 {
		return fmt.Sprintf("%v: %.64q is registered, and %d records wait for their details, before which its credential is not taken in: CatchUp reads them",
			utt.ErrNotFound, e.Identity, e.Waiting)
	}
	return fmt.Sprintf("%v: %.64q is registered, but its credential is not signed yet: credentials are up to block %d, where the wallet has synced up to block %d: "+
		"wait for the registrars, and Sync", utt.ErrNotFound, e.Identity, e.Credentials.Height, e.Checkpoint.Height)
}

// Unwrap is ErrNotFound.
func (e *CredentialError) Unwrap() error { return utt.ErrNotFound }

// RescanError says that the wallet reads all records again, and has not come to where it was before.
// It matches ErrConflict.
type RescanError struct {
	Checkpoint utt.Checkpoint // up to which it has read them again
	To         uint64         // height up to which it had read them before
}

func (e *RescanError) Error() string {
	if e == nil {
		return utt.ErrConflict.Error()
	}
	return fmt.Sprintf("%v: a Rescan is at block %d of %d: Sync until it is through", utt.ErrConflict, e.Checkpoint.Height, e.To)
}

// Unwrap is ErrConflict.
func (e *RescanError) Unwrap() error { return utt.ErrConflict }

// WatcherError says why a wallet cannot go on with who looks out for its user. The wallet is as
// it was. It matches ErrNotFound if he has not looked out since the wallet's checkpoint, or
// names what the node does not have, and ErrInvalid if his answer is none.
type WatcherError struct {
	Since utt.Cursor // from where on he has looked out for the user, if that is too late; zero if something else is the matter
	Cause error      // that; nil of Since
}

func (e *WatcherError) Error() string {
	switch {
	case e == nil:
		return utt.ErrInvalid.Error()
	case e.Cause != nil:
		return "utt: who looks out for the user: " + e.Cause.Error()
	}
	return fmt.Sprintf("%v: who looks out for the user does so from block %d on, and the wallet has not got so far: "+
		"Rescan, or ask who looked out before", utt.ErrNotFound, e.Since.Height)
}

// Unwrap is what the error matches.
func (e *WatcherError) Unwrap() error {
	switch {
	case e == nil:
		return utt.ErrInvalid
	case e.Cause != nil:
		return e.Cause
	}
	return utt.ErrNotFound
}

// NodeError says why a wallet cannot go on with a node; see follow.NodeError.
type NodeError = follow.NodeError

// Fault is what is wrong with a node.
type Fault = follow.Fault

// The faults of nodes.
const (
	Behind  = follow.Behind  // it knows less than the wallet: it lags, was rolled back or emptied
	Foreign = follow.Foreign // it is of another network, or makes certificates up
	Forked  = follow.Forked  // t replicas have certified another history than that which the wallet has
	Broken  = follow.Broken  // it does not do what Node demands
)

func broken(format string, args ...any) error {
	return &NodeError{Fault: Broken, Cause: fmt.Errorf("%w: %s", utt.ErrInvalid, fmt.Sprintf(format, args...))}
}

// trusting asks a node, and has one of several left if it is at fault. Not if it shows
// another history that t replicas have certified: nobody is to go on from there unasked.
func trusting(n Node, ask func() error) error {
	distrust := func(error) {}
	if m, ok := n.(ManyNode); ok {
		distrust = m.Answering()
	}
	err := ask()
	if fault := (*NodeError)(nil); errors.As(err, &fault) && fault.Fault != Forked {
		distrust(err)
	}
	return err
}
