// Package internal_test holds the import graph: it is the architecture.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/utt-ecash/utt-go"

// layers names for every package those of the module that it may import.
var layers = func() map[string][]string {
	ordered := []string{ // each may import those before it
		"internal/dst", "internal/wire", "internal/parallel", "internal/ifma", "internal/curve",
		"internal/attr", "internal/transcript", "internal/batch", "internal/sigma",
	}
	m := map[string][]string{}
	for i, p := range ordered {
		m[p] = ordered[:i]
	}
	m["internal/keycheck"] = nil                     // of keys of strangers
	m["internal/merkle"] = []string{"internal/wire"} // the tree of a log
	m["internal/testrand"], m["internal/testzero"], m["internal/ifma/gen"] = nil, nil, nil
	with := func(more ...string) []string { return append(slices.Clone(ordered), more...) }
	m["sig"] = with()
	m["threshold"] = with("sig")
	m["threshold/dkg/internal/secret"] = with("sig")
	m["threshold/dkg"] = with("internal/keycheck", "sig", "threshold", "threshold/dkg/internal/secret")
	m["nullifier"] = with()
	m["rangeproof"] = with()
	m["budget"] = with("sig", "threshold", "nullifier", "rangeproof")
	m["utt"] = with("internal/keycheck", "internal/merkle", "sig", "threshold", "threshold/dkg", "nullifier", "rangeproof", "budget")
	m["utt/store"] = []string{"internal/parallel"}
	rooms := slices.Clip(append(m["utt"], "utt", "utt/store"))
	m["utt/policies"] = rooms                      // policy tables ready-made
	m["utt/session"] = rooms                       // those who make keys on a ledger
	m["utt/ledger"] = rooms                        // the state machine
	m["utt/replica"] = append(rooms, "utt/ledger") // what a replica does with it
	m["utt/follow"] = rooms                        // certified records, from any node
	readers := slices.Clip(append(rooms, "utt/follow"))
	m["utt/wallet"] = readers                                                                                                        // never meets the ledger
	m["utt/provider"] = readers                                                                                                      // who looks out for payments to others
	m["utt/audit"] = readers                                                                                                         // neither ledger nor wallet
	m["utt/conformance"] = append(readers, "utt/wallet")                                                                             // tests for integrators
	m["utt/httpnode"] = append(readers, "utt/wallet", "internal/merkle")                                                             // nodes over HTTP
	m["utt/local"] = append(m["utt/replica"], "utt/replica", "utt/policies", "utt/session", "utt/follow", "utt/wallet", "utt/audit") // a network in one process
	m["examples"] = append(m["utt/local"], "utt/local", "utt/httpnode", "utt/provider")
	m["bench"] = append(m["examples"], "examples")
	return m
}()

var dependencies = []string{
	"github.com/consensys/gnark",
	"github.com/consensys/gnark-crypto",
	"github.com/stretchr/testify",
	"golang.org/x/crypto",
}

type file struct {
	name    string // relative to the module, with slashes
	imports []string
}

// pkg is the package's path in the module; everything under examples and bench
// counts as one package.
func (f file) pkg() string { return layer(path.Dir(f.name)) }

func (f file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

func layer(dir string) string {
	for _, p := range []string{"examples", "bench"} {
		if strings.HasPrefix(dir, p+"/") {
			return p
		}
	}
	return dir
}

// sources are the module's Go files, those of nested modules left out.
func sources(t *testing.T) []file {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	var files []file
	require.NoError(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, nested := os.Stat(filepath.Join(p, "go.mod"))
			if p != root && (nested == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(name)}
		for _, i := range parsed.Imports {
			v, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, v)
		}
		files = append(files, f)
		return nil
	}))
	require.NotEmpty(t, files)
	return files
}

func TestImportGraph(t *testing.T) {
	for _, f := range sources(t) {
		if f.pkg() == "internal" {
			require.True(t, f.test(), f.name)
			continue
		}
		allowed, known := layers[f.pkg()]
		require.True(t, known, "%s: package %s is not in the layout", f.name, f.pkg())
		if f.test() {
			continue
		}
		for _, i := range f.imports {
			rel, own := strings.CutPrefix(i, module+"/")
			if !own || layer(rel) == f.pkg() {
				continue
			}
			require.Contains(t, allowed, layer(rel), "%s imports %s", f.name, rel)
		}
	}
}

func TestCurveIsTheOnlyDoorToTheCurve(t *testing.T) {
	doors := []string{"internal/ifma", "internal/curve", "rangeproof", "internal/testrand"}
	for _, f := range sources(t) {
		for _, i := range f.imports {
			if !f.test() && (strings.HasPrefix(i, "github.com/consensys/gnark-crypto") || i == "crypto/elliptic") {
				require.Contains(t, doors, f.pkg(), "%s imports %s", f.name, i)
			}
		}
	}
}

