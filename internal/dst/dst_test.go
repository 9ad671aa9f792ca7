package dst_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
)

// constants are the values of all constants of type Tag in the package's source.
func constants(t *testing.T) map[string]dst.Tag {
	f, err := parser.ParseFile(token.NewFileSet(), "dst.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	tags := map[string]dst.Tag{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names {
				typ, ok := v.Type.(*ast.Ident)
				require.True(t, ok && typ.Name == "Tag", "%s is no Tag", name.Name)
				require.Greater(t, len(v.Values), i, name.Name)
				lit, ok := v.Values[i].(*ast.BasicLit)
				require.True(t, ok, "%s is no literal", name.Name)
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				tags[name.Name] = dst.Tag(s)
			}
		}
	}
	require.NotEmpty(t, tags)
	return tags
}

func TestAllIsComplete(t *testing.T) {
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		ok := f.Name() == "dst.go" || strings.HasSuffix(f.Name(), "_test.go")
		require.True(t, ok, "tags live in one file, not in %s", f.Name())
	}
	var values []dst.Tag
	for _, v := range constants(t) {
		values = append(values, v)
	}
	require.ElementsMatch(t, values, dst.All)
}

func TestForm(t *testing.T) {
	form := regexp.MustCompile(`^UTT-V1/(transcript|sigma|sig|nullifier|threshold|rangeproof|budget|utt)/[a-z0-9]+(-[a-z0-9]+)*$`)
	for name, v := range constants(t) {
		require.Regexp(t, form, string(v), name)
		require.LessOrEqual(t, len(v), 255, name) // RFC 9380, section 5.3.3, hashes longer ones
	}
}

func TestUniqueAndPrefixFree(t *testing.T) {
	for i, a := range dst.All {
		for j, b := range dst.All {
			if i != j {
				require.False(t, strings.HasPrefix(string(b), string(a)), "%s is a prefix of %s", a, b)
			}
		}
	}
}
