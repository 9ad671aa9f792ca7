package ledger

import (
	"errors"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// What can never matter again once an epoch is over leaves the state: the nullifiers of the
// budget coins that were spent in it, and who was granted a budget for it. Their keys begin
// with the epoch.
//
//	[NF-EPOCH]  only what is of an epoch before that of the block's time goes, in the order
//	            of the keys, grants first, at most maxForgotten a block
//
// A budget coin is of one epoch by its kind. A transfer executes, or comes to be held, in the
// epoch that it names [TX-EPOCH], and takes a coin of that; a grant is taken in its epoch and
// in the one before [POLICY-EPOCH]; and time does not go back. What is held reads no
// nullifier: settled in a later epoch it makes a coin of the old one, which nobody can spend.

// maxForgotten is how many pairs a block forgets at most: as many as one can add, so that
// what waits to be forgotten is never more than two epochs'.
const maxForgotten = utt.MaxOperations

// forget removes what is of epochs that are over. How far that has come is in the state, so
// that in most blocks there is nothing to look for.
func (x *execution) forget() {
	now := x.epoch()
	from := utt.Epoch(x.number(forgottenKey))
	to := now
	if !batch.Enforced("NF-EPOCH") {
		to += 2 // and what a grant may be for
	}
	if from >= to || x.err != nil {
		return
	}
	keys, err := x.ofEpochs(from, to)
	if err != nil {
		x.fail(err)
		return
	}
	for _, k := range keys {
		x.write(store.Write{Key: k})
	}
	if len(keys) < maxForgotten && to == now {
		x.write(store.Write{Key: forgottenKey, Value: be64(uint64(now))})
	}
}

// ofEpochs are the keys of what goes of the epochs from one up to another, which is not in
// it, as the block before left them: at most maxForgotten.
func (x *execution) ofEpochs(from, to utt.Epoch) (keys [][]byte, err error) {
	view, err := x.store.View()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, view.Close()) }()
	for _, letter := range []byte{grantLetter, budgetLetter} {
		for pair, err := range view.Ascend(ofEpoch(letter, from), ofEpoch(letter, to)) {
			if err != nil {
				return nil, err
			}
			if len(keys) == maxForgotten {
				return keys, nil
			}
			keys = append(keys, pair.Key)
		}
	}
	return keys, nil
}
