package utt

import (
	"fmt"
	"strings"
)

// CheckIdentity reports, as ErrInvalid, an identity that could be spelled in another way.
// One is of printable ASCII without capital letters, with single spaces between other
// characters: an account name, an address, a number. So none has another case, normal form,
// letter of another script that looks alike, or space at its end, by which a wallet made
// again from the right seed would find nothing. PIDOf takes anything; endorsers and wallets take what
// CheckIdentity accepts.
func CheckIdentity(identity string) error {
	if identity == "" {
		return fmt.Errorf("%w: an empty identity", ErrInvalid)
	}
	wrong := func(i int, what string) error {
		return fmt.Errorf("%w: identity %q has %s at byte %d: one is of printable ASCII without capital letters, "+
			"and single spaces between", ErrInvalid, shorten(identity), what, i)
	}
	for i := range len(identity) {
		switch c := identity[i]; {
		case c == ' ' && (i == 0 || i == len(identity)-1 || identity[i-1] == ' '):
			return wrong(i, "a space too many")
		case 'A' <= c && c <= 'Z':
			return fmt.Errorf("%w (%q)", wrong(i, "a capital letter"), shorten(strings.ToLower(identity)))
		case c < ' ' || c > '~':
			return wrong(i, "what is not printable ASCII")
		}
	}
	return nil
}
