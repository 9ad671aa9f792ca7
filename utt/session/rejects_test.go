package session_test

import (
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

// A cheat is an operation that one check of the ledger refuses. With the check taken out, in
// builds with the tag uttbroken, it is executed.
type cheat struct {
	name, label string
	code        utt.Code
	op          func(c *chain) utt.Operation // after what it takes to be on the chain before it
}

// opened is an opened session of three auditors, all of whom have joined.
func (c *chain) opened() (dkg.SessionID, []*session.Party) {
	setup, secrets := c.auditors()
	c.block(c.opening(setup, replicas[:3]...))
	id := must(setup.ID())
	return id, c.join(id, auditors, secrets)
}

// made is a session of three auditors that has ended with their keys.
func (c *chain) made() (dkg.SessionID, []*session.Party) {
	id, parties := c.opened()
	c.run(id, parties...)
	return id, parties
}

// under is an operation under another's identity key.
func under(key ed25519.PublicKey, m utt.Operation) utt.Operation {
	b := must(m.AppendBinary(nil))
	copy(b[2:], key)
	return must(utt.ParseOperation(b))
}

var cheats = []cheat{
	{"a session of another network", "SES-NETWORK", utt.CodeInvalid, func(c *chain) utt.Operation {
		terms := c.terms("audit", dkg.Encryption(4), 2, 1, auditors)
		terms.Network[0] ^= 1
		setup, _ := enrolled(terms, auditors)
		return c.opening(setup, replicas...)
	}},
	{"a schedule whose first round has ended", "SES-SCHEDULE", utt.CodeSession, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		for range 5 {
			c.block()
		}
		return c.opening(setup, replicas...)
	}},
	{"a schedule of rounds in which nobody can speak", "SES-SCHEDULE", utt.CodeInvalid, func(c *chain) utt.Operation {
		terms := c.terms("audit", dkg.Encryption(4), 2, 1, auditors)
		terms.Schedule[1+8+8+3] = 1 // blocks
		setup, _ := enrolled(terms, auditors)
		return c.opening(setup, replicas...)
	}},
	{"a resharing that nobody has authorised", "RES-AUTH", utt.CodeInvalid, func(c *chain) utt.Operation {
		setup, _ := c.resharing(3, 1, replicas, nil)
		return c.opening(setup)
	}},
	{"a resharing that n − f − 1 have authorised", "RES-AUTH", utt.CodeInvalid, func(c *chain) utt.Operation {
		setup, _ := c.resharing(3, 1, replicas, replicas[:2])
		return c.opening(setup)
	}},
	{"a resharing to t = 1", "RES-AUTH", utt.CodeInvalid, func(c *chain) utt.Operation {
		setup, _ := c.resharing(1, 0, whos("thief"), replicas)
		return c.opening(setup)
	}},
	{"a resharing that strangers have authorised, who call themselves the old parties", "SES-HOLDERS", utt.CodeSession, func(c *chain) utt.Operation {
		thieves := whos("thief 1", "thief 2", "thief 3", "thief 4")
		c.old = &dkg.Old{Committee: c.coin, Faults: 1, Parties: public(thieves)}
		setup, _ := c.resharing(3, 1, thieves, thieves)
		return c.opening(setup)
	}},
	{"a resharing by fewer, since more are said to be faulty", "SES-HOLDERS", utt.CodeSession, func(c *chain) utt.Operation {
		shared, shares := must3(threshold.Deal(nil, 2, 4, utt.CoinAttributes))
		_ = shares
		c.old = &dkg.Old{Committee: shared, Faults: 1, Parties: public(replicas)}
		setup, _ := c.resharing(3, 1, replicas, replicas)
		return c.opening(setup)
	}},
	{"a new key in place of the coin key", "SES-HOLDERS", utt.CodeSession, func(c *chain) utt.Operation {
		setup, _ := enrolled(c.terms(utt.PurposeCoin, dkg.Signing(utt.CoinAttributes), 2, 1, auditors), auditors)
		return c.opening(setup, replicas...)
	}},
	{"a new key that n − f − 1 want", "SES-AUTH", utt.CodePolicy, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		return c.opening(setup, replicas[:2]...)
	}},
	{"a new key that one wants thrice", "SES-AUTH", utt.CodePolicy, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		return c.opening(setup, replicas[0], replicas[0], replicas[0])
	}},
	{"a new key that those want who will hold it", "SES-AUTH", utt.CodePolicy, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		return c.opening(setup, auditors...)
	}},
	{"an authorisation of another session", "SES-SIGNATURE", utt.CodeInvalid, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		other, _ := c.auditors()
		return must(utt.NewSessionOpening(c.p, setup, must(utt.AuthoriseSession(c.p, setup, replicas[0])),
			must(utt.AuthoriseSession(c.p, setup, replicas[1])), must(utt.AuthoriseSession(c.p, other, replicas[2]))))
	}},
	{"a session twice", "SES-ONE", utt.CodeSession, func(c *chain) utt.Operation {
		setup, _ := c.auditors()
		c.block(c.opening(setup, replicas...))
		return c.opening(setup, replicas[1:]...)
	}},
	{"two sessions for one key", "SES-ONE", utt.CodeSession, func(c *chain) utt.Operation {
		c.opened()
		setup, _ := c.auditors()
		return c.opening(setup, replicas...)
	}},
	{"an adoption when another session was opened since", "SES-ONE", utt.CodeSession, func(c *chain) utt.Operation {
		_, parties := c.made()
		adoption := must(parties[0].Adopt())
		c.opened()
		return adoption
	}},
	{"a message of no session", "SES-OPEN", utt.CodeSession, func(c *chain) utt.Operation {
		setup, secrets := c.auditors()
		s := must(dkg.NewSession(setup))
		m := must(must(s.Join(auditors[0], secrets[0])).Message())
		return must(utt.NewSessionMessage(public(auditors)[0], m))
	}},
	{"an adoption of no session", "SES-OPEN", utt.CodeSession, func(c *chain) utt.Operation {
		return must(utt.NewSessionAdoption(c.p, auditors[0], dkg.SessionID{1}, threshold.Generation{}))
	}},
	{"a message of another round", "SES-ROUND", utt.CodeSession, func(c *chain) utt.Operation {
		_, parties := c.opened()
		deal := must(parties[0].Due())
		c.block(must(parties[1].Due()), must(parties[2].Due()))
		for range 4 {
			c.block()
		}
		return deal
	}},
	{"an adoption before the end", "SES-ROUND", utt.CodeSession, func(c *chain) utt.Operation {
		id, _ := c.opened()
		return must(utt.NewSessionAdoption(c.p, auditors[0], id, threshold.Generation{1}))
	}},
	{"a message in a party's name", "SES-SIGNATURE", utt.CodeInvalid, func(c *chain) utt.Operation {
		_, parties := c.opened()
		b := must(must(parties[0].Due()).AppendBinary(nil))
		b[len(b)-1] ^= 1
		return must(utt.ParseOperation(b))
	}},
	{"a message of a stranger who says that he is a party", "SES-AUTHOR", utt.CodeSession, func(c *chain) utt.Operation {
		_, parties := c.opened()
		b := must(must(parties[0].Due()).AppendBinary(nil))
		m := resign(b[2+ed25519.PublicKeySize+4:], who("stranger"))
		return must(utt.NewSessionMessage(public(whos("stranger"))[0], m))
	}},
	{"an adoption of a stranger", "SES-AUTHOR", utt.CodeSession, func(c *chain) utt.Operation {
		id, _ := c.made()
		return must(utt.NewSessionAdoption(c.p, who("stranger"), id, must(c.log.Outcome(id)).Encryption.Generation()))
	}},
	{"a second message in a round", "SES-TWICE", utt.CodeSession, func(c *chain) utt.Operation {
		_, parties := c.opened()
		deal := must(parties[0].Due())
		c.block(deal)
		return deal
	}},
	{"a second adoption", "SES-TWICE", utt.CodeSession, func(c *chain) utt.Operation {
		id, parties := c.made()
		c.adopt(parties[0])
		return must(utt.NewSessionAdoption(c.p, auditors[0], id, threshold.Generation{1}))
	}},
	{"an adoption of a key that others hold meanwhile", "SES-HOLDERS", utt.CodeSession, func(c *chain) utt.Operation {
		id, parties := c.made()
		c.adopt(parties[0], parties[1])
		return must(utt.NewSessionAdoption(c.p, auditors[2], id, threshold.Generation{1}))
	}},
	{"an adoption in another's name", "SES-SIGNATURE", utt.CodeInvalid, func(c *chain) utt.Operation {
		_, parties := c.made()
		return under(public(auditors)[1], must(parties[0].Adopt()))
	}},
}

