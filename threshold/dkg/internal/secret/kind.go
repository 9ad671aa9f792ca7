package secret

import "fmt"

// Kind says what a vector of secrets consists of. The zero value is of none.
type Kind struct {
	signing bool
	n       int // components in G1
}

// Signing is the key (x, y_1 … y_l) of package sig for l attributes, which may be 0.
func Signing(attributes int) Kind { return Kind{true, attributes} }

// Encryption is the ElGamal keys a_1 … a_c.
func Encryption(keys int) Kind { return Kind{false, keys} }

// IsSigning reports a key of package sig.
func (k Kind) IsSigning() bool { return k.signing }

// InG1 is the number of components that are public in G1: all but x.
func (k Kind) InG1() int { return k.n }

// Components is the number of components.
func (k Kind) Components() int {
	if k.signing {
		return 1 + k.n
	}
	return k.n
}

// String names the kind.
func (k Kind) String() string {
	if k.signing {
		return fmt.Sprintf("signing key for %d attributes", k.n)
	}
	return fmt.Sprintf("%d encryption keys", k.n)
}
