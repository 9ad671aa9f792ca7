package secret

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

var kinds = []Kind{Signing(0), Signing(2), Encryption(3)}

func draw(t testing.TB, k Kind, n int, seed string) *Polynomials {
	t.Helper()
	r := testrand.New("secret/" + seed)
	return Draw(k, n, func() curve.Scalar {
		s, err := curve.RandomScalar(r)
		require.NoError(t, err)
		return s
	})
}

// methods are those of a type in elements.go, with what they return.
func methods(t *testing.T, of string) map[string]string {
	f, err := parser.ParseFile(token.NewFileSet(), "elements.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	all := map[string]string{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil {
			continue
		}
		if name, ok := fn.Recv.List[0].Type.(*ast.Ident); ok && name.Name == of {
			var results []string
			for _, r := range fn.Type.Results.List {
				results = append(results, fmt.Sprint(r.Type))
			}
			all[fn.Name.Name] = strings.Join(results, ",")
		}
	}
	require.NotEmpty(t, all)
	return all
}

// x has no way into G1, and a none into G2.
func TestTypesKeepTheGroupsApart(t *testing.T) {
	for of, banned := range map[string][]string{"g2Secret": {"G1}", "Term}"}, "g1Secret": {"G2}", "Term2}"}} {
		for name, results := range methods(t, of) {
			for _, b := range banned {
				require.NotContains(t, strings.ReplaceAll(results, " ", "")+"}", b, "%s.%s", of, name)
			}
		}
	}
	require.Contains(t, methods(t, "dualSecret")["term1"], "Term", "the search sees what methods return")
}

// The scalars of secrets are touched by what encodes a share, what makes a finished key,
// and what proves that it is held.
func TestScalarsLeaveByFewDoors(t *testing.T) {
	doors := map[string]bool{"Append": true, "SigningKey": true, "EncryptionKeys": true, "Confirm": true}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, file := range files {
		if name := file.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "elements.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "s" {
					require.True(t, doors[fn.Name.Name], "%s: %s", file.Name(), fn.Name.Name)
					used[fn.Name.Name] = true
				}
				return true
			})
		}
	}
	require.Len(t, used, len(doors), "the search must find them")
}

func TestSharesAreOnTheirCommitments(t *testing.T) {
	for _, k := range kinds {
		p := draw(t, k, 3, "p")
		pedersen, feldman := p.Pedersen(), p.Feldman()
		for _, j := range []uint64{0, 1, 2, 31} {
			s := p.At(j)
			holds := func(j uint64) []error {
				var a, b batch.Claims
				s.ClaimPedersen(&a, "A", pedersen, j)
				s.ClaimFeldman(&b, "B", feldman, j)
				return batch.Verify(t.Context(), []*batch.Claims{&a, &b})
			}
			require.Equal(t, []error{nil, nil}, holds(j))
			for _, err := range holds(j + 1) {
				require.Error(t, err)
			}
			again := ReadShare(wire.NewReader(s.Append(nil)), k, true)
			require.Equal(t, s.Append(nil), again.Append(nil))
			require.Len(t, s.Append(nil), k.Size(true))
			public := feldman.At(j)
			if key := s.SigningKey(); key != nil {
				x2, y2, y1 := key.Public().Points()
				require.Equal(t, []any{x2, len(y2), len(y1)}, []any{public.X2, len(public.Y2), len(public.G1)})
				for i := range y2 {
					require.Equal(t, []any{y2[i], y1[i]}, []any{public.Y2[i], public.G1[i]})
				}
			} else {
				for i, a := range s.EncryptionKeys() {
					require.Equal(t, curve.Generator().Mul(a), public.G1[i])
				}
			}
		}
	}
}

func TestInterpolate(t *testing.T) {
	for _, k := range kinds {
		p := draw(t, k, 4, "p")
		at := []uint64{7, 2, 32, 1}
		var shares []*Share
		for _, j := range at {
			shares = append(shares, p.At(j))
		}
		require.Equal(t, p.Feldman(), Interpolate(at, shares).Feldman())
	}
}

func TestCombine(t *testing.T) {
	w := []curve.Scalar{curve.Uint64(3), curve.Uint64(2).Neg()}
	for _, k := range kinds {
		p, q := draw(t, k, 3, "p"), draw(t, k, 3, "q")
		for _, weights := range [][]curve.Scalar{nil, w} {
			sum := Combine(weights, []*Feldman{p.Feldman(), q.Feldman()})
			share := CombineShares(weights, []*Share{p.At(5), q.At(5)})
			var c batch.Claims
			share.ClaimFeldman(&c, "C", sum, 5)
			require.NoError(t, batch.One(&c))
			require.Len(t, share.Append(nil), k.Size(false))
		}
		// of different degrees, which [DKG-DEG] does not let happen
		longer := draw(t, k, 5, "r")
		sum := Combine(nil, []*Feldman{p.Feldman(), longer.Feldman()})
		var c batch.Claims
		CombineShares(nil, []*Share{p.At(5), longer.At(5)}).ClaimFeldman(&c, "C", sum, 5)
		require.NoError(t, batch.One(&c))
	}
}

func TestConfirmation(t *testing.T) {
	start := func(s string) *transcript.Transcript {
		tr := transcript.New(dst.DKGConfirmation)
		tr.Append("session", []byte(s))
		return tr
	}
	for _, k := range kinds {
		p := draw(t, k, 2, "p")
		share, public := p.At(3), p.Feldman().At(3)
		c, err := share.Confirm(nil, start("a"), public)
		require.NoError(t, err)
		b := c.Append(nil)
		r := wire.NewReader(b)
		c = ReadConfirmation(r, k)
		require.NoError(t, r.Close())
		require.Equal(t, b, c.Append(nil))
		verify := func(p *Public, s string, c *Confirmation) error {
			var claims batch.Claims
			p.ClaimConfirmation(&claims, start(s), c)
			return batch.One(&claims)
		}
		require.NoError(t, verify(public, "a", c))
		require.ErrorContains(t, verify(public, "b", c), "[DKG-CONFIRM]")
		require.ErrorContains(t, verify(p.Feldman().At(4), "a", c), "[DKG-CONFIRM]")
		if k.IsSigning() {
			off := *c
			off.a = c.a.Add(curve.FromG2Affine(testrand.SmallOrder2(13)))
			require.ErrorContains(t, verify(public, "a", &off), "[DKG-CONFIRM]")
			off = *c
			off.z = c.z.Add(curve.Uint64(1))
			require.ErrorContains(t, verify(public, "a", &off), "[DKG-CONFIRM]")
		}
		if k.IsSigning() && k.InG1() > 0 {
			other, err := share.Confirm(nil, start("a"), public)
			require.NoError(t, err)
			mixed := *c
			mixed.others = other.others
			require.Error(t, verify(public, "a", &mixed))
		}
	}
}

func TestErasedAndRedacted(t *testing.T) {
	for _, k := range kinds {
		p := draw(t, k, 3, "p")
		s := p.At(1)
		for _, v := range []any{p, s} {
			require.Equal(t, "redacted redacted", fmt.Sprintf("%v %#v", v, v))
		}
		p.Erase()
		s.Erase()
		zero := make([]byte, k.Size(true))
		require.Equal(t, zero, p.At(1).Append(nil))
		require.Equal(t, zero, s.Append(nil))
	}
}
