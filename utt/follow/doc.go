// Package follow reads what a ledger has published, from nodes that are believed about
// nothing: every record that it hands on is one that t replicas have certified.
//
//	Records      from a checkpoint on to the node's last certificate
//	Credentials  what registrars have signed, which has a certificate of its own, and may lag
//	Aim          the node's last certificate, for who fetches single records
//	Source       what it reads from; wallets and auditors need more of their nodes
//
//	Summaries    the log's entries, of a tenth of the bytes, from a checkpoint on
//	Open         what the entries of a section leave out: details, and signatures on coins
//	EntrySource  what these read from
//
//	[CERT-1]  the records taken in lead to the number of a checkpoint, and its certificate holds
//	[LOG-1]   and to the root of its entries
//	[LOG-SIG] and their signatures to those of its signatures
//
// The records of a section are held against summaries, details by the hashes in these [LOG-1],
// and signatures against the certificate [LOG-SIG].
//
// The certificate is verified before anything is downloaded, and records are held against
// one before anything is done with them, so that a node that garbles, invents or leaves out
// records learns nothing of who reads: all refuse alike. A node can only withhold what is
// newer than what it serves.
package follow
