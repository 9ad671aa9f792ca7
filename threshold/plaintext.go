package threshold

import (
	"context"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Plaintext is m·G, as much as decryption yields of a number m. It compares with ==, prints
// as "redacted", and is a key for maps. The zero value is 0·G.
type Plaintext struct{ p curve.G1 }

// NewPlaintext is m·G: of a number that might be the one encrypted.
func NewPlaintext(m sig.Attribute) Plaintext {
	return Plaintext{curve.SumSecret(curve.Term{Scalar: m.Scalar(), Point: curve.Generator()})}
}

// Bytes is a name of m·G, for tables of known numbers. The first 8 bytes rarely agree.
func (p Plaintext) Bytes() [48]byte { return p.p.Compressed() }

// Format prints "redacted".
func (p Plaintext) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (p Plaintext) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// LogTable finds numbers from plaintexts, if they are in an interval, by baby steps and
// giant steps. It is immutable and safe for concurrent use.
type LogTable struct{ logs *curve.Logs }

// Sizes of a LogTable, as powers of 2. The small one takes 1 MB, the large one 16 MB.
const (
	SmallLogTable = 16
	LargeLogTable = 20
)

// MaxInterval bounds hi − lo for Find.
const MaxInterval = curve.MaxLogWidth

// NewLogTable makes a table of 2^bits points, 8 ≤ bits ≤ 24, which takes 16·2^bits bytes and
// some 0.3 µs a point.
func NewLogTable(bits int) (*LogTable, error) {
	if bits < curve.MinLogBits || bits > curve.MaxLogBits {
		return nil, fmt.Errorf("%w: a table of 2^%d points, of 2^%d to 2^%d", ErrArgument, bits, curve.MinLogBits, curve.MaxLogBits)
	}
	return &LogTable{curve.NewLogs(bits)}, nil
}

// Find is the number m with lo ≤ m ≤ hi that p is of. It fails with ErrRange if there is
// none: who encrypted it has not kept what was promised. It takes (hi − lo)/2^(bits+1) steps
// of some 0.1 µs on all cores, for which the time tells something of m; an interval is
// bounded by MaxInterval. With the end of the context it fails with its error.
func (t *LogTable) Find(ctx context.Context, p Plaintext, lo, hi uint64) (uint64, error) {
	if t == nil || t.logs == nil || lo > hi || hi-lo > MaxInterval {
		return 0, fmt.Errorf("%w: no table, or no interval of %d numbers at most", ErrArgument, uint64(MaxInterval))
	}
	m, ok := t.logs.Find(p.p, lo, hi, func() bool { return ctx.Err() != nil })
	if ok {
		return m, nil
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("%w: not a number from %d to %d", ErrRange, lo, hi)
}

// limb is the number of bits of a limb.
const limb = 32

// Amount is lo + 2^32·hi of two limbs below 2^32.
func (t *LogTable) Amount(ctx context.Context, lo, hi Plaintext) (uint64, error) {
	low, err := t.Find(ctx, lo, 0, 1<<limb-1)
	if err != nil {
		return 0, err
	}
	high, err := t.Find(ctx, hi, 0, 1<<limb-1)
	return low + high<<limb, err
}
