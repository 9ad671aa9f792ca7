package dkg

import (
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// An outline says of a setup what decoding it does, and of messages who has signed them.
func TestOutline(t *testing.T) {
	o, _ := oldCommittee(t)
	for name, setup := range map[string]*Setup{
		"key generation": enrolled(t, terms(1, Signing(2), 3, 1, names(4)), names(4)),
		"encryption":     enrolled(t, terms(1, Encryption(3), 2, 1, names(3)), names(3)),
		"resharing":      authorised3(t, o, 2, append(names(2), "new")),
	} {
		b, err := setup.MarshalBinary()
		require.NoError(t, err)
		out, err := ReadOutline(b)
		require.NoError(t, err, name)
		id, err := setup.ID()
		require.NoError(t, err)
		s := setup.Terms
		require.Equal(t, id, out.ID, name)
		require.Equal(t, s.Network, out.Network)
		require.Equal(t, []any{s.Purpose, s.Number, s.Threshold, s.Faults}, []any{out.Purpose, out.Number, out.Threshold, out.Faults})
		require.Equal(t, s.Parties, out.Parties)
		require.Equal(t, len(s.Schedule), len(out.Schedule))
		require.Equal(t, s.Old != nil, out.Old != nil)
		require.NoError(t, out.VerifyAuthorisations(), name)
		if s.Old != nil {
			require.Equal(t, &OldOutline{s.Old.Generation(), s.Old.Faults, s.Old.Parties}, out.Old)
		}
		session, err := NewSession(setup)
		require.NoError(t, err)
		for r := Deal; r <= Confirm; r++ {
			for index := range uint16(6) {
				m := &message{round: r, author: index}
				identity, _, err := session.author(m)
				if err == nil && slices.Contains(out.Rounds(), r) {
					require.Equal(t, identity, out.Author(r, index), "%s: round %v, %d", name, r, index)
				} else {
					require.Nil(t, out.Author(r, index))
				}
			}
		}
	}
}

// What is no setup has no outline, and takes no memory.
func TestOutlineRefuses(t *testing.T) {
	o, _ := oldCommittee(t)
	b, err := authorised3(t, o, 3, names(4)).MarshalBinary()
	require.NoError(t, err)
	for i := range b {
		_, err := ReadOutline(b[:i])
		require.Error(t, err, "cut at %d", i)
	}
	_, err = ReadOutline(append(slices.Clone(b), 0))
	require.ErrorIs(t, err, ErrMalformed)
	forged := slices.Clone(b)
	forged[len(forged)-1] ^= 1
	out, err := ReadOutline(forged)
	require.NoError(t, err)
	require.ErrorContains(t, out.VerifyAuthorisations(), "[RES-AUTH]")
	require.ErrorIs(t, (*Outline)(nil).VerifyAuthorisations(), ErrArgument)
}

func TestEnvelope(t *testing.T) {
	w := generate(t, 1, Signing(1), 2, 1, 3)
	m, err := w.parties[1].Message()
	require.NoError(t, err)
	e, err := ReadEnvelope(m)
	require.NoError(t, err)
	require.Equal(t, w.session.ID(), e.Session)
	require.Equal(t, Deal, e.Round)
	require.Equal(t, uint16(2), e.Author)
	key := w.setup.Terms.Parties[1]
	require.True(t, e.SignedBy(key))
	require.False(t, e.SignedBy(w.setup.Terms.Parties[0]))
	require.False(t, e.SignedBy(ed25519.PublicKey{1}))
	for i := 0; i < len(m); i += 1 + i/20 {
		forged := slices.Clone(m)
		forged[i] ^= 1
		if e, err := ReadEnvelope(forged); err == nil {
			require.False(t, e.SignedBy(key), "byte %d", i)
		}
	}
	_, err = ReadEnvelope(m[:len(m)-1])
	require.ErrorIs(t, err, ErrMalformed)
}

// Whatever decodes as a setup has an outline, of the same ID.
func FuzzOutline(f *testing.F) {
	o, _ := oldCommittee(f)
	for _, setup := range []*Setup{enrolled(f, terms(1, Encryption(1), 2, 1, names(3)), names(3)), authorised3(f, o, 2, names(3))} {
		b, err := setup.MarshalBinary()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		setup := new(Setup)
		if setup.UnmarshalBinary(b) != nil {
			_, _ = ReadOutline(b)
			return
		}
		out, err := ReadOutline(b)
		require.NoError(t, err)
		id, err := setup.ID()
		require.NoError(t, err)
		require.Equal(t, id, out.ID)
		require.Equal(t, setup.Authorisations, out.authorisations)
		require.Equal(t, setup.verifyAuthorisations(id) == nil, out.VerifyAuthorisations() == nil)
	})
}
