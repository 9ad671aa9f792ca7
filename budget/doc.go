// Package budget holds the policy of accountable privacy: how much a user may pay
// anonymously, in which period, and what happens beyond.
//
// Time is cut into epochs of equal length, from the policy's start to its end, beyond
// which a time is in other units than seconds [BLOCK-TIME]. In every epoch, and for every asset, a
// registered user is granted one budget coin of the amount of his class. A
// payment within it reveals nothing and replaces it by a smaller one; only money
// paid to somebody else consumes it. What is not used expires with its epoch,
// because the epoch is part of the coin's kind:
//
//	money   HF("asset", asset)
//	budget  HF("kind", asset ‖ epoch)
//
// A grant for epoch e is accepted in e−1 and e, so that a wallet can ask for it
// at a random time: were grants asked for at the start of an epoch, the first
// payment after it would hide among the few who had theirs.
//
// Source: UTT, ePrint 2022/452, section 5.
package budget
