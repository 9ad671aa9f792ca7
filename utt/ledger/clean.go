package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// partPairs is how many pairs of a snapshot are written, or removed, at once.
const partPairs = 1 << 12

// clean removes a snapshot that was read half-way, if there is one. The sign of it goes last.
func clean(s store.Store) (err error) {
	if _, begun, err := s.Get(restoringKey); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	} else if !begun {
		return nil
	}
	view, err := s.View()
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() { err = errors.Join(err, closed(view)) }()
	var part []store.Write
	apply := func() error {
		if err := s.Apply(part); err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		part = part[:0]
		return nil
	}
	for pair, err := range view.Ascend(nil, []byte(Beside)) {
		if err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		if string(pair.Key) == string(restoringKey) {
			continue
		}
		if part = append(part, store.Write{Key: slices.Clone(pair.Key)}); len(part) == partPairs {
			if err := apply(); err != nil {
				return err
			}
		}
	}
	part = append(part, store.Write{Key: restoringKey})
	return apply()
}

func closed(v store.View) error {
	if err := v.Close(); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return nil
}
