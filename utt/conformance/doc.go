// Package conformance tests what an integrator brings: a store.Store on his own database,
// and a wallet.Node on his own transport. Call Store, Node and EntrySource from a test of yours; a
// failure says what the rooms of package utt rely on and did not get.
//
//	func TestMyStore(t *testing.T) {
//		conformance.Store(t, func(t testing.TB) store.Store { return mine.Open(t.TempDir()) })
//	}
package conformance
