// Package httpnode carries what wallets ask of a node over HTTP: a handler for whoever
// has a replica, and a client that is a wallet.Node.
//
//	POST /v1/operations              an operation; 202 taken, 409 or 422 refused, with the rejection
//	GET  /v1/certificate?height=H    the last certificate up to H, or of all
//	GET  /v1/records?height=H&index=I&limit=N   records from a place on, each behind its length
//	GET  /v1/credential-certificate?height=H   the last certificate of the credentials up to H, or of all
//	GET  /v1/credentials?record=N    signatures on credentials from the record of a number on, each behind its length
//	GET  /v1/wait?height=H&index=I   204 once there are records from a place on, 408 if not yet
//	GET  /v1/receipts/D              what became of the operation with a digest
//	GET  /v1/inclusion?height=H&index=I   a proof that a record is on the ledger, where the backend has the log
//	GET  /v1/entries?from=I&limit=N  entries of the log from a number on, each behind its length, where the backend has them
//	GET  /v1/section?number=K&size=N   what the entries of section K leave out, of a ledger of N records
//	GET  /v1/places/ID               where the records of an ID are, there too
//	GET  /v1/entries/tile/…          the log in tiles, as C2SP's tlog-tiles has it below tile/: .../0/000, .../entries/000.p/5;
//	                                 and so coins/tile/… and credentials/tile/…, the signatures under each key
//	GET  /v1/parameters              the parameters: compare their digest with a trusted one
//	GET  /v1/proving-keys/D          the proving key of a verifying key with a digest
//
// and what a wallet asks of who looks out for its user, NewWatchHandler and Watcher:
//
//	POST /v1/watch                   a signed question; where on the ledger there is what concerns the user
//
// Bodies are the library's encodings. Errors have a status and a line of text; what is not
// there is 404, so that utt.ErrNotFound survives. Nothing is believed of a node, and one that
// lies is left for another; if none answers, the error is ErrUnanswered. The questions tell
// a node when they are asked, and that for a receipt or an inclusion whom the operation
// concerns: see package wallet. Serve it behind TLS.
package httpnode