// Examples are what users copy: they compile outside of the module, where nothing
// internal can be imported, and show a package from outside.
func TestExamplesAreForUsers(t *testing.T) {
	examples := 0
	for _, f := range sources(t) {
		if !f.test() {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", f.name), nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if fn, ok := d.(*ast.FuncDecl); !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Example") {
				continue
			}
			examples++
			require.True(t, strings.HasSuffix(parsed.Name.Name, "_test"), "%s is in package %s", f.name, parsed.Name.Name)
			for _, i := range f.imports {
				require.NotContains(t, i, "/internal/", "%s is an example and imports %s", f.name, i)
				require.NotContains(t, i, "math/rand", "%s is an example and imports %s", f.name, i)
			}
		}
	}
	require.GreaterOrEqual(t, examples, 9)
}

func TestLibraryImportsNoWeakRandomness(t *testing.T) {
	for _, f := range sources(t) {
		if f.test() || slices.Contains([]string{"internal/testrand", "utt/conformance", "examples", "bench"}, f.pkg()) {
			continue
		}
		for _, i := range []string{"math/rand", "math/rand/v2", "unsafe"} {
			require.NotContains(t, f.imports, i, f.name)
		}
	}
}

// What takes or yields a type of an internal package, nobody outside can use: it is in
// compose.go of its package.
func TestComposeHoldsWhatOnlyThisModuleCanUse(t *testing.T) {
	seen := 0
	for _, f := range sources(t) {
		if f.test() || path.Base(f.name) == "compose.go" || slices.Contains(strings.Split(f.pkg(), "/"), "internal") ||
			slices.Contains([]string{"examples", "bench"}, f.pkg()) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", f.name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		internal := map[string]bool{}
		for _, i := range f.imports {
			if strings.HasPrefix(i, module+"/internal/") {
				internal[path.Base(i)] = true
			}
		}
		for _, d := range parsed.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Recv != nil && !ast.IsExported(receiver(fn)) {
				continue
			}
			seen++
			ast.Inspect(fn.Type, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok {
						require.False(t, internal[x.Name], "%s: %s takes or yields %s.%s; move it to compose.go", f.name, fn.Name.Name, x.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	require.Greater(t, seen, 200)
}

func receiver(fn *ast.FuncDecl) string {
	of := fn.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	require.NotContains(t, string(mod), "replace ")
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) < 2 || !strings.Contains(fields[0], ".") || strings.Contains(line, "// indirect") {
			continue
		}
		if fields[0] != "module" && fields[0] != "go" {
			require.Contains(t, dependencies, fields[0], "direct dependency in go.mod")
		}
	}
	for _, f := range sources(t) {
		for _, i := range f.imports {
			first, _, _ := strings.Cut(i, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(i, module+"/") {
				continue
			}
			known := slices.ContainsFunc(dependencies, func(d string) bool { return i == d || strings.HasPrefix(i, d+"/") })
			require.True(t, known, "%s imports %s", f.name, i)
		}
	}
}

// TestLayout keeps the top level to what README.md and the house style list.
func TestLayout(t *testing.T) {
	require.Empty(t, misplaced(t, "..", "the root",
		"utt", "sig", "nullifier", "budget", "threshold", "rangeproof", "internal", "bench", "examples",
		"go.mod", "go.sum", "LICENSE", "README.md"))
	require.Empty(t, misplaced(t, ".", "internal",
		"architecture_test.go", "floors_test.go",
		"dst", "wire", "parallel", "ifma", "curve", "transcript", "sigma", "batch", "attr", "keycheck", "merkle", "testrand", "testzero"))
}

// misplaced says what a folder holds and should not, and what it lacks. What git
// ignores does not count: hidden files, files that go test leaves, and programs that go
// build makes of the examples.
func misplaced(t *testing.T, dir, name string, want ...string) (complaints []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	missing := slices.Clone(want)
	for _, e := range entries {
		missing = slices.DeleteFunc(missing, func(w string) bool { return w == e.Name() })
		_, errExample := os.Stat(filepath.Join("..", "examples", e.Name()))
		switch {
		case slices.Contains(want, e.Name()), strings.HasPrefix(e.Name(), "."),
			slices.Contains([]string{".test", ".prof", ".out"}, path.Ext(e.Name())),
			errExample == nil && !e.IsDir():
		default:
			complaints = append(complaints, e.Name()+" does not belong in "+name+
				": move it out, or add it to the layout in internal/architecture_test.go")
		}
	}
	for _, m := range missing {
		complaints = append(complaints, m+" is missing in "+name)
	}
	return complaints
}

func TestMisplaced(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"kept", "notes.md", ".hidden", "cpu.prof", "quickstart"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), nil, 0o600))
	}
	require.Equal(t, []string{
		"notes.md does not belong in the root: move it out, or add it to the layout in internal/architecture_test.go",
		"lost is missing in the root",
	}, misplaced(t, dir, "the root", "kept", "lost"))
}
