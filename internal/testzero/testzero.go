// Package testzero calls everything that a package exports with nothing to work on:
// functions with empty arguments, and methods of zero values and nil pointers. Only
// tests import it.
package testzero

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Package is what a package exports. Run finds out from the source whether anything
// is missing.
type Package struct {
	Types     []any          // pointers to zero values
	Functions map[string]any // by name
	Errors    []error        // that its functions return
	// Usable are functions and methods, "Type.Method", which may succeed: the others
	// that return an error must return one.
	Usable []string
	// Except are files whose functions and methods are not called.
	Except []string
	// Encoded are values to be decoded into nil pointers.
	Encoded []encoding.BinaryMarshaler
}

// Run makes the calls and demands that none panics, and that errors are the
// package's.
func Run(t testing.TB, p Package) {
	t.Helper()
	d := declarations(t)
	for name := range p.Functions {
		if !d.functions[name] {
			t.Errorf("no exported function %s", name)
		}
	}
	for name := range d.functions {
		if f, ok := p.Functions[name]; ok {
			p.call(t, name, reflect.ValueOf(f))
		} else if !slices.Contains(p.Except, d.files[name]) {
			t.Errorf("function %s is not called", name)
		}
	}
	for _, v := range p.Encoded {
		b, err := v.MarshalBinary()
		into := reflect.New(reflect.Indirect(reflect.ValueOf(v)).Type()).Type()
		d, ok := reflect.Zero(into).Interface().(encoding.BinaryUnmarshaler)
		if err != nil || !ok {
			t.Errorf("%v: %v", into, err)
			continue
		}
		p.call(t, into.String()+".UnmarshalBinary of nil", reflect.ValueOf(func() error { return d.UnmarshalBinary(b) }))
	}
	types := map[string]bool{}
	for _, v := range p.Types {
		zero := reflect.ValueOf(v)
		name := zero.Type().Elem().Name()
		types[name] = true
		for m := range zero.Type().Methods() {
			full := name + "." + m.Name
			if file := d.files[full]; strings.HasSuffix(file, "_test.go") || slices.Contains(p.Except, file) {
				continue
			}
			p.call(t, full, zero.MethodByName(m.Name))
			// a nil pointer has no value, and no embedded part, to call a method of
			if d.pointer[full] {
				p.call(t, full+" of nil", reflect.Zero(zero.Type()).MethodByName(m.Name))
			}
		}
		_ = fmt.Sprintf("%v %+v %#v %s", v, v, v, v)
		_ = fmt.Sprint(reflect.Zero(zero.Type()).Interface())
	}
	for name := range d.types {
		if !types[name] {
			t.Errorf("methods of type %s are not called", name)
		}
	}
}

// call calls f with every kind of nothing.
func (p *Package) call(t testing.TB, name string, f reflect.Value) {
	t.Helper()
	for kind := range kinds {
		args := make([]reflect.Value, f.Type().NumIn())
		for i := range args {
			in := f.Type().In(i)
			if in == reflect.TypeFor[fmt.State]() || internal(in) {
				return // fmt calls it; or, as in compose.go, only this module can
			}
			args[i] = empty(in, kind)
		}
		results, panicked := try(f, args)
		if panicked != nil {
			t.Errorf("%s panics with arguments of kind %d: %v", name, kind, panicked)
			return
		}
		if kind > 0 {
			p.requireTyped(t, name, results, true)
		} else {
			of := strings.TrimSuffix(name, " of nil")
			p.requireTyped(t, name, results, slices.Contains(p.Usable, of) || strings.HasSuffix(of, ".MarshalJSON"))
		}
	}
}

// internal reports a pointer to a type of an internal package.
func internal(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && strings.Contains(t.Elem().PkgPath(), "/internal/")
}