func must3[T, U any](v T, u U, err error) (T, U) {
	if err != nil {
		panic(err)
	}
	return v, u
}

// Every cheat is refused by its label, and changes nothing.
func TestRejectsEveryCheat(t *testing.T) {
	labels := map[string]bool{}
	for _, a := range cheats {
		labels[a.label] = true
		t.Run(a.label+"/"+a.name, func(t *testing.T) {
			c := newChain(t)
			a.refused(t, c, a.op(c))
		})
	}
	require.Len(t, labels, 11)
}

// refused demands that an operation is refused, and changes nothing but the time.
func (a *cheat) refused(t *testing.T, c *chain, op utt.Operation) {
	t.Helper()
	r := c.try(op)[0]
	require.Equal(t, utt.Rejected, r.Status, "executed")
	require.Equal(t, a.label, r.Rejection.Label, "%v", r.Rejection)
	require.Equal(t, a.code, r.Rejection.Code)
	records := must(c.ledger.BlockRecords(c.ledger.Head().Height))
	require.Empty(t, records)
}

// No byte of a session's operations can be changed: what is not refused as malformed is
// refused by a check, or says the same of the same session.
func TestEveryByteIsBound(t *testing.T) {
	c := newChain(t)
	id, parties := c.opened()
	deal := must(parties[0].Due())
	c.run(id, parties...)
	setup, _ := c.resharing(3, 1, replicas, replicas[:3])
	for name, op := range map[string]utt.Operation{
		"opening": c.opening(setup), "message": deal, "adoption": must(parties[0].Adopt()),
	} {
		b := must(op.AppendBinary(nil))
		step := 1 + len(b)/400
		for i := 0; i < len(b); i += step {
			m := slices.Clone(b)
			m[i] ^= 1 << (i % 8)
			op, err := utt.ParseOperation(m)
			if err != nil {
				require.ErrorIs(t, err, utt.ErrMalformed)
				continue
			}
			v := must(c.p.Check(ctx, c.time, []utt.Operation{op}))
			require.Error(t, v.Err(op), "%s: byte %d", name, i)
		}
	}
}

