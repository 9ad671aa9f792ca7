// Package session makes and reshares keys on a running ledger: it follows the ledger's
// records, which are the broadcast of sessions of package threshold/dkg, and says for a
// party what to hand in.
//
//	those who authorise     SessionOpening ───────────────> ledger: on record
//	each dealer and party   SessionMessage, in its round ─> ledger: on record, certified
//	everybody               Log: dkg.Session of what is on record, the same for all
//	each party              its share, on disk; SessionAdoption ─> ledger
//	ledger                  n − f adoptions: this generation holds the key
//
// A round ends with the first block that has the height and the time of the terms'
// utt.Schedule, whoever has spoken. The ledger verifies signatures, authors and rounds, and
// no commitment; what is false in a message blames its author for everybody who follows.
// Replicas follow their own ledger, block by block, others the certified records.
//
//	log, err := session.NewLog(parameters)
//	for each block: log.Take(each record), log.Advance(height, time); or
//	for each certificate: log.Follow(certificate, records)
//	party, err := log.Join(id, identity, secret)       once the opening is on record
//	op, err := party.Due()                             hand it in; nil if there is nothing to say
//	outcome, err := log.Outcome(id)                    after the last round
//	share, err := party.Participant().KeyShare()       to disk, and only then
//	op, err := party.Adopt()
//	since, ok := log.Adopted(id)                       from that block on; then party.Erase
//
// A Log that is made anew takes the records from the block that opened the oldest session
// it is to know; ledger.Session says which that is. A party that was stopped joins again
// with the same Secret, and says the same.
package session
