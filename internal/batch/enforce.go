//go:build !uttbroken

package batch

// enforced reports whether the checks with a label are made: always. The build
// tag uttbroken, which exists for the tests of the tests, replaces it.
func enforced(string) bool { return true }
