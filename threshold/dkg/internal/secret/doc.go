// Package secret holds what is secret in a key generation, a Go type for each kind of
// component:
//
//	g2Secret    x of a signing key: x·G is a forgery key, so the type has no way into G1
//	dualSecret  y_i of a signing key, which is public in both groups
//	g1Secret    a_i of an ElGamal key, which has no way into G2
//
// No scalar of these leaves the package but in an encoded share, which goes to one party,
// and in a finished key.
package secret
