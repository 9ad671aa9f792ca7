package home

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
)

// ParseAmount reads an amount as people write it, such as 12.50 of an asset with two
// decimals.
func ParseAmount(text string, decimals int) (utt.Amount, error) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) > decimals {
		return 0, fmt.Errorf("amount %q has more than %d decimals", text, decimals)
	}
	digits := whole + part + strings.Repeat("0", decimals-len(part))
	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || whole == "" || strings.HasSuffix(text, ".") || strings.ContainsAny(text, "+-") {
		return 0, fmt.Errorf("amount %q is no number such as %s, of at most %s", text, FormatAmount(1250, decimals), FormatAmount(math.MaxUint64, decimals))
	}
	return utt.Amount(v), nil
}

// ParsePositive is ParseAmount, of more than nothing.
func ParsePositive(text string, decimals int) (utt.Amount, error) {
	v, err := ParseAmount(text, decimals)
	if err == nil && v == 0 {
		err = errors.New("an amount of nothing")
	}
	return v, err
}

// FormatAmount writes an amount as people do.
func FormatAmount(v utt.Amount, decimals int) string {
	s := strconv.FormatUint(uint64(v), 10)
	if decimals == 0 {
		return s
	}
	if n := decimals + 1 - len(s); n > 0 {
		s = strings.Repeat("0", n) + s
	}
	return s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}
