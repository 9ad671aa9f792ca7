package nullifier_test

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

func TestNothingPanics(t *testing.T) {
	n, err := nullifier.Derive(sig.Uint64(1), sig.Uint64(2))
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types:     []any{new(nullifier.Nullifier), new(nullifier.Key)},
		Functions: map[string]any{"Derive": nullifier.Derive, "Read": nullifier.Read},
		Errors:    []error{nullifier.ErrMalformed, nullifier.ErrUndefined},
		Encoded:   []encoding.BinaryMarshaler{n},
	})
}
