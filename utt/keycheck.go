package utt

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/keycheck"
)

// claimEd25519 claims that a key is the canonical encoding of a point A ≠ 0 with L·A = 0.
func claimEd25519(c *batch.Claims, key []byte) bool { // [REG-KEY]
	err := keycheck.Ed25519(key)
	return c.Require("REG-KEY", err == nil, "%v", err)
}

// checkEd25519 is claimEd25519 for who does not claim.
func checkEd25519(key []byte) error {
	var c batch.Claims
	claimEd25519(&c, key)
	return c.Err()
}

// claimScanKey claims that a scan key is zero or can be used.
func claimScanKey(c *batch.Claims, d ScanKey) bool {
	err := d.Check()
	return c.Require("ADDR-D", err == nil, "%v", err)
}
