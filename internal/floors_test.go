package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files of a package stand on floors: each uses what is declared at package level in
// those below it, and none uses another that uses it, be it by way of others. So a reader
// can begin at the bottom.

// use is that of one file's declarations by another.
type use struct{ from, to string }

// upward are the uses of a higher floor that cannot well be avoided.
var upward = []struct {
	pkg string
	use
	why string
}{
	{"internal/curve", use{"lanes.go", "affine.go"}, "one type of additions, whose half in lanes stands beside all that is in lanes"},
}

func TestFilesStandOnFloors(t *testing.T) {
	packages := map[string]bool{}
	for _, f := range sources(t) {
		if !f.test() && f.pkg() != "examples" && f.pkg() != "bench" {
			packages[path.Dir(f.name)] = true
		}
	}
	for _, e := range upward {
		require.True(t, packages[e.pkg], "%s is no package", e.pkg)
		require.NotEmpty(t, e.why)
	}
	for _, p := range slices.Sorted(maps.Keys(packages)) {
		uses := usesIn(t, filepath.Join("..", filepath.FromSlash(p)))
		skip := map[use]bool{}
		for _, e := range upward {
			if e.pkg == p {
				require.NotEmpty(t, uses[e.use], "%s: %s no longer uses %s: take it out of the list", p, e.from, e.to)
				skip[e.use] = true
			}
		}
		var names []string
		around := circle(uses, skip)
		for i := 1; i < len(around); i++ {
			u := use{around[i-1], around[i]}
			names = append(names, u.from+" uses "+strings.Join(uses[u], ", ")+" of "+u.to)
		}
		require.Empty(t, around, "%s: files use each other: move what is used down, or the use up:\n%s", p, strings.Join(names, "\n"))
		for u := range skip {
			others := maps.Clone(skip)
			delete(others, u)
			require.NotEmpty(t, circle(uses, others), "%s: that %s uses %s is upward no longer: take it out of the list", p, u.from, u.to)
		}
	}
}

// usesIn are the names by which the files of a package use each other's declarations at
// package level, methods aside. Files for other systems or build tags count as well;
// tests, and programs that generate files, do not.
func usesIn(t *testing.T, dir string) map[use][]string {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	declared := map[string][]string{} // names, and the files that declare them
	files := map[string]*ast.File{}
	for _, p := range paths {
		name := filepath.Base(p)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
		require.NoError(t, err)
		if f.Name.Name == "main" {
			continue
		}
		files[name] = f
		for _, id := range declaredIn(f) {
			declared[id.Name] = append(declared[id.Name], name)
		}
	}
	uses := map[use][]string{}
	for name, f := range files {
		for _, id := range f.Unresolved { // in the file itself
			for _, to := range declared[id.Name] {
				if u := (use{name, to}); to != name && !slices.Contains(uses[u], id.Name) {
					uses[u] = append(uses[u], id.Name)
				}
			}
		}
	}
	return uses
}

func declaredIn(f *ast.File) (names []*ast.Ident) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return names
}

// circle is a way from a file by uses back to it, which is first and last; nil if there is
// none. Uses in skip are left out.
func circle(uses map[use][]string, skip map[use]bool) []string {
	next := map[string][]string{}
	for u := range uses {
		if !skip[u] {
			next[u.from] = append(next[u.from], u.to)
		}
	}
	done := map[string]bool{}
	var way []string
	var visit func(file string) []string
	visit = func(file string) []string {
		if i := slices.Index(way, file); i >= 0 {
			return append(slices.Clone(way[i:]), file)
		}
		if done[file] {
			return nil
		}
		way = append(way, file)
		for _, to := range slices.Sorted(slices.Values(next[file])) {
			if c := visit(to); c != nil {
				return c
			}
		}
		way, done[file] = way[:len(way)-1], true
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(next)) {
		if c := visit(file); c != nil {
			return c
		}
	}
	return nil
}

func TestCirclesAreFound(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"top.go":       "package p\nfunc Top() { middle() }\nfunc init() { bottom = 1 }",
		"middle.go":    "package p\nfunc middle() { var Top int; _ = Top; _ = bottom; init() }\nfunc init() {}",
		"bottom.go":    "package p\nvar bottom = high\ntype box struct{ Top int }\nvar _ = box{Top: 1}",
		"high.go":      "//go:build amd64\n\npackage p\nconst high = 1\nvar _ middleOf",
		"high_not.go":  "//go:build !amd64\n\npackage p\nconst high = 2",
		"of.go":        "package p\ntype middleOf struct{}\nfunc (m middleOf) Top() { middle() }",
		"gen.go":       "//go:build ignore\n\npackage main\nfunc middle() { Top() }",
		"some_test.go": "package p\nfunc bottom2() { Top() }",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	uses := usesIn(t, dir)
	require.Equal(t, map[use][]string{
		{"top.go", "middle.go"}:      {"middle"},
		{"top.go", "bottom.go"}:      {"bottom"},
		{"middle.go", "bottom.go"}:   {"bottom"},
		{"bottom.go", "high.go"}:     {"high"},
		{"bottom.go", "high_not.go"}: {"high"},
		{"high.go", "of.go"}:         {"middleOf"},
		{"of.go", "middle.go"}:       {"middle"},
	}, uses)
	require.Equal(t, []string{"bottom.go", "high.go", "of.go", "middle.go", "bottom.go"}, circle(uses, nil))
	require.Empty(t, circle(uses, map[use]bool{{"of.go", "middle.go"}: true}))
}
