package attr_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

func TestItemsAreFramed(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	lists := [][][]byte{{}, {nil}, {b("ab")}, {b("a"), b("b")}, {b("b"), b("a")}, {b("ab"), nil}, {nil, b("ab")}}
	values := map[attr.Attribute]bool{}
	bases := map[attr.Base]bool{}
	for _, l := range lists {
		values[attr.Hash("UTT-V1/test/a", l...)] = true
		values[attr.Hash("UTT-V1/test/b", l...)] = true
		bases[attr.NewBase("UTT-V1/test/a", l...)] = true
		bases[attr.NewBase("UTT-V1/test/b", l...)] = true
	}
	require.Len(t, values, 2*len(lists))
	require.Len(t, bases, 2*len(lists))
	require.Equal(t, attr.Hash("UTT-V1/test/a", b("x")), attr.Hash("UTT-V1/test/a", b("x")))
}

func TestBaseIsInTheSubgroup(t *testing.T) {
	p := attr.NewBase("UTT-V1/test/a", []byte("id")).Point()
	require.True(t, p.InSubgroup())
	require.False(t, p.IsIdentity())
	require.True(t, attr.Base{}.Point().IsIdentity())
}

func TestAttributeEncoding(t *testing.T) {
	require.True(t, attr.Attribute{}.IsZero())
	require.Equal(t, attr.Attribute{}, attr.Uint64(0))
	for _, a := range []attr.Attribute{{}, attr.Uint64(7), attr.Hash("UTT-V1/test/a", nil), attr.FromScalar(curve.Uint64(1).Neg())} {
		e := a.Bytes()
		b, err := a.AppendBinary([]byte{9})
		require.NoError(t, err)
		require.Equal(t, append([]byte{9}, e[:]...), b)
		r := wire.NewReader(b[1:])
		require.Equal(t, a, attr.Read(r))
		require.NoError(t, r.Close())
		require.Equal(t, a, attr.FromScalar(a.Scalar()))
	}
}

func TestAttributesPrintAsRedacted(t *testing.T) {
	a := attr.Uint64(123456789)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, a))
		require.Equal(t, "redacted", fmt.Sprintf(verb, &a))
		require.Contains(t, fmt.Sprintf(verb, []attr.Attribute{a}), "redacted")
	}
	b, err := json.Marshal(map[string]any{"a": a, "p": &a})
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"redacted","p":"redacted"}`, string(b))
}
