package utt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// PROTOCOL.md is held to the code: every label that the code has is in its table,
// the table has no other, and what it names exists.

var (
	labelShape   = regexp.MustCompile(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$`)
	citedLabel   = regexp.MustCompile(`\[([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+)\]`)
	tableRow     = regexp.MustCompile(`(?m)^\| \[([A-Z0-9-]+)\] \| (.*) \| (.*) \|$`)
	codeInText   = regexp.MustCompile("`([a-z0-9/_]+\\.go):([A-Za-z0-9_.]+)`")
	quoted       = regexp.MustCompile(`"([^"]+)"`)
	withLabels   = []string{".", "ledger", "replica", "session", "wallet", "follow", "audit", "provider", "../sig", "../threshold", "../threshold/dkg", "../threshold/dkg/internal/secret", "../nullifier", "../rangeproof", "../budget", "../internal/sigma", "../internal/batch"}
	takesALabel  = map[string]bool{"Require": true, "Relation": true, "Relate": true, "RelateConstant": true, "Pairing": true, "InG1": true, "InG2": true, "Claim": true, "ClaimShown": true, "ClaimHashed": true, "ClaimPoints": true, "claimEquation": true, "reject": true, "Enforced": true}
	minimumOfAll = 60 // labels, lest the search finds none
)

type labelRow struct{ code, tests string }

func has(table map[string]labelRow, label string) bool { _, ok := table[label]; return ok }

func protocol(t *testing.T) (text string, table map[string]labelRow) {
	t.Helper()
	b, err := os.ReadFile("PROTOCOL.md")
	require.NoError(t, err)
	table = make(map[string]labelRow)
	for _, m := range tableRow.FindAllStringSubmatch(string(b), -1) {
		require.False(t, has(table, m[1]), "[%s] twice", m[1])
		table[m[1]] = labelRow{m[2], m[3]}
	}
	return string(b), table
}

func parseGo(t *testing.T, path string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	return f
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return nameOf(e.X)
	case *ast.IndexExpr: // generic
		return nameOf(e.X)
	}
	return ""
}

// labelsOf are those in the strings, calls and comments of a file.
func labelsOf(f *ast.File) map[string]bool {
	labels := make(map[string]bool)
	add := func(s string, oneWord bool) {
		if labelShape.MatchString(s) && (oneWord || strings.Contains(s, "-")) {
			labels[s] = true
		}
	}
	for _, group := range f.Comments {
		for _, m := range citedLabel.FindAllStringSubmatch(group.Text(), -1) {
			labels[m[1]] = true
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, ok := text(n); ok {
				add(s, false)
				for _, m := range citedLabel.FindAllStringSubmatch(s, -1) {
					labels[m[1]] = true
				}
			}
		case *ast.CallExpr:
			for _, a := range n.Args {
				if s, ok := text(a); ok && takesALabel[nameOf(n.Fun)] {
					add(s, true)
				}
			}
		case *ast.CompositeLit:
			if nameOf(n.Type) == "Error" && len(n.Elts) > 0 {
				if s, ok := text(n.Elts[0]); ok {
					add(s, true)
				}
			}
		}
		return true
	})
	return labels
}

func TestProtocolHasEveryLabel(t *testing.T) {
	_, table := protocol(t)
	inCode := make(map[string]bool)
	for _, dir := range withLabels {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for l := range labelsOf(parseGo(t, path)) {
				require.True(t, has(table, l), "%s has [%s], and PROTOCOL.md has not", path, l)
				inCode[l] = true
			}
		}
	}
	require.GreaterOrEqual(t, len(inCode), minimumOfAll)
	require.True(t, inCode["TX-IN-SN"] && inCode["TX-B-VAL"] && inCode["ACCOUNT"] && inCode["BATCH"], "the search must find them")
	for l := range table {
		require.True(t, inCode[l], "PROTOCOL.md has a label that no code has: %s", l)
	}
}

// Text cites labels of the table only.
func TestProtocolCitesItsLabels(t *testing.T) {
	text, table := protocol(t)
	for _, m := range citedLabel.FindAllStringSubmatch(text, -1) {
		require.True(t, has(table, m[1]), "[%s] is not in the table", m[1])
	}
	for l := range table {
		require.Greater(t, strings.Count(text, "["+l+"]"), 1, "%s is in the table alone", l)
	}
	require.NotContains(t, text, "TO"+"DO")
}

func TestProtocolNamesWhatExists(t *testing.T) {
	text, table := protocol(t)
	declared := make(map[string]map[string]bool)
	for _, m := range codeInText.FindAllStringSubmatch(text, -1) {
		if declared[m[1]] == nil {
			declared[m[1]] = declarations(parseGo(t, filepath.Join("..", m[1])))
		}
		require.True(t, declared[m[1]][m[2]], "%s has no %s", m[1], m[2])
	}
	cheats := namedCheats(t)
	for l, row := range table {
		require.Regexp(t, codeInText, row.code, "no code for %s", l)
		for _, m := range codeInText.FindAllStringSubmatch(row.code, -1) {
			require.False(t, strings.HasSuffix(m[1], "_test.go"), l)
		}
		tests := 0
		for _, m := range codeInText.FindAllStringSubmatch(row.tests, -1) {
			require.True(t, strings.HasSuffix(m[1], "_test.go") && strings.HasPrefix(m[2], "Test"), "%s is no test of %s", m[2], l)
			tests++
		}
		for _, m := range quoted.FindAllStringSubmatch(row.tests, -1) {
			require.Equal(t, l, cheats[m[1]], "the label of the cheat %q", m[1])
			tests++
		}
		require.Positive(t, tests, "no test for %s", l)
	}
}

// declarations are the functions, methods as Type.Method, and types of a file.
func declarations(f *ast.File) map[string]bool {
	names := make(map[string]bool)
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = nameOf(d.Recv.List[0].Type) + "." + name
			}
			names[name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// namedCheats maps the names of the cheats to their labels, as their source has them.
func namedCheats(t *testing.T) map[string]string {
	t.Helper()
	cheats := make(map[string]string)
	files, err := filepath.Glob("cheats*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		addCheats(cheats, parseGo(t, file))
	}
	return cheats
}

// addCheats adds those of a file.
func addCheats(cheats map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			fields := make(map[string]string)
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					fields[nameOf(kv.Key)], _ = text(kv.Value)
				}
			}
			if fields["Name"] != "" {
				cheats[fields["Name"]] = fields["Label"]
			}
		case *ast.CallExpr:
			if nameOf(n.Fun) == "again" {
				name, _ := text(n.Args[0])
				cheats[name], _ = text(n.Args[1])
			}
		}
		return true
	})
}
