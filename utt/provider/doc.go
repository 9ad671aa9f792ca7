// Package provider is what somebody runs who looks out for payments to others, so that these
// need not read the whole ledger.
//
//	Scanner   opens the clues of payments, and says which customers they are of
//	Service   reads the ledger, and answers customers where there is what concerns them
//
// A clue is 48 bytes that a payer adds to a payment for the payee's provider: the payee's
// handle, under a mask for the provider's scan key. A provider has one scan key for all
// customers, so that a payment takes it one X25519, some 50 µs, however many these are.
//
//	[CLUE]          R = r·B,  m = handle ⊕ KDF(X25519(r, D) ‖ seed ‖ j)
//	[CLUE-MANDATE]  a customer is who says so with his account key
//	[WATCH-SIGNED]  and so does he ask
//
// A provider learns when a customer is paid, neither by whom nor how much, and cannot take
// anything. What it withholds, a customer finds who reads the ledger himself: clues are not
// proven, and a payer may write another's handle, or none. So they are a reason to look at a
// payment, never one to believe that it was made.
//
// Where a Scanner's records come from is up to the caller, who must have verified them; a Service
// reads from any node.
package provider
