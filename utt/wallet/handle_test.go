package wallet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const handleText = "0102000000000000000000000000000000000000000000000000000000000000-" +
	"ff00000000000000000000000000000000000000000000000000000000000003"

func TestHandleText(t *testing.T) {
	h := wallet.Handle{ID: utt.ID{1, 2}, Digest: utt.Digest{0: 0xff, 31: 3}}
	require.Equal(t, handleText, h.String())
	var read wallet.Handle
	require.NoError(t, read.UnmarshalText([]byte(handleText)))
	require.Equal(t, h, read)
	for name, text := range map[string]string{
		"nothing":        "",
		"short":          handleText[1:],
		"long":           handleText + "0",
		"upper case":     strings.ToUpper(handleText),
		"no hyphen":      strings.Replace(handleText, "-", ":", 1),
		"no hexadecimal": strings.Replace(handleText, "f", "g", 1),
	} {
		require.ErrorIs(t, read.UnmarshalText([]byte(text)), utt.ErrMalformed, name)
		require.Equal(t, h, read, name)
	}
}

func FuzzHandle(f *testing.F) {
	f.Add(handleText)
	f.Fuzz(func(t *testing.T, text string) {
		var h wallet.Handle
		if err := h.UnmarshalText([]byte(text)); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed)
			return
		}
		require.Equal(t, text, h.String())
	})
}

func TestStateString(t *testing.T) {
	for s, want := range map[wallet.State]string{
		wallet.Unknown: "unknown", wallet.Pending: "pending", wallet.Executed: "executed",
		wallet.Rejected: "rejected", wallet.Failed: "failed", wallet.Held: "held", wallet.Approved: "approved",
		wallet.Refunded: "refunded", 9: "state 9",
	} {
		require.Equal(t, want, s.String())
	}
}
