package curve

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPairingIsBilinear(t *testing.T) {
	s := random(t, "pairing", 4)
	g, h := Generator(), HashToG1("UTT-V1/test/point", []byte("h"))
	q := NewFixed(Generator2().Mul(s[0]))
	one := FixedGenerator2
	// e(a·G, q) · e(h, G2g) · e(−a·s0·G − h, G2g) = 1, in every division over the lists
	fixed := []PairFixed{{g.Mul(s[1]), q}, {h, one}, {g.Mul(s[1].Mul(s[0])).Add(h).Neg(), one}}
	for mask := range 1 << len(fixed) {
		var f []PairFixed
		var v []Pair
		for i, p := range fixed {
			if mask>>i&1 == 0 {
				f = append(f, p)
			} else {
				v = append(v, Pair{p.P, p.Q.G2()})
			}
		}
		for range 2 { // the prepared lines must survive the first call
			require.True(t, PairingCheck(f, v), "%b", mask)
		}
		for i := range f {
			wrong := append([]PairFixed(nil), f...)
			wrong[i].P = wrong[i].P.Add(g)
			require.False(t, PairingCheck(wrong, v), "%b", mask)
			require.False(t, PairingCheck(append(f[:i:i], f[i+1:]...), v), "%b", mask)
		}
		for i := range v {
			wrong := append([]Pair(nil), v...)
			wrong[i].Q = wrong[i].Q.Add(Generator2())
			require.False(t, PairingCheck(f, wrong), "%b", mask)
		}
		require.True(t, PairingCheck(f, v), "%b", mask)
	}
}

func TestPairingWithIdentities(t *testing.T) {
	g, q := Generator(), Generator2()
	none, one := NewFixed(G2{}), FixedGenerator2
	require.True(t, PairingCheck(nil, nil))
	require.True(t, PairingCheck([]PairFixed{{G1{}, one}}, nil))
	require.True(t, PairingCheck([]PairFixed{{g, none}}, nil))
	require.True(t, PairingCheck([]PairFixed{{G1{}, none}}, nil))
	require.True(t, PairingCheck(nil, []Pair{{G1{}, q}}))
	require.True(t, PairingCheck(nil, []Pair{{g, G2{}}, {G1{}, G2{}}}))
	// among others
	for _, extra := range []PairFixed{{G1{}, one}, {g, none}, {G1{}, none}} {
		require.True(t, PairingCheck([]PairFixed{extra, {g, one}, {g.Neg(), one}, extra}, nil))
		require.True(t, PairingCheck([]PairFixed{{g, one}, extra}, []Pair{{g.Neg(), q}}))
		require.False(t, PairingCheck([]PairFixed{extra, {g, one}, extra}, nil))
		require.False(t, PairingCheck([]PairFixed{extra}, []Pair{{g, q}}))
	}
	require.False(t, PairingCheck([]PairFixed{{g, one}}, nil))
	require.False(t, PairingCheck(nil, []Pair{{g, q}}))
}

// However the pairs are divided among cores, each counts once.
func TestPairingCheckDivides(t *testing.T) {
	s := random(t, "divided", 100)
	var pairs []Pair
	var sum Scalar
	for i, x := range s {
		pairs = append(pairs, Pair{Generator().Mul(x), Generator2().Mul(Uint64(uint64(i + 1)))})
		sum = sum.Add(x.Mul(Uint64(uint64(i + 1))))
	}
	fixed := []PairFixed{{Generator().Mul(sum).Neg(), FixedGenerator2}}
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	for _, cores := range []int{1, 2, 3, 5, 64} {
		runtime.GOMAXPROCS(cores)
		require.True(t, PairingCheck(fixed, pairs), "%d cores", cores)
		require.True(t, PairingCheck(append(fixed, fixed...), append(pairs, pairs...)), "%d cores", cores)
		for _, i := range []int{0, 15, 16, 47, 48, 98, 99} {
			require.False(t, PairingCheck(fixed, append(pairs[:i:i], pairs[i+1:]...)), "%d cores without pair %d", cores, i)
		}
		require.False(t, PairingCheck(nil, pairs))
	}
}
