package utt

// LanesOf is the LtHash of the state with one pair.
func LanesOf(key, value []byte) []byte {
	h := new(stateHash)
	h.mix(change{key: key, value: value})
	return h.bytes()
}
