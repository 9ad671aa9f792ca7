package utt_test

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// [WATCH-SIGNED]: nobody is told when a user is paid but who has his account key, now, and by whom
// he asked.
func TestRejectsWatchQuestions(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	k, d := watchedKeys(t, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	q, err := k.WatchQuestion(d, utt.Cursor{Height: 7, Index: 3}, now)
	require.NoError(t, err)
	require.Equal(t, k.PID(), q.PID())
	require.Equal(t, d, q.ScanKey())
	require.Equal(t, utt.Cursor{Height: 7, Index: 3}, q.From())
	account := k.Member(0).AccountKey()
	require.NoError(t, q.Verify(p, account, d, now))
	for _, late := range []time.Duration{utt.WatchValidity, -utt.WatchValidity} {
		require.NoError(t, q.Verify(p, account, d, now.Add(late)))
	}
	other, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	w := sharedWorld()
	forged, err := w.Mallory.WatchQuestion(d, q.From(), now)
	require.NoError(t, err)
	raw, err := q.MarshalBinary()
	require.NoError(t, err)
	require.Len(t, raw, 1+32+32+12+8+64)
	for name, err := range map[string]error{
		"too late":              q.Verify(p, account, d, now.Add(utt.WatchValidity+time.Second)),
		"too early":             q.Verify(p, account, d, now.Add(-utt.WatchValidity-time.Second)),
		"asked of another":      q.Verify(p, account, other.ScanKey(), now),
		"on another ledger":     q.Verify(w.Parameters, account, d, now),
		"by another user":       forged.Verify(p, account, d, now),
		"without account key":   q.Verify(p, nil, d, now),
		"with a short one":      q.Verify(p, account[:31], d, now),
		"none":                  (*utt.WatchQuestion)(nil).Verify(p, account, d, now),
		"an empty one":          new(utt.WatchQuestion).Verify(p, account, d, now),
		"with another's as his": forged.Verify(p, ed25519.PublicKey(make([]byte, 32)), d, now),
	} {
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	for i := 1; i < len(raw); i++ { // every byte is signed
		b := slices.Clone(raw)
		b[i] ^= 1
		m := new(utt.WatchQuestion)
		require.NoError(t, m.UnmarshalBinary(b))
		require.ErrorContains(t, m.Verify(p, account, m.ScanKey(), now), "[WATCH-SIGNED]", "byte %d", i)
	}
	for i := range raw {
		require.ErrorIs(t, new(utt.WatchQuestion).UnmarshalBinary(raw[:i]), utt.ErrMalformed)
	}
	for name, key := range map[string]utt.ScanKey{"nobody": {}, "a key of small order": {1}} {
		_, err = k.WatchQuestion(key, utt.Cursor{}, now)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
}

// [WATCH-ORDER]: an answer names places in order, each once, of what was asked for.
func TestRejectsWatchAnswers(t *testing.T) {
	place := func(height uint64, index uint32) utt.Cursor { return utt.Cursor{Height: height, Index: index} }
	from, next := place(5, 1), place(9, 0)
	for name, places := range map[string][]utt.Cursor{
		"before":   {place(5, 0)},
		"behind":   {place(6, 0), next},
		"twice":    {place(6, 3), place(6, 3)},
		"back":     {place(6, 3), place(6, 2)},
		"back far": {place(8, 0), place(7, 9)},
	} {
		err := (&utt.WatchAnswer{Places: places, Next: next}).Check(from)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, "[WATCH-ORDER]", name)
	}
	require.NoError(t, (&utt.WatchAnswer{Places: []utt.Cursor{from, place(5, 2), place(8, 1<<32-1)}, Next: next}).Check(from))
	require.NoError(t, (&utt.WatchAnswer{Next: place(3, 0)}).Check(from), "who lags has nothing to say")
	many := &utt.WatchAnswer{Next: next}
	for i := range uint32(utt.MaxWatchPlaces + 1) {
		many.Places = append(many.Places, place(6, i))
	}
	require.ErrorIs(t, many.Check(from), utt.ErrInvalid)
	_, err := many.MarshalBinary()
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorIs(t, (*utt.WatchAnswer)(nil).Check(from), utt.ErrInvalid)
}
