package utt

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Mutant is an encoding with one field changed.
type Mutant struct {
	Field string
	How   string
	Raw   []byte
}

func (m Mutant) String() string { return m.Field + " " + m.How }

// MutateOperation changes every field of an operation in every way that its type
// allows. What is taken from another transaction is taken from other. It panics for
// a field of a type that it cannot change, so that no field is forgotten.
func MutateOperation(op, other Operation) []Mutant {
	parse := func() reflect.Value { return reflect.ValueOf(must(ParseOperation(RawOperation(op)))) }
	return mutate(parse, reflect.ValueOf(other), func(v reflect.Value) []byte { return Encode(v.Interface().(Operation)) })
}

// encoded is a type with an encoding of its own.
type encoded[T any] interface {
	*T
	MarshalBinary() ([]byte, error)
	UnmarshalBinary([]byte) error
}

// Mutate is MutateOperation for records, shares and certificates.
func Mutate[T any, P encoded[T]](v, other P) []Mutant {
	parse := func() reflect.Value {
		d := P(new(T))
		must(0, d.UnmarshalBinary(must(v.MarshalBinary())))
		return reflect.ValueOf(d)
	}
	return mutate(parse, reflect.ValueOf(other), func(v reflect.Value) []byte {
		b, err := v.Interface().(P).MarshalBinary()
		if err != nil {
			return nil // as for a point at infinity: nobody can send it
		}
		return b
	})
}

// derived are fields that are computed from the others and not encoded.
var derived = map[string]string{
	"sealed": "the encoding itself and its digest",
	"id":     "hash of a transfer's body",
	"coins":  "commitments of a transfer's outputs",
	"under":  "the parameters that these are under",

	"verified": "that Combine verified the signatures",
}

// field is one that has a value of its own.
type field struct {
	path  string
	value reflect.Value
}

// absent are fields that are encoded only where others say so: with an amount, of the other kind
// of checkpoint, or not of a registration.
var absent = []string{"burn.account", ".signatures", "Checkpoint.Credentials", ".credentials.Checkpoint.Entries", ".credentials.Checkpoint.Coins"}

// mutate applies every mutation of every field to a fresh copy.
func mutate(parse func() reflect.Value, other reflect.Value, encode func(reflect.Value) []byte) (mutants []Mutant) {
	original := encode(parse())
	others := make(map[string]reflect.Value)
	for _, f := range fields("", other) {
		others[f.path] = f.value
	}
	first := fields("", parse())
	for k, f := range first {
		neighbours := []reflect.Value{}
		for _, d := range []int{-1, 1} {
			if n := k + d; n >= 0 && n < len(first) && first[n].value.Type() == f.value.Type() {
				neighbours = append(neighbours, first[n].value)
			}
		}
		changes := f.changes()
		for i, n := range neighbours {
			changes[fmt.Sprint("of neighbour ", i)] = n
		}
		if v, ok := others[f.path]; ok {
			changes["of another transaction"] = v
		}
		effective := 0
		for _, how := range slices.Sorted(maps.Keys(changes)) {
			copied := parse()
			fields("", copied)[k].value.Set(changes[how])
			if raw := encode(copied); raw != nil && string(raw) != string(original) {
				mutants = append(mutants, Mutant{f.path, how, raw})
				effective++
			}
		}
		if effective == 0 && !slices.ContainsFunc(absent, func(path string) bool { return strings.HasSuffix(f.path, path) }) {
			panic("no effective mutation of " + f.path)
		}
	}
	return mutants
}

