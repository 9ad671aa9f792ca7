package home

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// crew are auditors who make a key, all in this process.
type crew struct {
	committee
	keys []ed25519.PrivateKey
}

func newCrew(t *testing.T) *crew {
	c := &crew{committee: committee{of: "auditor", faults: 1, threshold: 2}}
	for j := range 4 {
		public, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		c.names, c.identities, c.keys = append(c.names, fmt.Sprint("auditor", j+1)), append(c.identities, public), append(c.keys, key)
	}
	return c
}

// keygen is how a key is made over a board, for one of them, or for who looks on, −1.
func (c *crew) keygen(t *testing.T, b Board, j int) *keygen {
	k := &keygen{
		groupKey: groupKey{purposeOpening, dkg.Encryption(utt.AuditComponents), &c.committee},
		network:  [32]byte{1}, board: b, say: func(string) {},
	}
	if j >= 0 {
		phrase := func() ([]byte, error) { return []byte("phrase"), nil }
		k.own = &member{identity: c.keys[j], sessions: sessions{t.TempDir(), phrase}, lead: j == 0, patience: time.Minute}
	}
	return k
}

// together has them make a key, and returns what each has of it in the end.
func (c *crew) together(t *testing.T, b Board) []*dkg.Outcome {
	all, errs := make([]*dkg.Outcome, len(c.keys)), make([]error, len(c.keys))
	var g sync.WaitGroup
	for j := range c.keys {
		k := c.keygen(t, b, j)
		g.Go(func() {
			all[j], errs[j] = k.run(t.Context(), func(q *dkg.Participant) error {
				_, err := q.EncryptionKeyShare()
				return err
			})
		})
	}
	g.Wait()
	assert.NoError(t, errors.Join(errs...))
	return all
}

// Who looks on sees the key that was made, and no other: [DKG-BULLETIN].
func TestKeyIsSeenByOthers(t *testing.T) {
	t.Parallel()
	ours, strangers := newCrew(t), newCrew(t)
	board, again, others := Board(t.TempDir()), Board(t.TempDir()), Board(t.TempDir())
	var made []*dkg.Outcome
	var g sync.WaitGroup
	g.Go(func() { made = ours.together(t, board) })
	g.Go(func() { ours.together(t, again) }) // by the same, with other secrets
	g.Go(func() { strangers.together(t, others) })
	g.Wait()
	look := func(t *testing.T, b Board) (*dkg.Outcome, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		return ours.keygen(t, b, -1).run(ctx, nil)
	}
	seen, err := look(t, board)
	require.NoError(t, err)
	require.Len(t, made, 4)
	for _, o := range made {
		require.Equal(t, utt.HoldersOf(purposeOpening, o), utt.HoldersOf(purposeOpening, seen))
		require.True(t, o.Encryption.Key().Equal(seen.Encryption.Key()))
	}
	file := func(b Board, name string) string { return filepath.Join(string(b), purposeOpening, name) }
	take := func(t *testing.T, from, to Board, name string) {
		data, err := os.ReadFile(file(from, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file(to, name), data, 0o600))
	}
	for _, c := range []struct {
		name, says string
		of         Board
		alter      func(t *testing.T, b Board)
	}{
		{"a message left out of a bulletin", "[DKG-BULLETIN]", board, func(t *testing.T, b Board) {
			var broadcast [][]byte
			require.NoError(t, readJSON(file(b, "1-bulletin"), &broadcast))
			data, err := json.Marshal(broadcast[:3])
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file(b, "1-bulletin"), data, 0o600))
		}},
		{"the last bulletin of another session", "no key has come about", board, func(t *testing.T, b Board) { take(t, again, b, "6-bulletin") }},
		{"an enrolment of another session", "no key has come about", board, func(t *testing.T, b Board) { take(t, again, b, "enrol-2") }},
		{"another's enrolment", "[DKG-AUTH]", board, func(t *testing.T, b Board) { take(t, others, b, "enrol-3") }},
		{"a session of other auditors", "no session of these auditors", others, func(*testing.T, Board) {}},
		{"what two have not signed", "too few auditors have signed", board, func(t *testing.T, b Board) {
			require.NoError(t, os.Remove(file(b, "before-7-1")))
			require.NoError(t, os.Remove(file(b, "before-7-4")))
		}},
		{"no bulletin", "which the lead of the auditors says", board, func(t *testing.T, b Board) { require.NoError(t, os.Remove(file(b, "4-bulletin"))) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := Board(t.TempDir())
			require.NoError(t, os.CopyFS(string(b), os.DirFS(string(c.of))))
			c.alter(t, b)
			_, err := look(t, b)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// A party is in one process at a time, and goes on with the session that it has, or not at all.
func TestOneSessionOfAParty(t *testing.T) {
	s := newCrew(t).keygen(t, Board(t.TempDir()), 1).own.sessions
	lock, err := s.lock()
	require.NoError(t, err)
	_, err = s.lock()
	require.ErrorContains(t, err, "another process takes part")
	require.NoError(t, lock.Close())
	lock, err = s.lock()
	require.NoError(t, err)
	require.NoError(t, lock.Close())

	b := Board(t.TempDir())
	k := newCrew(t).keygen(t, b, 1)
	require.NoError(t, os.MkdirAll(k.sessionFile(), 0o700)) // which cannot be read
	_, err = k.run(t.Context(), nil)
	require.Error(t, err)
	names, err := b.list(purposeOpening, "")
	require.NoError(t, err)
	require.Empty(t, names, "it has not begun anew")
}
