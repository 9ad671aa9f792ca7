package session_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/session"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Three auditors make their keys on a running ledger, one of them silent when it is to
// open: the others end with the keys, blame it, and hold them from the block on in which two
// have adopted.
func TestKeyIsMadeOnALedger(t *testing.T) {
	c := newChain(t)
	setup, secrets := c.auditors()
	c.block(c.opening(setup, replicas[:3]...))
	id := must(setup.ID())
	parties := c.join(id, auditors, secrets)
	for {
		r, err := c.log.Round(id)
		require.NoError(t, err)
		if r >= dkg.Done {
			break
		}
		speak := parties
		if r == dkg.Open {
			speak = parties[:2]
		}
		c.block(c.due(speak)...)
	}
	o := must(c.log.Outcome(id))
	require.Equal(t, []dkg.Blame{{Party: 3, Detail: "open: silent"}}, o.Blames)
	require.Len(t, o.Members, 3)
	_, err := c.ledger.Holders("audit")
	require.ErrorIs(t, err, utt.ErrNotFound)

	heights := c.adopt(parties...)
	held := must(c.ledger.Holders("audit"))
	require.Equal(t, o.Encryption.Generation(), held.Generation)
	require.Equal(t, heights[1], held.Since)
	since, ok := c.log.Adopted(id)
	require.True(t, ok)
	require.Equal(t, held.Since, since)
	for i, p := range parties {
		again, err := p.Adopt()
		require.NoError(t, err)
		require.Nil(t, again, "it is on record")
		share := must(p.Participant().EncryptionKeyShare())
		require.NoError(t, o.Encryption.VerifyKeyShare(share), "auditor %d", i+1)
	}

	// who has nothing but the records comes to the same
	other := must(session.NewLog(c.p))
	for r, err := range c.ledger.Records(ctx, utt.Cursor{Height: must(c.ledger.Session(id)).Opened}) {
		require.NoError(t, err)
		again := new(utt.Record)
		require.NoError(t, again.UnmarshalBinary(must(r.MarshalBinary())))
		require.NoError(t, other.Take(again))
	}
	require.Equal(t, o.Encryption.Generation(), must(other.Outcome(id)).Encryption.Generation())
	require.Equal(t, o.Blames, must(other.Outcome(id)).Blames)
	require.Equal(t, c.log.Sessions(), other.Sessions())

	// and so does a ledger that is restored
	s := must(c.ledger.Snapshot())
	var b bytes.Buffer
	_ = must(s.WriteTo(&b))
	require.NoError(t, s.Close())
	restored := must(ledger.Restore(c.p, new(store.Memory), &b, c.ledger.Digest()))
	require.Equal(t, held, must(restored.Holders("audit")))
	require.Equal(t, must(c.ledger.Session(id)), must(restored.Session(id)))
}

// The replicas replace one of them, with a dealer who deals a wrong share: the coin key
// stays, and what it signs.
func TestReshareOnALedger(t *testing.T) {
	c := newChain(t)
	next := append(slices.Clone(replicas[:3]), who("replica 5"))
	setup, secrets := c.resharing(3, 1, next, replicas[:3])
	c.block(c.opening(setup))
	id := must(setup.ID())
	parties := c.join(id, next, secrets)
	leaving := c.join(id, replicas[3:], nil)[0]
	for i, p := range append(slices.Clone(parties[:3]), leaving) {
		require.NoError(t, p.Participant().Deals(c.old, c.shares[i]))
	}
	speak := append(slices.Clone(parties), leaving)
	for r := dkg.Deal; r < dkg.Done; r = must(c.log.Round(id)) {
		ops := c.due(speak)
		if r == dkg.Deal && len(ops) > 1 { // replica 2's, whose last share is replica 5's
			m := must(ops[1].AppendBinary(nil))[2+ed25519.PublicKeySize+4:]
			m[len(m)-ed25519.SignatureSize-1] ^= 1
			ops[1] = must(utt.NewSessionMessage(public(replicas)[1], resign(m, replicas[1])))
		}
		c.block(ops...)
	}
	o := must(c.log.Outcome(id))
	require.Len(t, o.Blames, 1)
	require.Equal(t, "dealer 2: [DKG-SHARE] deal: the share of party 4 is bad", o.Blames[0].String())
	require.True(t, o.Committee.Group().Equal(c.coin.Group()))
	require.NotEqual(t, c.coin.Generation(), o.Committee.Generation())
	require.Equal(t, c.coin.Generation(), must(c.ledger.Holders(utt.PurposeCoin)).Generation)
	_, err := leaving.Adopt()
	require.ErrorIs(t, err, dkg.ErrAbsent)

	heights := c.adopt(parties[3], parties[0], parties[1])
	held := must(c.ledger.Holders(utt.PurposeCoin))
	require.Equal(t, o.Committee.Generation(), held.Generation)
	require.Equal(t, heights[2], held.Since)
	require.Equal(t, id, held.Session)
	c.adopt(parties[2]) // late, and on record all the same
	require.Equal(t, held, must(c.ledger.Holders(utt.PurposeCoin)))

	// the next one begins from there
	c.old = o.Old()
	again, _ := c.resharing(3, 1, next, next[1:])
	c.block(c.opening(again))
	for _, p := range parties {
		require.NotNil(t, must(p.Participant().KeyShare()))
		p.Erase()
		_, err := p.Due()
		require.NoError(t, err, "there is nothing to say any more")
	}
}

