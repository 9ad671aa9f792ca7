package home

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     utt.Amount
	}{
		{"12.50", 2, 1250}, {"12.5", 2, 1250}, {"12", 2, 1200}, {"0.01", 2, 1}, {"7", 0, 7},
		{"184467440737095516.15", 2, math.MaxUint64},
	} {
		got, err := ParseAmount(c.text, c.decimals)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got)
		again, err := ParseAmount(FormatAmount(got, c.decimals), c.decimals)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, text := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0x1", "1.005", "184467440737095516.16", "1.+5", " 1"} {
		_, err := ParseAmount(text, 2)
		require.Error(t, err, text)
	}
	require.Equal(t, "0.05", FormatAmount(5, 2))
	require.Equal(t, "5", FormatAmount(5, 0))
}