// fields lists all fields below a value, and the lists themselves.
func fields(path string, v reflect.Value) (all []field) {
	switch v.Interface().(type) {
	case curve.G1, curve.Scalar, nullifier.Nullifier, *rangeproof.Proof, *sig.Signature, *threshold.SignatureShare,
		NetworkID, ID, PID, [32]byte, seed, nullifier.Key, merkle.Hash, []byte:
		return []field{{path, v}}
	}
	switch v.Kind() {
	case reflect.Interface:
		return fields(path, v.Elem())
	case reflect.Pointer:
		if v.IsNil() && v.Type() == reflect.TypeFor[*threshold.Ciphertext]() {
			return nil // the row says whether there is one
		}
		if v.IsNil() && v.Type() == reflect.TypeFor[*Certificate]() {
			return nil // the kind of the record does
		}
		if v.IsNil() {
			return []field{{path + "?", v}}
		}
		if v.Type() == reflect.TypeFor[*input]() || v.Type() == reflect.TypeFor[*nullifier.Key]() {
			all = append(all, field{path + "?", v})
		}
		return append(all, fields(path, v.Elem())...)
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if _, ok := derived[name]; ok && (name != "id" || v.Type() == reflect.TypeFor[Transfer]()) {
				continue
			}
			// unexported fields are opened up
			f := reflect.NewAt(v.Field(i).Type(), unsafe.Pointer(v.Field(i).UnsafeAddr())).Elem()
			all = append(all, fields(path+"."+name, f)...)
		}
		return all
	case reflect.Slice:
		all = append(all, field{path, v})
		for i := range v.Len() {
			all = append(all, fields(fmt.Sprintf("%s[%d]", path, i), v.Index(i))...)
		}
		return all
	default:
		return []field{{path, v}}
	}
}

// changes are other values of a field's type.
func (f *field) changes() map[string]reflect.Value {
	c := map[string]reflect.Value{}
	v := f.value
	set := func(how string, x any) { c[how] = reflect.ValueOf(x).Convert(v.Type()) }
	switch x := v.Interface().(type) {
	case curve.G1:
		points(x, func(how string, p curve.G1) { set(how, p) })
	case nullifier.Nullifier:
		points(readPoint(x.Append(nil)), func(how string, p curve.G1) { set(how, *(*nullifier.Nullifier)(unsafe.Pointer(&p))) })
	case curve.Scalar:
		set("zero", curve.Scalar{})
		set("negated", x.Neg())
		set("plus 1", x.Add(curve.Uint64(1)))
		set("doubled", x.Add(x))
	case *rangeproof.Proof:
		requireFields[rangeproof.Proof](4)
		a, b, p, d := groth16Parts(x)
		points(a, func(how string, a curve.G1) { set("A "+how, proofOf(a, b, p, d)) })
		points(p, func(how string, p curve.G1) { set("C "+how, proofOf(a, b, p, d)) })
		points(d, func(how string, d curve.G1) { set("D "+how, proofOf(a, b, p, d)) })
		set("B negated", proofOf(a, b.Mul(curve.Uint64(1).Neg()), p, d))
		set("B plus a generator", proofOf(a, b.Add(curve.Generator2()), p, d))
		set("B zero", proofOf(a, curve.G2{}, p, d))
		set("A and C exchanged", proofOf(p, b, a, d))
		set("A negated, B negated", proofOf(a.Neg(), b.Mul(curve.Uint64(1).Neg()), p, d))
	case *sig.Signature:
		requireFields[sig.Signature](1)
		points(x.Point(), func(how string, p curve.G1) { set(how, sig.SignatureOf(p)) })
	case *threshold.SignatureShare:
		requireFields[threshold.SignatureShare](3)
		g, j, p := x.Generation(), x.Index(), x.Point()
		points(p, func(how string, p curve.G1) { set(how, threshold.ShareOf(g, j, p)) })
		for _, i := range []threshold.Index{0, j%4 + 1, 5, 65535} {
			set(fmt.Sprint("of party ", i), threshold.ShareOf(g, i, p))
		}
		g[0] ^= 1
		set("of another generation", threshold.ShareOf(g, j, p))
		set("of no generation", threshold.ShareOf(threshold.Generation{}, j, p))
	case []byte:
		if len(x) == 0 {
			set("long", []byte{1})
			break
		}
		for _, i := range []int{0, len(x) / 2, len(x) - 1} {
			flipped := slices.Clone(x)
			flipped[i] ^= 1
			set(fmt.Sprint("with byte ", i, " flipped"), flipped)
		}
		set("zero", make([]byte, len(x)))
		set("short", x[1:])
		set("long", append(slices.Clone(x), 0))
		set("empty", []byte{})
	case []curve.G1, []curve.Scalar, []input, []output, []part, []nullifier.Key, []merkle.Hash, signatures, []*sig.Signature, []*threshold.SignatureShare, []*threshold.DecryptionShare:
		n := v.Len()
		set("without the first", v.Slice(min(1, n), n).Interface())
		set("without the last", v.Slice(0, max(0, n-1)).Interface())
		set("empty", v.Slice(0, 0).Interface())
		if n > 0 {
			set("with the last twice", reflect.Append(reflect.AppendSlice(reflect.Zero(v.Type()), v), v.Index(n-1)).Interface())
		}
		if n > 1 {
			exchanged := reflect.AppendSlice(reflect.Zero(v.Type()), v)
			reflect.Swapper(exchanged.Interface())(0, n-1)
			set("with first and last exchanged", exchanged.Interface())
		}
	case *input:
		if x != nil {
			set("none", (*input)(nil))
		} else {
			g := curve.Generator()
			n := nullifier.Read(wire.NewReader(g.Append(nil)))
			set("one", &input{presentation{g, []curve.G1{g, g, g}, g}, n})
		}
	case *nullifier.Key:
		if x != nil {
			set("none", (*nullifier.Key)(nil))
		} else {
			n := nullifier.Read(wire.NewReader(curve.Generator().Append(nil))).Key()
			set("one", &n)
		}
	case string:
		for _, s := range []string{"gold", "", "tulips", strings.Repeat("x", 33), x + "\x00"} {
			set(fmt.Sprintf("%.8q", s), s)
		}
	case []clue:
		set("without the last", x[:max(0, len(x)-1)])
		set("with one more", append(slices.Clone(x), clue{point: [32]byte{9}}))
	case []ID:
		set("without the last", x[:max(0, len(x)-1)])
		set("with one more", append(slices.Clone(x), ID{0xff}))
	default:
		switch v.Kind() {
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			for _, n := range []uint64{0, 1, 2, 3, 255, v.Uint() + 1, v.Uint() - 1, v.Uint() << 1, ^uint64(0)} {
				set(fmt.Sprint(n), n)
			}
		case reflect.Bool:
			set("negated", !v.Bool())
		case reflect.Array: // of bytes
			for _, i := range []int{0, v.Len() - 1} {
				flipped := reflect.New(v.Type()).Elem()
				flipped.Set(v)
				flipped.Index(i).SetUint(flipped.Index(i).Uint() ^ 1)
				set(fmt.Sprint("with byte ", i, " flipped"), flipped.Interface())
			}
			set("zero", reflect.Zero(v.Type()).Interface())
			full := reflect.New(v.Type()).Elem()
			for i := range v.Len() {
				full.Index(i).SetUint(255)
			}
			set("all ones", full.Interface())
		default:
			panic(fmt.Sprintf("no mutation for field %s of type %v", f.path, v.Type()))
		}
	}
	return c
}

