// Package tlog checks the Merkle tree of the library against another implementation,
// golang.org/x/mod/sumdb/tlog, which verifies Go's checksum database and Sigstore-like
// logs with tiles. It is a module of its own, so that the library does not depend on it.
//
//	go test .           compares both on trees of many sizes
//	go test . -write    writes the vectors that the library is tested with
package tlog
