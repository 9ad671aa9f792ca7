package utt

// Bounds on what parameters hold.
const (
	MaxAssets    = 64
	MaxCircuits  = 16
	MaxRows      = 256
	MaxEndorsers = 256
	MaxAuthority = 32 // keys
	maxName      = 64
	maxPrefix    = 64
	minRow       = 51 // bytes, of a row for all assets without fixed outputs and counter
)

// maxOperation bounds an encoded operation, in bytes.
const maxOperation = 1 << 16

// maxAmended bounds what an amendment holds, in bytes: with all signatures, its record is no
// longer than an operation may be.
const maxAmended = maxOperation - 1<<12

// Bounds on warrants.
const (
	MaxWarranted = 256     // payments that one names
	MaxSealed    = 256     // warrants that wait to be opened
	MaxReason    = 1 << 10 // bytes
)

// maxMinSum bounds Config.MinSum.
const maxMinSum = 1<<16 - 1

// Bounds on the parts of a transfer.
const (
	MaxInputs         = 8
	maxOutputs        = 12 // with what is left of a budget, and the refunds of money and budget
	maxCircuitOutputs = 9
	maxNote           = 2048
	maxSigma          = 128 // relations or variables
)

// Bounds on the variable parts of encoded parameters, in bytes.
const (
	maxKeyBytes       = 1 << 14
	maxCircuitBytes   = 1 << 16
	maxPolicyBytes    = 1 << 15
	maxDecryptorBytes = 1 << 16
)
