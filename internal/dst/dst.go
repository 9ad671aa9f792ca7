// Package dst lists every domain separation tag of the library.
//
// A tag is `UTT-V1/<package>/<purpose>`. Tags are unique, none is a prefix of
// another, and none ever changes its meaning: a new meaning is a new tag. Registration
// alone has two uses, a hash and the transcript that goes on from it; transcripts begin
// with a tag of their own, so that the two never hash the same bytes.
package dst

// Tag separates one use of a hash function from every other.
type Tag string

// Hashing to the curve, to the scalar field and to 32 bytes.
const (
	Transcript Tag = "UTT-V1/transcript/init"
	SigmaNonce Tag = "UTT-V1/sigma/nonce"

	Attribute Tag = "UTT-V1/sig/attribute"
	Base      Tag = "UTT-V1/sig/base"

	NullifierBase Tag = "UTT-V1/nullifier/generator"

	ThresholdGeneration Tag = "UTT-V1/threshold/generation"
	EncryptionKeys      Tag = "UTT-V1/threshold/encryption-keys"
	SealedKeyShare      Tag = "UTT-V1/threshold/sealed-key-share"
	DecryptionShare     Tag = "UTT-V1/threshold/decryption-share"

	DKGTerms         Tag = "UTT-V1/threshold/dkg-terms"
	DKGSession       Tag = "UTT-V1/threshold/dkg-session"
	DKGMessage       Tag = "UTT-V1/threshold/dkg-message"
	DKGAuthorisation Tag = "UTT-V1/threshold/dkg-authorisation"
	DKGEnrolment     Tag = "UTT-V1/threshold/dkg-enrolment"
	DKGSecret        Tag = "UTT-V1/threshold/dkg-secret"
	DKGBlinding1     Tag = "UTT-V1/threshold/dkg-blinding-1"
	DKGBlinding2     Tag = "UTT-V1/threshold/dkg-blinding-2"
	DKGPad           Tag = "UTT-V1/threshold/dkg-pad"
	DKGPossession    Tag = "UTT-V1/threshold/dkg-possession"
	DKGDeal          Tag = "UTT-V1/threshold/dkg-deal"
	DKGComplaint     Tag = "UTT-V1/threshold/dkg-complaint"
	DKGConfirmation  Tag = "UTT-V1/threshold/dkg-confirmation"
	DKGNonce         Tag = "UTT-V1/threshold/dkg-nonce"
	DKGBulletin      Tag = "UTT-V1/threshold/dkg-bulletin"

	CircuitDigest      Tag = "UTT-V1/rangeproof/circuit"
	RelationDigest     Tag = "UTT-V1/rangeproof/relation"
	VerifyingKeyDigest Tag = "UTT-V1/rangeproof/verifying-key"
	ProvingKeyDigest   Tag = "UTT-V1/rangeproof/proving-key"

	BudgetKind Tag = "UTT-V1/budget/kind"
	AssetKind  Tag = "UTT-V1/budget/asset"

	PID               Tag = "UTT-V1/utt/pid"
	Network           Tag = "UTT-V1/utt/network"
	Parameters        Tag = "UTT-V1/utt/parameters"
	RegistrationBase  Tag = "UTT-V1/utt/registration-base"
	Registration      Tag = "UTT-V1/utt/registration-proof"
	PRFKey            Tag = "UTT-V1/utt/prf-key"
	Endorsement       Tag = "UTT-V1/utt/endorsement"
	AccountKeyProof   Tag = "UTT-V1/utt/account-possession"
	IssueOrder        Tag = "UTT-V1/utt/issue"
	AccountTransfer   Tag = "UTT-V1/utt/public-transfer"
	MintOrder         Tag = "UTT-V1/utt/mint-order"
	MintSeed          Tag = "UTT-V1/utt/mint-seed"
	GrantSeed         Tag = "UTT-V1/utt/grant-seed"
	TransferSeed      Tag = "UTT-V1/utt/transfer-seed"
	TransferID        Tag = "UTT-V1/utt/txid"
	TransferProof     Tag = "UTT-V1/utt/transfer-proof"
	Serial            Tag = "UTT-V1/utt/serial"
	CoinBase          Tag = "UTT-V1/utt/coin-base"
	NoteBlinding      Tag = "UTT-V1/utt/note-blinding"
	NotePayee         Tag = "UTT-V1/utt/note-payee"
	ScanHandle        Tag = "UTT-V1/utt/scan-handle"
	ClueMask          Tag = "UTT-V1/utt/clue-mask"
	ClueNonce         Tag = "UTT-V1/utt/clue-nonce"
	Readdress         Tag = "UTT-V1/utt/readdress"
	NewAddress        Tag = "UTT-V1/utt/new-address"
	Mandate           Tag = "UTT-V1/utt/mandate"
	WatchQuestion     Tag = "UTT-V1/utt/watch"
	SessionOpening    Tag = "UTT-V1/utt/session-opening"
	SessionAdoption   Tag = "UTT-V1/utt/session-adoption"
	OperationDigest   Tag = "UTT-V1/utt/operation"
	WalletSeed        Tag = "UTT-V1/utt/wallet-seed"
	LedgerState       Tag = "UTT-V1/utt/ledger-state"
	LedgerHistory     Tag = "UTT-V1/utt/ledger-history"
	Snapshot          Tag = "UTT-V1/utt/snapshot"
	AuditNonce        Tag = "UTT-V1/utt/audit-nonce"
	TaxNonce          Tag = "UTT-V1/utt/tax-nonce"
	AuditApprove      Tag = "UTT-V1/utt/audit-approve"
	AuditVeto         Tag = "UTT-V1/utt/audit-veto"
	DecisionID        Tag = "UTT-V1/utt/decision-id"
	AuditMessage      Tag = "UTT-V1/utt/audit-message"
	AuditAddress      Tag = "UTT-V1/utt/audit-address"
	AuditOpening      Tag = "UTT-V1/utt/audit-opening"
	AuditorSeed       Tag = "UTT-V1/utt/auditor-seed"
	PaymentProof      Tag = "UTT-V1/utt/payment-proof"
	PaymentChecksum   Tag = "UTT-V1/utt/payment-checksum"
	PaymentRequest    Tag = "UTT-V1/utt/request-payment"
	Amendment         Tag = "UTT-V1/utt/amend"
	AmendedVersion    Tag = "UTT-V1/utt/version"
	Suspension        Tag = "UTT-V1/utt/suspend"
	WarrantOrder      Tag = "UTT-V1/utt/warrant-order"
	WarrantReason     Tag = "UTT-V1/utt/warrant-reason"
	WarrantSeal       Tag = "UTT-V1/utt/warrant-seal"
	WarrantVoid       Tag = "UTT-V1/utt/warrant-void"
	SumID             Tag = "UTT-V1/utt/sum"
	Checkpoint        Tag = "UTT-V1/utt/checkpoint"
	InclusionChecksum Tag = "UTT-V1/utt/inclusion-checksum"
)

