package utt

// This file shows internals to the tests in package utt_test. The cheating prover
// is in forge_test.go.

// RawOperation is an operation's encoding.
func RawOperation(op Operation) []byte {
	b, _ := op.AppendBinary(nil)
	return b
}
