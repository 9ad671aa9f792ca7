package utt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever opens the package finds each of its types in doc.go, once, by what it is for.
func TestIndex(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	declared, named := make(map[string]int), make(map[string]int)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() {
				declared[s.Name.Name]++
			}
			return true
		})
		if path != "doc.go" {
			continue
		}
		_, index, _ := strings.Cut(file.Doc.Text(), "# All types")
		index, _, found := strings.Cut(index, "\n# ")
		require.True(t, found)
		for _, line := range regexp.MustCompile(`(?m)^\t.{14}(.*)$`).FindAllStringSubmatch(index, -1) {
			for name := range strings.SplitSeq(line[1], ", ") {
				named[name]++
			}
		}
	}
	require.Equal(t, declared, named)
}
