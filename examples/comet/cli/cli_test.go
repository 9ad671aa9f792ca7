package cli

import (
	"errors"
	"io"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

func TestErrors(t *testing.T) {
	failure := errors.New("no network")
	for _, e := range []struct {
		args  []string
		usage bool
	}{
		{[]string{"do", "it", "--how", "well"}, false},
		{[]string{"do", "it"}, true}, // without its flag
		{[]string{"do", "it", "--how", "well", "twice"}, true},
		{[]string{"do", "it", "--nothing"}, true},
		{[]string{"nothing"}, true},
		{[]string{"do", "it", "--how", "badly"}, true},
	} {
		var how string
		it := &cobra.Command{Use: "it", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			if how == "badly" {
				return Usage(failure)
			}
			return failure
		}}
		it.Flags().StringVar(&how, "how", "", "")
		require.NoError(t, it.MarkFlagRequired("how"))
		do, root := &cobra.Command{Use: "do"}, &cobra.Command{Use: "test", SilenceErrors: true, SilenceUsage: true}
		do.AddCommand(it)
		root.AddCommand(do)
		root.SetArgs(e.args)
		root.SetOut(io.Discard)
		err := Execute(t.Context(), root)
		require.Error(t, err)
		require.Equal(t, e.usage, IsUsage(err), "%v: %v", e.args, err)
		if !e.usage {
			require.ErrorIs(t, err, failure)
		}
	}
}

// An operation is named by what a command needs of it, or by all.
func TestNames(t *testing.T) {
	id, digest := utt.ID{1}, utt.Digest{2}
	whole := id.String() + "-" + digest.String()
	for _, text := range []string{id.String(), whole} {
		got, err := ID(text)
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
	for _, text := range []string{digest.String(), whole} {
		got, err := Digest(text)
		require.NoError(t, err)
		require.Equal(t, digest, got)
	}
	for _, text := range []string{"", "-", "x", whole + "0", whole[1:]} {
		_, errID := ID(text)
		_, errDigest := Digest(text)
		require.True(t, IsUsage(errID) || IsUsage(errDigest), text)
	}
}
