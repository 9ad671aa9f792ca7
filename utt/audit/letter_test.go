package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// newLetter has one item of each kind.
func newLetter(t testing.TB) *letter {
	t.Helper()
	_, approval, err := threshold.Deal(nil, 2, 3, 0)
	require.NoError(t, err)
	opening, shares, err := threshold.DealEncryption(nil, 2, 3, 4)
	require.NoError(t, err)
	e, err := opening.Key().Encrypt(nil, sig.Uint64(1), sig.Uint64(2), sig.Uint64(3), sig.Uint64(4))
	require.NoError(t, err)
	id := utt.ID{1}
	on, err := threshold.NewSubject(utt.NetworkID{1}, string(ToDecide), id[:])
	require.NoError(t, err)
	r, err := threshold.NewRequest(on, e, 0, 1, 2, 3)
	require.NoError(t, err)
	share, err := shares[0].Decrypt(nil, r)
	require.NoError(t, err)
	vote, err := approval[0].Sign(utt.DecisionCommitment(utt.NetworkID{1}, utt.Veto, id))
	require.NoError(t, err)
	return &letter{1, 2, []item{
		{kind: kindShare, subject: subject{purpose: ToDecide, id: id}, share: share},
		{kind: kindVote, subject: subject{purpose: ToDecide, id: id}, verb: utt.Veto, vote: vote},
		{kind: kindAsk, subject: subject{purpose: ToDecide, id: utt.ID{2}}},
		{kind: kindShare, subject: subject{ByWarrant, 7, id}, share: share},
		{kind: kindAsk, subject: subject{purpose: ForSum, id: id}},
		{kind: kindKnock, subject: subject{ByWarrant, 7, id}},
	}}
}

// What decodes encodes to the same, and whatever does not is malformed.
func TestLetterEncoding(t *testing.T) {
	b, err := newLetter(t).append(nil)
	require.NoError(t, err)
	l, err := parseLetter(b)
	require.NoError(t, err)
	again, err := l.append(nil)
	require.NoError(t, err)
	require.Equal(t, b, again)
	for i := range b {
		_, err := parseLetter(b[:i])
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
	_, err = parseLetter(append(bytes.Clone(b), 0))
	require.ErrorIs(t, err, utt.ErrMalformed)
	stray := newLetter(t)
	stray.items[1].subject = subject{ByWarrant, 7, utt.ID{1}}
	b, err = stray.append(nil)
	require.NoError(t, err)
	_, err = parseLetter(b)
	require.ErrorIs(t, err, utt.ErrMalformed, "there is no vote on a warrant")
	stray.items = []item{{kind: kindKnock, subject: subject{purpose: ForSum}}}
	b, err = stray.append(nil)
	require.NoError(t, err)
	_, err = parseLetter(b)
	require.ErrorIs(t, err, utt.ErrMalformed, "a sum has no opening")
	full, largest := letter{1, 2, nil}, newLetter(t).items[3]
	for range maxItems {
		full.items = append(full.items, largest)
	}
	k, err := DeriveKeys(append(make([]byte, SeedSize-1), 1))
	require.NoError(t, err)
	own := k.Peer()
	to, err := own.decode()
	require.NoError(t, err)
	sealed, err := k.seal(utt.NetworkID{1}, to, &full)
	require.NoError(t, err)
	require.LessOrEqual(t, len(sealed), MaxMessage, "as much as Work puts into one")
	_, err = k.open(utt.NetworkID{1}, []*peer{to, to}, 2, make([]byte, MaxMessage+1))
	require.ErrorIs(t, err, utt.ErrMalformed)
	full.items = append(full.items, full.items[0])
	b, err = full.append(nil)
	require.NoError(t, err)
	_, err = parseLetter(b)
	require.ErrorIs(t, err, utt.ErrMalformed, "more than a message holds")
}

func FuzzLetter(f *testing.F) {
	whole := newLetter(f)
	for _, items := range [][]item{whole.items, whole.items[:1], whole.items[1:2], whole.items[2:], whole.items[3:4], whole.items[4:], whole.items[5:], nil} {
		b, err := (&letter{1, 2, items}).append(nil)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLetter(b)
		if err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed)
			return
		}
		again, err := l.append(nil)
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

// A decrypted message may be anything.
func FuzzOpen(f *testing.F) {
	k, err := DeriveKeys(append(make([]byte, SeedSize-1), 1))
	require.NoError(f, err)
	own := k.Peer()
	to, err := own.decode()
	require.NoError(f, err)
	b, err := newLetter(f).append(nil)
	require.NoError(f, err)
	f.Add(b, true)
	f.Fuzz(func(t *testing.T, plain []byte, sign bool) {
		n := utt.NetworkID{1}
		if sign {
			plain = append(bytes.Clone(plain), ed25519.Sign(k.identity, signed(n, plain))...)
		}
		sealed, err := hpke.Seal(to.address, kdf, aead, info(n), plain)
		require.NoError(t, err)
		l, err := k.open(n, []*peer{to, to}, 2, sealed)
		if err == nil {
			require.True(t, sign)
			require.Equal(t, threshold.Index(1), l.from)
		}
	})
}

// Users whose keys agree are all found, and nobody else.
func TestIdentitiesWithOneKey(t *testing.T) {
	table := identities{at: make(map[uint64]uint32)}
	pids := []utt.PID{utt.PIDOf("a"), utt.PIDOf("b"), utt.PIDOf("c")}
	key := keyOf(pids[0].Plaintext())
	for _, pid := range pids[1:] {
		table.add(key, pid) // as if
	}
	_, ok := table.find(pids[0].Plaintext())
	require.False(t, ok, "two others have its key")
	table.add(key, pids[0])
	got, ok := table.find(pids[0].Plaintext())
	require.True(t, ok)
	require.Equal(t, pids[0], got)
	_, ok = table.find(utt.PIDOf("d").Plaintext())
	require.False(t, ok)
}

func TestDeriveKeys(t *testing.T) {
	for _, seed := range [][]byte{nil, {}, make([]byte, SeedSize), make([]byte, SeedSize+1), bytes.Repeat([]byte{7}, SeedSize)} {
		_, err := DeriveKeys(seed)
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
	seed := wire.AppendUint64(make([]byte, SeedSize-8), 5)
	a, err := DeriveKeys(seed)
	require.NoError(t, err)
	b, err := DeriveKeys(seed)
	require.NoError(t, err)
	require.Equal(t, a.Peer(), b.Peer())
}