// A party that was stopped says the same again, and one that was away through the rounds of
// dealing takes what it was dealt, and adopts.
func TestPartiesComeBack(t *testing.T) {
	c := newChain(t)
	setup, secrets := c.auditors()
	c.block(c.opening(setup, replicas[1:]...))
	id := must(setup.ID())
	parties := c.join(id, auditors, secrets)
	first := must(parties[0].Due())
	c.log = c.followed(id)
	parties[0] = must(c.log.Join(id, auditors[0], secrets[0]))
	require.Equal(t, first.Digest(), must(parties[0].Due()).Digest())
	parties[1] = must(c.log.Join(id, auditors[1], secrets[1]))
	c.run(id, parties[0], parties[1])
	o := must(c.log.Outcome(id))
	require.Equal(t, []dkg.NewIndex{1, 2}, o.Members)
	late := must(c.log.Join(id, auditors[2], secrets[2]))
	c.adopt(late, parties[0])
	require.Equal(t, o.Encryption.Generation(), must(c.ledger.Holders("audit")).Generation)
	require.NoError(t, o.Encryption.VerifyKeyShare(must(late.Participant().EncryptionKeyShare())))
}

// followed is a log of somebody who begins to follow now.
func (c *chain) followed(id dkg.SessionID) *session.Log {
	log := must(session.NewLog(c.p))
	for r, err := range c.ledger.Records(ctx, utt.Cursor{Height: must(c.ledger.Session(id)).Opened}) {
		require.NoError(c.t, err)
		require.NoError(c.t, log.Take(r))
	}
	head := c.ledger.Head()
	require.NoError(c.t, log.Advance(head.Height, head.Time))
	return log
}

// A setup whose enrolments do not hold is void for everybody, though the ledger took it;
// and a session in which too few speak fails with their names. The key stays with those
// who hold it.
func TestSessionsThatFail(t *testing.T) {
	c := newChain(t)
	setup, secrets := c.resharing(3, 1, replicas, nil)
	setup.Enrolments[2] = must(must(dkg.NewSecret(nil)).Enrol(setup.Terms, replicas[3]))
	for _, k := range replicas[:3] {
		setup.Authorisations = append(setup.Authorisations, must(setup.Authorise(k)))
	}
	id := must(setup.ID())
	c.block(c.opening(setup))
	_, err := c.log.Outcome(id)
	require.ErrorIs(t, err, dkg.ErrFailed)
	require.ErrorContains(t, err, "[DKG-AUTH]")
	_, err = c.log.Join(id, replicas[0], secrets[0])
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.Equal(t, dkg.Failed, must(c.log.Round(id)))
	for range 16 {
		c.block()
	}

	setup, secrets = c.resharing(3, 1, replicas, replicas)
	id = must(setup.ID())
	c.block(c.opening(setup))
	parties := c.join(id, replicas, secrets)
	for i, p := range parties {
		require.NoError(t, p.Participant().Deals(c.old, c.shares[i]))
	}
	c.run(id, parties[0], parties[1])
	_, err = c.log.Outcome(id)
	require.ErrorContains(t, err, "2 valid deals where 3 are needed; dealer 3: deal: silent; dealer 4: deal: silent")
	_, err = parties[0].Adopt()
	require.ErrorIs(t, err, dkg.ErrFailed)
	require.Equal(t, c.coin.Generation(), must(c.ledger.Holders(utt.PurposeCoin)).Generation)
}