// All is every tag above, for the test that holds them apart.
var All = []Tag{
	Transcript, SigmaNonce, Attribute, Base, NullifierBase, ThresholdGeneration, EncryptionKeys, SealedKeyShare,
	DecryptionShare,
	DKGTerms, DKGSession, DKGMessage, DKGAuthorisation, DKGEnrolment, DKGSecret, DKGBlinding1, DKGBlinding2,
	DKGPad, DKGPossession, DKGDeal, DKGComplaint, DKGConfirmation, DKGNonce, DKGBulletin,
	CircuitDigest, RelationDigest, VerifyingKeyDigest, ProvingKeyDigest, BudgetKind, AssetKind,
	PID, Network, Parameters, RegistrationBase, Registration, PRFKey, Endorsement, AccountKeyProof,
	IssueOrder, AccountTransfer, MintOrder, MintSeed, GrantSeed, TransferSeed, TransferID, TransferProof,
	Serial, CoinBase, NoteBlinding, NotePayee, ScanHandle, ClueMask, ClueNonce, Readdress, NewAddress, Mandate, WatchQuestion, SessionOpening, SessionAdoption, OperationDigest, WalletSeed,
	LedgerState, LedgerHistory, Snapshot, AuditNonce, TaxNonce, AuditApprove, AuditVeto, DecisionID, AuditMessage, AuditAddress, AuditOpening, AuditorSeed, PaymentProof, PaymentChecksum, PaymentRequest,
	Amendment, AmendedVersion, Suspension, WarrantOrder, WarrantReason, WarrantSeal, WarrantVoid, SumID, Checkpoint, InclusionChecksum,
}
