package utt

// Bounds on what parameters hold.
const (
	MaxAssets    = 64
	MaxCircuits  = 16
	MaxEndorsers = 256
	maxName      = 64
	maxRules     = 16
	maxPrefix    = 64
)

// maxOperation bounds an encoded operation, in bytes.
const maxOperation = 1 << 16

// Bounds on the parts of a transfer.
const (
	MaxInputs  = 8
	maxOutputs = 10 // with budget change or refund
	maxNote    = 2048
	maxSigma   = 128 // relations or variables
)
