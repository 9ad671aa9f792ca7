package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// One contributes to each phase, from file to file, and the keys of the last one load. A
// changed file is refused, with the step that does not hold.
func TestCommands(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	do := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		require.NoError(t, run(ctx, &out, args))
		return out.String()
	}
	circuit, err := rangeproof.Compile(1)
	require.NoError(t, err)
	circuitOf := fmt.Sprintf("circuit %x, of 1 outputs; rules: none\n", circuit.ID())
	require.Equal(t, circuitOf, do("begin", path("0"), "1"))
	told := strings.TrimSpace(do("contribute", path("0"), path("1")))
	require.True(t, strings.HasPrefix(told, circuitOf), "%s", told)
	told = told[strings.LastIndex(told, "\n")+1:]
	require.Len(t, told, 64)
	do("seal", path("1"), path("2"), strings.Repeat("ab", 16))
	do("contribute", path("2"), path("3"))
	require.Contains(t, do("verify", path("3")), "phase 2 is open")
	require.Contains(t, do("seal", path("3"), path("4"), strings.Repeat("cd", 32)), "the keys are made")
	said := do("verify", path("4"))
	require.Contains(t, said, "phase 1  contribution  "+told)
	require.True(t, strings.HasPrefix(said, circuitOf))
	require.Contains(t, said, "phase 1  beacon        "+strings.Repeat("ab", 16)+"\n")
	require.Contains(t, said, "phase 2  beacon        "+strings.Repeat("cd", 32)+"\n")
	do("begin", path("paying"), "2", "pays", "tax/1/250")
	require.Contains(t, do("verify", path("paying")), ", of 2 outputs; rules: pays tax/1/250\n")
	do("keys", path("4"), path("proving"), path("verifying"))

	v := new(rangeproof.VerifyingKey)
	b, err := os.ReadFile(path("verifying"))
	require.NoError(t, err)
	require.NoError(t, v.UnmarshalBinary(b))
	require.Equal(t, rangeproof.MultiParty, v.Origin())
	digest := v.Digest()
	require.Contains(t, said, hex.EncodeToString(digest[:]))
	b, err = os.ReadFile(path("proving"))
	require.NoError(t, err)
	_, err = rangeproof.ParseProvingKey(circuit, v, b)
	require.NoError(t, err)

	b, err = os.ReadFile(path("4"))
	require.NoError(t, err)
	b[len(b)/2] ^= 1
	require.NoError(t, os.WriteFile(path("changed"), b, 0o600))
	err = run(ctx, io.Discard, []string{"verify", path("changed")})
	var at *rangeproof.StepError
	require.ErrorAs(t, err, &at)

	for _, args := range [][]string{{"begin"}, {"verify"}, {"verify", path("none")}, {"begin", path("x"), "many"},
		{"begin", path("x"), "2", "no rule"}, {"seal", path("3"), path("x"), "beacon"}, {"keys", path("3"), path("x"), path("y")},
		{"begin", path("0")}, {"contribute", path("0"), path("1")}} {
		require.Error(t, run(ctx, io.Discard, args), "%q", args)
	}
}