// points are other points than p: of the subgroup, zero, and off the subgroup.
func points(p curve.G1, set func(string, curve.G1)) {
	set("zero", curve.G1{})
	set("negated", p.Neg())
	set("plus G", p.Add(curve.Generator()))
	set("another point", randomPoint("another"))
	set("plus a point of order 3", p.Add(smallOrder(3)))
	set("plus a point of order 11", p.Add(smallOrder(11)))
	set("of order 3", smallOrder(3))
}

func readPoint(b []byte) curve.G1 { return curve.ReadG1(wire.NewReader(b)) }

// proofOf is a proof of any points, the identity included.
func proofOf(a curve.G1, b curve.G2, c, d curve.G1) *rangeproof.Proof {
	p := new(rangeproof.Proof)
	v := reflect.ValueOf(p).Elem()
	for name, x := range map[string]any{"a": a, "b": b, "c": c, "d": d} {
		f := v.FieldByName(name)
		reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().Set(reflect.ValueOf(x))
	}
	return p
}

// requireFields demands the number of fields that the mutations of an opaque type
// know of.
func requireFields[T any](n int) {
	if t := reflect.TypeFor[T](); t.NumField() != n {
		panic(fmt.Sprintf("%v has %d fields, and mutations for %d", t, t.NumField(), n))
	}
}

// CheckAlone checks operations one by one, on all cores: for many invalid ones that
// costs less than a batch and its bisection.
func (p *Parameters) CheckAlone(ctx context.Context, time uint64, ops []Operation) *Verdicts {
	alone := make([]*Verdicts, len(ops))
	parallel.For(len(ops), func(i int) { alone[i] = must(p.Check(ctx, time, ops[i:i+1])) })
	all := must(p.Check(ctx, time, nil))
	for _, v := range alone {
		maps.Copy(all.of, v.of)
	}
	return all
}
