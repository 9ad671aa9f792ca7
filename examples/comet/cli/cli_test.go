package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
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
		_, err := execute(t.Context(), root)
		require.Error(t, err)
		require.Equal(t, e.usage, IsUsage(err), "%v: %v", e.args, err)
		if !e.usage {
			require.ErrorIs(t, err, failure)
		}
	}
}

// What a process exits with says what kind of error it was.
func TestExitCodes(t *testing.T) {
	failure := errors.New("no luck")
	for _, e := range []struct {
		code int
		err  error
	}{
		{1, failure},
		{2, Usage(failure)},
		{3, &wallet.FundsError{What: wallet.FundsMoney, Need: 2, Spendable: 1}},
		{4, &utt.Rejection{Code: utt.CodeSpent}},
		{4, &wallet.OperationError{}},
		{5, Unanswered(failure)},
		{5, &net.OpError{Op: "dial", Err: failure}},
		{2, Said(Usage(failure))},
	} {
		require.Equal(t, e.code, exitCode(fmt.Errorf("at it: %w", e.err)), "%v", e.err)
	}
}

// An error is said once, as people read it or as programs do.
func TestErrorsAreSaid(t *testing.T) {
	failure := errors.New("no luck")
	for _, e := range []struct {
		args      []string
		err       error
		out, errs string
	}{
		{[]string{"it"}, failure, "", "test: no luck\n"},
		{[]string{"it", "--json"}, failure, `{"error":"no luck","exit":1}` + "\n", ""},
		{[]string{"it", "--json"}, Said(failure), "", ""},
		{[]string{"it"}, Said(failure), "", ""},
	} {
		root := &cobra.Command{Use: "test", SilenceErrors: true, SilenceUsage: true}
		root.PersistentFlags().Bool("json", false, "")
		root.AddCommand(&cobra.Command{Use: "it", RunE: func(*cobra.Command, []string) error { return e.err }})
		root.SetArgs(e.args)
		out, errs := written(t, func() { require.Equal(t, 1, Run(root)) })
		require.Equal(t, []string{e.out, e.errs}, []string{out, errs}, "%v", e.args)
	}
}

// written is what is written to standard output and standard error meanwhile.
func written(t *testing.T, do func()) (out, errs string) {
	was := [2]*os.File{os.Stdout, os.Stderr}
	defer func() { os.Stdout, os.Stderr = was[0], was[1] }()
	var files [2]*os.File
	for i := range files {
		var err error
		files[i], err = os.Create(filepath.Join(t.TempDir(), "written"))
		require.NoError(t, err)
		defer func() { _ = files[i].Close() }()
	}
	os.Stdout, os.Stderr = files[0], files[1]
	do()
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		return string(b)
	}
	return read(files[0]), read(files[1])
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
