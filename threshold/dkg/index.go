package dkg

import "github.com/utt-ecash/utt-go/threshold"

// OldIndex names a dealer: a party of the committee that is replaced, from 1. In a key
// generation, which replaces none, dealer i is party i.
type OldIndex threshold.Index

// NewIndex names a party of the committee that comes about, from 1 to n.
type NewIndex threshold.Index