// The shortest rounds there are, of two blocks, in which all who are not kept out are heard.
// The first block of a round is the last that is known when its messages are made.
func TestShortestRounds(t *testing.T) {
	c := newChain(t)
	terms := c.terms("audit", dkg.Encryption(4), 2, 1, auditors)
	terms.Schedule = must(utt.Schedule{Height: c.ledger.Head().Height + 6, Time: c.time, Blocks: 2}.MarshalBinary())
	setup, secrets := enrolled(terms, auditors)
	c.block(c.opening(setup, replicas...))
	id := must(setup.ID())
	parties := c.join(id, auditors, secrets)
	c.run(id, parties...) // by the block, and all is executed
	o := must(c.log.Outcome(id))
	require.Empty(t, o.Blames)
	require.Len(t, o.Members, 3)
}

// A session that was given up for another one does not take the key over, however late its
// last adoptions come: what is signed meanwhile is signed by those who hold the key, and who
// has erased his share of a generation given up has lost nothing.
func TestSessionGivenUpForAnother(t *testing.T) {
	c := newChain(t)
	reshare := func() (dkg.SessionID, []*session.Party) {
		setup, secrets := c.resharing(3, 1, replicas, replicas)
		c.block(c.opening(setup))
		parties := c.join(must(setup.ID()), replicas, secrets)
		for i, p := range parties {
			require.NoError(t, p.Participant().Deals(c.old, c.shares[i]))
		}
		c.run(must(setup.ID()), parties...)
		return must(setup.ID()), parties
	}
	_, first := reshare()
	c.adopt(first[0], first[1])
	late := must(first[3].Adopt())
	last, second := reshare()
	c.adopt(second[0], second[1])
	r := c.try(late)[0]
	require.Equal(t, utt.Rejected, r.Status)
	require.Equal(t, "SES-ONE", r.Rejection.Label)
	_, err := first[3].Adopt()
	require.ErrorIs(t, err, utt.ErrConflict)
	require.Equal(t, c.coin.Generation(), must(c.ledger.Holders(utt.PurposeCoin)).Generation)
	c.adopt(second[2])
	require.Equal(t, last, must(c.ledger.Holders(utt.PurposeCoin)).Session)

	// one who is late with a generation that holds the key is heard, also when the next
	// session is under way
	c.old = must(c.log.Outcome(last)).Old()
	setup, _ := c.resharing(3, 1, replicas, replicas)
	c.block(c.opening(setup))
	c.adopt(second[3])
	require.Equal(t, last, must(c.ledger.Holders(utt.PurposeCoin)).Session)
}

// What is ahead waits, and what is past does not.
func TestPreviewOfSessions(t *testing.T) {
	c := newChain(t)
	setup, secrets := c.auditors()
	c.block(c.opening(setup, replicas[:3]...))
	parties := c.join(must(setup.ID()), auditors, secrets)
	deal := must(parties[0].Due())
	outlook := func(op utt.Operation) ledger.Outlook {
		o, _, err := c.ledger.Preview(op, c.time)
		require.NoError(t, err)
		return o
	}
	require.Equal(t, ledger.Now, outlook(deal))
	adoption := must(utt.NewSessionAdoption(c.p, auditors[0], must(setup.ID()), threshold.Generation{1}))
	require.Equal(t, ledger.Later, outlook(adoption))
	c.block(deal, must(parties[1].Due()))
	require.Equal(t, ledger.Never, outlook(deal))
	for range 4 {
		c.block()
	}
	complaint := must(parties[0].Due())
	require.Equal(t, ledger.Now, outlook(complaint))

	// a stranger's wait for nothing
	stranger := func(op utt.Operation) {
		o, no, err := c.ledger.Preview(op, c.time)
		require.NoError(t, err)
		require.Equal(t, ledger.Never, o)
		require.Equal(t, "SES-AUTHOR", no.Label)
	}
	m := must(complaint.AppendBinary(nil))[2+ed25519.PublicKeySize+4:]
	m[1+32] = byte(dkg.Confirm)
	stranger(must(utt.NewSessionMessage(public(whos("stranger"))[0], resign(m, who("stranger")))))
	stranger(must(utt.NewSessionAdoption(c.p, who("stranger"), must(setup.ID()), threshold.Generation{1})))
	require.Equal(t, ledger.Later, outlook(must(utt.NewSessionMessage(public(auditors)[0], resign(m, auditors[0])))))
	early := newChain(t)
	early.time = c.time - 5
	early.block(c.opening(setup, replicas[:3]...))
	o, _, err := early.ledger.Preview(complaint, early.time)
	require.NoError(t, err)
	require.Equal(t, ledger.Later, o)
}

