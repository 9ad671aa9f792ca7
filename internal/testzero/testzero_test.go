package testzero

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a TB that notes what would have failed.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

var errKnown = errors.New("known")

func TestFindsWhatPanicsSucceedsOrIsUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		f    any
		want string
	}{
		"a nil pointer":           {func(p *int) int { return *p }, "panics"},
		"a nil among many":        {func(p []*int) { _ = *append(p, new(int))[0] }, "panics with arguments of kind 1"},
		"no index":                {func(s []byte, i int) byte { return append(s, 0)[i] }, "panics with arguments of kind 1"},
		"a sequence":              {func() iter.Seq2[int, error] { return func(func(int, error) bool) { panic("late") } }, "late"},
		"success":                 {func() error { return nil }, "succeeds with nothing"},
		"success of one":          {func() []error { return []error{errKnown, nil} }, "succeeds with nothing"},
		"an error of another":     {func() error { return errors.New("unknown") }, "none of the package's errors"},
		"a sequence with another": {func() iter.Seq2[int, error] { return func(y func(int, error) bool) { y(0, errors.ErrUnsupported) } }, "none of the package's"},
		"a known error":           {func(*int) error { return errKnown }, ""},
		"no error to return":      {func([]*int, string) int { return 0 }, ""},
	} {
		r := new(recorder)
		(&Package{Errors: []error{errKnown}}).call(r, name, reflect.ValueOf(c.f))
		if c.want == "" {
			require.Empty(t, r.errors, name)
			continue
		}
		require.NotEmpty(t, r.errors, name)
		require.Contains(t, r.errors[0], c.want, name)
	}
}

func TestFindsWhatIsMissing(t *testing.T) {
	r := new(recorder)
	Run(r, Package{Functions: map[string]any{"Gone": func() {}}})
	require.ElementsMatch(t, []string{"no exported function Gone", "function Run is not called", "methods of type Package are not called"}, r.errors)
	r = new(recorder)
	Run(r, Package{Except: []string{"testzero.go"}, Types: []any{new(Package)}})
	require.Empty(t, r.errors)
}