// What could not be read by a ledger is not made.
func TestMakersRefuse(t *testing.T) {
	c := newChain(t)
	setup, _ := c.auditors()
	_, err := utt.NewSessionOpening(c.p, setup, utt.SessionAuthorisation{})
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = utt.NewSessionOpening(c.p, new(dkg.Setup))
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = utt.NewSessionOpening(c.p, setup, slices.Repeat([]utt.SessionAuthorisation{must(utt.AuthoriseSession(c.p, setup, replicas[0]))}, dkg.MaxParties+1)...)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = utt.AuthoriseSession(c.p, setup, nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, parties := c.opened()
	m := must(must(parties[0].Due()).AppendBinary(nil))[2+32+4:]
	_, err = utt.NewSessionMessage(public(auditors)[1], m)
	require.ErrorIs(t, err, utt.ErrInvalid, "another's")
	_, err = utt.NewSessionMessage(public(auditors)[0], make([]byte, 1<<16))
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = utt.NewSessionAdoption(c.p, nil, dkg.SessionID{}, threshold.Generation{})
	require.ErrorIs(t, err, utt.ErrInvalid)
}

// More than f parties of a key's holders have to be wrong for the ledger to take another
// generation [RES-HEIGHT]: f who adopt another hold up nothing.
func TestRejectsAdoptionByFew(t *testing.T) {
	c := newChain(t)
	id, parties := c.made()
	c.block(must(utt.NewSessionAdoption(c.p, auditors[0], id, threshold.Generation{1})))
	c.adopt(parties[1])
	_, err := c.ledger.Holders("audit")
	require.ErrorIs(t, err, utt.ErrNotFound, "one adopted the one and one the other")
	_, ok := c.log.Adopted(id)
	require.False(t, ok)
	c.adopt(parties[2])
	require.Equal(t, must(c.log.Outcome(id)).Encryption.Generation(), must(c.ledger.Holders("audit")).Generation)
	_, ok = c.log.Adopted(id)
	require.True(t, ok)
}