// A log takes records in order, and none that is empty.
func TestLogRefuses(t *testing.T) {
	c := newChain(t)
	setup, _ := c.auditors()
	c.block(c.opening(setup, replicas[:3]...))
	r := must(c.ledger.BlockRecords(1))[0]
	require.ErrorIs(t, c.log.Take(r), utt.ErrInvalid, "again")
	require.ErrorIs(t, c.log.Take(new(utt.Record)), utt.ErrInvalid)
	require.ErrorIs(t, c.log.Advance(0, c.time), utt.ErrInvalid)
	require.ErrorIs(t, c.log.Advance(9, c.time-1), utt.ErrInvalid)
	_, err := c.log.Outcome(dkg.SessionID{1})
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = c.log.Join(dkg.SessionID{1}, who("somebody"), nil)
	require.ErrorIs(t, err, utt.ErrNotFound)
	c.log.Forget(must(setup.ID()))
	require.Empty(t, c.log.Sessions())
	_, err = c.log.Outline(must(setup.ID()))
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// The largest session of the coin key that package dkg allows fits into operations and
// records, with all authorisations.
func TestLargestSessionFits(t *testing.T) {
	names := make([]string, dkg.MaxParties)
	for i := range names {
		names[i] = fmt.Sprint("one of many ", i)
	}
	parties := whos(names...)
	const faults = (dkg.MaxParties - 1) / 3
	committee, shares, err := threshold.Deal(nil, 2*faults+1, dkg.MaxParties, utt.CoinAttributes)
	require.NoError(t, err)
	c := newChain(t)
	c.old = &dkg.Old{Committee: committee, Faults: faults, Parties: public(parties)}
	setup, secrets := c.resharing(2*faults+1, faults, parties, parties)
	b := must(c.opening(setup).MarshalBinary())
	_, err = utt.ParseOperation(b)
	require.NoError(t, err)
	require.Less(t, len(b)+64, 1<<16, "as a record")

	s := must(dkg.NewSession(setup))
	p := must(s.Join(parties[0], secrets[0]))
	require.NoError(t, p.Deals(c.old, shares[0]))
	_, err = utt.NewSessionMessage(public(parties)[0], must(p.Message()))
	require.NoError(t, err)

	fresh, secrets := enrolled(c.terms("many", dkg.Signing(utt.CoinAttributes), 2*faults+1, faults, parties), parties)
	_, err = utt.ParseOperation(must(c.opening(fresh, parties...).MarshalBinary()))
	require.NoError(t, err)
	s = must(dkg.NewSession(fresh))
	_, err = utt.NewSessionMessage(public(parties)[0], must(must(s.Join(parties[0], secrets[0])).Message()))
	require.NoError(t, err)
}

// Who follows by certificates comes to what replicas do, and takes no record that is not
// certified.
func TestFollow(t *testing.T) {
	c := newChain(t)
	c.block()
	first, none, at := c.certified(utt.Frontier{}, 1)
	id, _ := c.made()
	mid := c.ledger.Head().Height - 5
	second, some, then := c.certified(at, mid)
	third, rest, _ := c.certified(then, c.ledger.Head().Height)
	want := must(c.log.Outcome(id)).Encryption.Generation()

	require.ErrorContains(t, must(session.NewLog(c.p)).Begin(first, then), "[LOG-EXT]")
	for name, begin := range map[string]func(l *session.Log) error{
		"from the beginning":   func(l *session.Log) error { return l.Follow(first, none) },
		"from the certificate": func(l *session.Log) error { return l.Begin(first, at) },
	} {
		l := must(session.NewLog(c.p))
		require.NoError(t, begin(l), name)
		for _, bad := range [][]*utt.Record{nil, some[1:], some[:len(some)-1], append(slices.Clone(some), rest[0]), rest} {
			require.ErrorContains(t, l.Follow(second, bad), "[CERT-1]")
			require.ErrorIs(t, l.Follow(second, bad), utt.ErrInvalid)
		}
		require.ErrorIs(t, l.Follow(third, rest), utt.ErrInvalid)
		require.ErrorIs(t, l.Follow(nil, some), utt.ErrInvalid)
		require.Empty(t, l.Sessions())
		require.NoError(t, l.Follow(second, some))
		require.ErrorIs(t, l.Begin(first, at), utt.ErrConflict)
		require.ErrorIs(t, l.Follow(second, some), utt.ErrInvalid, "again")
		require.NoError(t, l.Follow(third, rest))
		require.Equal(t, want, must(l.Outcome(id)).Encryption.Generation())
	}
}
