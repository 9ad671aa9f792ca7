package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
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
		{[]string{}, true},
		{[]string{"do"}, true},
		{[]string{"do", "nothing"}, true},
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
		{5, fmt.Errorf("%w: %w", httpnode.ErrUnanswered, failure)},
		{1, &net.OpError{Op: "dial", Err: failure}}, // of one node, and others have answered
		{1, &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}},
		{2, Said(Usage(failure))},
	} {
		require.Equal(t, e.code, exitCode(fmt.Errorf("at it: %w", e.err)), "%v", e.err)
	}
}

// An error is said once, as people read it or as programs do.
func TestErrorsAreSaid(t *testing.T) {
	failure := errors.New("no luck")
	for _, e := range []struct {
		code      int
		args      []string
		err       error
		out, errs string
	}{
		{1, []string{"it"}, failure, "", "test: no luck\n"},
		{1, []string{"it", "--json"}, failure, "{\n  \"error\": \"no luck\",\n  \"exit\": 1\n}\n", ""},
		{1, []string{"it", "--json"}, Said(failure), "", ""},
		{1, []string{"it"}, Said(failure), "", ""},
		{5, []string{"it"}, httpnode.ErrUnanswered, "", "test: utt: no node has answered\nNo validator answers: are they started, and are these the network's addresses?\n"},
		{0, []string{"it", "--json"}, nil, "[]\n", ""},
		{0, []string{"it"}, nil, "words\n", ""},
	} {
		root := &cobra.Command{Use: "test", SilenceErrors: true, SilenceUsage: true}
		root.PersistentFlags().Bool("json", false, "")
		root.AddCommand(&cobra.Command{Use: "it", RunE: func(c *cobra.Command, _ []string) error {
			if e.err != nil {
				return e.err
			}
			return Print(c, []int{}, func() { fmt.Println("words") })
		}})
		out, errs := written(t, func() { require.Equal(t, e.code, Run(root, e.args)) })
		require.Equal(t, []string{e.out, e.errs}, []string{out, errs}, "%v", e.args)
	}
}

// What is wrong with how a command is called is said as JSON where that is asked for, also if
// flags could not be read.
func TestWrongCallsAsJSON(t *testing.T) {
	for _, args := range [][]string{{"it", "--none", "--json"}, {"--json", "none"}, {"--json"}, {"none", "--json=true"}} {
		root := &cobra.Command{Use: "test", SilenceErrors: true, SilenceUsage: true}
		root.PersistentFlags().Bool("json", false, "")
		root.AddCommand(&cobra.Command{Use: "it", RunE: func(*cobra.Command, []string) error { return nil }})
		out, errs := written(t, func() { require.Equal(t, 2, Run(root, args)) })
		var answer struct{ Exit int }
		require.NoError(t, json.Unmarshal([]byte(out), &answer), "%v: %s", args, out)
		require.Equal(t, 2, answer.Exit)
		require.Empty(t, errs)
	}
}

// A folder is quoted as a shell takes it.
func TestQuote(t *testing.T) {
	for arg, quoted := range map[string]string{"net/node1": "net/node1", "": "''", "bob's purse": `'bob'\''s purse'`, "$(x)": "'$(x)'", "a;b": "'a;b'"} {
		require.Equal(t, quoted, Quote(arg))
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
