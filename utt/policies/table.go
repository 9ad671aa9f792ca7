package policies

import (
	"slices"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Table is a policy table whose circuits have no keys yet.
type Table struct {
	Rows     []utt.Row // which name circuits by index
	Circuits []Circuit
}

// Circuit is what a circuit proves.
type Circuit struct {
	Outputs int
	Rules   []rangeproof.Rule
}

// Compile makes the circuit that is to be set up.
func (c Circuit) Compile() (*rangeproof.Circuit, error) {
	return rangeproof.Compile(c.Outputs, c.Rules...)
}

// add adds a row, and its circuit unless there is one like it.
func (t *Table) add(row utt.Row, outputs int, rules ...rangeproof.Rule) {
	c := Circuit{outputs, slices.Clone(rules)}
	if row.Circuit = slices.IndexFunc(t.Circuits, c.like); row.Circuit < 0 {
		row.Circuit = len(t.Circuits)
		t.Circuits = append(t.Circuits, c)
	}
	t.Rows = append(t.Rows, row)
}

// like reports whether circuits prove the same.
func (c Circuit) like(d Circuit) bool {
	return c.Outputs == d.Outputs && slices.EqualFunc(c.Rules, d.Rules, func(a, b rangeproof.Rule) bool { return a.Name() == b.Name() })
}