func (p *Package) requireTyped(t testing.TB, name string, results []reflect.Value, usable bool) {
	t.Helper()
	var errs []error
	for _, r := range results {
		switch x := r.Interface().(type) {
		case error:
			errs = append(errs, x)
		case []error:
			errs = append(errs, x...)
		case nil:
			if r.Type() == reflect.TypeFor[error]() {
				errs = append(errs, nil)
			}
		}
	}
	for _, err := range errs {
		switch {
		case err == nil && !usable:
			t.Errorf("%s succeeds with nothing", name)
		case errors.Is(err, context.DeadlineExceeded): // in vain, as it should
		case err != nil && !slices.ContainsFunc(p.Errors, func(e error) bool { return errors.Is(err, e) }):
			t.Errorf("%s: %v is none of the package's errors", name, err)
		}
	}
}

// try calls f, and ranges over what it returns if that is a sequence.
func try(f reflect.Value, args []reflect.Value) (results []reflect.Value, panicked any) {
	defer func() { panicked = recover() }()
	if f.Type().IsVariadic() {
		results = f.CallSlice(args)
	} else {
		results = f.Call(args)
	}
	var last []reflect.Value
	for i, r := range results {
		switch {
		case r.Kind() == reflect.Func && !r.IsNil() && r.Type().CanSeq2():
			for _, v := range r.Seq2() {
				last = append(last, v)
			}
		case r.Kind() == reflect.Slice && r.Len() > 64:
			return nil, fmt.Sprintf("result %d has %d elements", i, r.Len())
		}
	}
	return append(results, last...), nil
}

// kinds of nothing: zero values; extreme numbers and lists of zero values; pointers
// to zero values and lists of those.
const kinds = 3

func empty(t reflect.Type, kind int) reflect.Value {
	if t == reflect.TypeFor[context.Context]() {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond) // for what waits
		context.AfterFunc(ctx, cancel)
		return reflect.ValueOf(ctx)
	}
	v := reflect.New(t).Elem()
	switch {
	case kind == 0:
	case t.Kind() == reflect.Slice:
		v = reflect.Append(v, empty(t.Elem(), kind-1))
	case t.Kind() == reflect.Pointer:
		v = reflect.New(t.Elem())
	case v.CanInt():
		v.SetInt([]int64{0, -1, math.MaxInt32}[kind])
	case v.CanUint():
		v.SetUint([]uint64{0, 1, math.MaxUint64}[kind] & (1<<t.Bits() - 1))
	case t.Kind() == reflect.String:
		v.SetString("x")
	}
	return v
}

// declared is what the source of the package in the working directory exports.
type declared struct {
	types, functions map[string]bool
	pointer          map[string]bool   // methods declared on a pointer
	files            map[string]string // of functions and methods, those for tests included
}

func declarations(t testing.TB) declared {
	t.Helper()
	d := declared{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]string{}}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			d.add(e.Name(), decl)
		}
	}
	return d
}

func (d *declared) add(file string, decl ast.Decl) {
	test := strings.HasSuffix(file, "_test.go")
	switch decl := decl.(type) {
	case *ast.GenDecl:
		for _, s := range decl.Specs {
			s, ok := s.(*ast.TypeSpec)
			if !ok || test || !s.Name.IsExported() || s.Assign.IsValid() {
				continue
			}
			if _, isInterface := s.Type.(*ast.InterfaceType); !isInterface {
				d.types[s.Name.Name] = true
			}
		}
	case *ast.FuncDecl:
		switch {
		case !decl.Name.IsExported():
		case decl.Recv == nil:
			if !test {
				d.functions[decl.Name.Name] = true
				d.files[decl.Name.Name] = file
			}
		default:
			of := decl.Recv.List[0].Type
			star, pointer := of.(*ast.StarExpr)
			if pointer {
				of = star.X
			}
			if name, ok := of.(*ast.Ident); ok {
				full := name.Name + "." + decl.Name.Name
				d.files[full], d.pointer[full] = file, pointer
			}
		}
	}
}
