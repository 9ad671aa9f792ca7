package curve

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
)

func TestScalarArithmetic(t *testing.T) {
	r := fr.Modulus()
	list := append(edgeScalars(), random(t, "arithmetic", 8)...)
	for _, a := range list {
		for _, b := range list {
			x, y := a.big(), b.big()
			mod := func(n *big.Int) *big.Int { return n.Mod(n, r) }
			require.Zero(t, mod(new(big.Int).Add(x, y)).Cmp(a.Add(b).big()))
			require.Zero(t, mod(new(big.Int).Sub(x, y)).Cmp(a.Sub(b).big()))
			require.Zero(t, mod(new(big.Int).Mul(x, y)).Cmp(a.Mul(b).big()))
			require.Equal(t, x.Cmp(y) == 0, a.Equal(b))
			require.Equal(t, a == b, a.Equal(b))
		}
		require.True(t, a.Add(a.Neg()).IsZero())
		if a.IsZero() {
			require.True(t, a.Inverse().IsZero())
		} else {
			require.True(t, a.Mul(a.Inverse()).IsOne())
		}
		v, ok := a.Uint64()
		require.Equal(t, a.big().IsUint64(), ok)
		if ok {
			require.Equal(t, a.big().Uint64(), v)
		}
	}
	require.True(t, Uint64(math.MaxUint64).Equal(ScalarFromUint128(0, math.MaxUint64)))
	require.Zero(t, ScalarFromUint128(1, 2).big().Cmp(new(big.Int).Add(pow2(64), big.NewInt(2))))
	require.Zero(t, ScalarFromUint128(math.MaxUint64, math.MaxUint64).big().Cmp(new(big.Int).Sub(pow2(128), big.NewInt(1))))
}

func TestScalarFromWide(t *testing.T) {
	r := fr.Modulus()
	var inputs [][64]byte
	for _, n := range []*big.Int{
		new(big.Int), big.NewInt(1), r, new(big.Int).Sub(r, big.NewInt(1)), new(big.Int).Mul(r, r),
		pow2(255), pow2(256), pow2(511), new(big.Int).Sub(pow2(512), big.NewInt(1)), new(big.Int).Sub(pow2(256), big.NewInt(1)),
	} {
		var b [64]byte
		n.FillBytes(b[:])
		inputs = append(inputs, b)
	}
	rand := testrand.New("wide")
	for range 50 {
		var b [64]byte
		require.NoError(t, ReadRandom(rand, b[:]))
		inputs = append(inputs, b)
	}
	for _, b := range inputs {
		n := new(big.Int).SetBytes(b[:])
		require.Zero(t, n.Mod(n, r).Cmp(ScalarFromWide(&b).big()), "%x", b)
	}
}

// TestHashToScalar writes expand_message_xmd (RFC 9380, section 5.3.1) out.
func TestHashToScalar(t *testing.T) {
	const tag = dst.Tag("UTT-V1/test/field")
	for _, msg := range []string{"", "abc", string(make([]byte, 300))} {
		suffix := append([]byte(tag), byte(len(tag)))
		z := make([]byte, sha256.BlockSize)
		b0 := sha256.Sum256(concat(z, []byte(msg), []byte{0, 48, 0}, suffix))
		b1 := sha256.Sum256(concat(b0[:], []byte{1}, suffix))
		var x [32]byte
		for i := range x {
			x[i] = b0[i] ^ b1[i]
		}
		b2 := sha256.Sum256(concat(x[:], []byte{2}, suffix))
		n := new(big.Int).SetBytes(append(b1[:], b2[:16]...))
		require.Zero(t, n.Mod(n, fr.Modulus()).Cmp(HashToScalar(tag, []byte(msg)).big()))
	}
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestReadScalar(t *testing.T) {
	r := fr.Modulus()
	for _, s := range append(edgeScalars(), random(t, "read", 20)...) {
		b := s.Append(nil)
		e := s.Bytes()
		require.Equal(t, e[:], b)
		require.Equal(t, s.big().FillBytes(make([]byte, ScalarSize)), b)
		in := wire.NewReader(b)
		require.Equal(t, s, ReadScalar(in))
		require.NoError(t, in.Close())
	}
	for _, n := range []*big.Int{r, new(big.Int).Add(r, big.NewInt(1)), pow2(255), new(big.Int).Sub(pow2(256), big.NewInt(1))} {
		in := wire.NewReader(n.FillBytes(make([]byte, ScalarSize)))
		require.True(t, ReadScalar(in).IsZero())
		require.ErrorIs(t, in.Close(), wire.ErrMalformed)
	}
	in := wire.NewReader(make([]byte, ScalarSize-1))
	ReadScalar(in)
	require.ErrorIs(t, in.Close(), wire.ErrMalformed)
}

func TestRandomness(t *testing.T) {
	a, err := RandomScalar(testrand.New("a"))
	require.NoError(t, err)
	b, err := RandomScalar(testrand.New("a"))
	require.NoError(t, err)
	require.Equal(t, a, b)
	c, err := RandomScalar(nil)
	require.NoError(t, err)
	d, err := RandomNonZero(nil)
	require.NoError(t, err)
	require.NotEqual(t, c, d)

	stop := errors.New("stop")
	for n := range 64 {
		_, err = RandomScalar(testrand.Failing(n, stop))
		require.ErrorIs(t, err, stop)
	}
	_, err = RandomNonZero(testrand.Failing(1, stop))
	require.ErrorIs(t, err, stop)
	_, err = RandomNonZero(testrand.Constant(0)) // must not wait for better bytes for ever
	require.Error(t, err)
	_, err = RandomNonZero(testrand.Constant(1))
	require.NoError(t, err)
}

func TestRepeated(t *testing.T) {
	x, y := Uint64(5), Uint64(6)
	require.False(t, Repeated(nil))
	require.False(t, Repeated([]Scalar{x}))
	require.False(t, Repeated([]Scalar{x, y, x.Add(y)}))
	require.True(t, Repeated([]Scalar{x, y, x}))
	require.True(t, Repeated([]Scalar{x.Neg(), y, x}))
}

func TestScalarsPrintAsRedacted(t *testing.T) {
	s := HashToScalar("UTT-V1/test/field", []byte("secret"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%d", "%q", "%o", "%b", "%c"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, s), verb)
		require.Equal(t, "redacted", fmt.Sprintf(verb, &s), verb)
		for _, holder := range []any{[]Scalar{s}, map[string]Scalar{"s": s}, Term{s, Generator()}, [1]Scalar{s}} {
			out := fmt.Sprintf(verb, holder)
			require.Contains(t, out, "redacted", verb)
			for _, limb := range s.e {
				for _, format := range []string{"%d", "%x", "%X", "%o", "%b"} {
					require.NotContains(t, out, fmt.Sprintf(format, limb))
				}
			}
		}
	}
}
