package bft

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the traces of the scenarios")

// scenario is a file of testdata: a story, and after the line "trace" what must
// happen. Lines that begin with # are comments. Operations are #0 to #9, payments
// of users 0 to 9; #10 to #19, splits and burns of another coin of theirs; #20 and #21,
// second payments with the coins of #0 and #1; #22, #0 with a wrong proof; #23 to #25,
// payments that auditors approve, veto, and contradict each other on. What they say has the
// numbers from #26 on, as payments are held.
type scenario struct {
	faults int
	s      Schedule
	story  string
	trace  string
}

func readScenario(t *testing.T, w *Workload, name string) *scenario {
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	story, trace, found := strings.Cut(string(b), "\ntrace\n")
	require.True(t, found, name)
	c := &scenario{story: story, trace: trace}
	c.s = Schedule{Boot: 60, Items: items(w), Limit: 120_000, Byzantine: make(map[NodeID]Behaviour)}
	for line := range strings.Lines(story) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			require.NoError(t, c.read(line), "%s: %s", name, line)
		}
	}
	sortActions(c.s.Actions)
	return c
}

// read takes in a line of the story.
func (c *scenario) read(line string) error {
	words := strings.Fields(line)
	numbers := make([]uint64, len(words)) // of the words that are numbers
	for i, w := range words {
		numbers[i], _ = strconv.ParseUint(strings.Trim(w, "#,"), 10, 64)
	}
	form := strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		_, err := strconv.ParseUint(strings.Trim(w, "#,"), 10, 64)
		return err == nil
	}), " ")
	node := func(i int) NodeID { return NodeID(numbers[i]) }
	switch {
	case form == "replicas, of which may be faulty": // 4 replicas, of which 1 may be faulty
		c.faults = int(numbers[4])
		if numbers[0] != 3*numbers[4]+1 {
			return fmt.Errorf("not 3f+1 replicas")
		}
	case form == "seed":
		c.s.Seed = numbers[1]
	case form == "the network heals at": // the network heals at 3000
		c.s.Conditions.Heal = numbers[4]
	case form == "until then messages take up to": // until then messages take up to 800
		c.s.Conditions.Delay = numbers[6]
	case form == "until then of are held back": // until then 20 of 100 are held back
		c.s.Conditions.Drop = float64(numbers[2]) / float64(numbers[4])
	case form == "of come twice": // 20 of 100 come twice
		c.s.Conditions.Duplicate = float64(numbers[0]) / float64(numbers[2])
	case strings.HasPrefix(form, "node is "): // node 2 is Byzantine: silent leader
		kind := Behaviour(strings.TrimPrefix(form, "node is Byzantine: "))
		if !slices.Contains(Behaviours, kind) {
			return fmt.Errorf("unknown behaviour")
		}
		c.s.Byzantine[node(1)] = kind
	case strings.HasPrefix(form, "from to apart"): // from 100 to 2000 apart: 0 1 | 2 3
		split := Split{From: numbers[1], To: numbers[3]}
		_, sides, _ := strings.Cut(line, ":")
		for side := range strings.SplitSeq(sides, "|") {
			var ids []NodeID
			for _, w := range strings.Fields(side) {
				i, err := strconv.Atoi(w)
				if err != nil {
					return err
				}
				ids = append(ids, NodeID(i))
			}
			split.Sides = append(split.Sides, ids)
		}
		c.s.Conditions.Splits = append(c.s.Conditions.Splits, split)
	case form == "at submit to": // at 0 submit #0 to #7
		for i := numbers[3]; i <= numbers[5]; i++ {
			c.s.Actions = append(c.s.Actions, Action{At: numbers[1], Kind: ActionSubmit, Item: int(i)})
		}
	case form == "at node crashes":
		c.s.Actions = append(c.s.Actions, Action{At: numbers[1], Kind: ActionCrash, Node: node(3)})
	case form == "at node loses everything":
		c.s.Actions = append(c.s.Actions, Action{At: numbers[1], Kind: ActionLose, Node: node(3)})
	case form == "at node restarts":
		c.s.Actions = append(c.s.Actions, Action{At: numbers[1], Kind: ActionRestart, Node: node(3)})
	default:
		return fmt.Errorf("the story does not read on: %q", form)
	}
	return nil
}

func (c *scenario) run(t *testing.T, w *Workload) string {
	m, err := NewSimulation(replicas(t, w, c.faults), c.s)
	require.NoError(t, err)
	var b strings.Builder
	err = m.Run()
	for _, line := range m.Trace() {
		fmt.Fprintln(&b, line)
	}
	if err != nil {
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

func TestScenarios(t *testing.T) {
	w := pool(t)
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			c := readScenario(t, w, name)
			got := c.run(t, w)
			if *update {
				require.NoError(t, os.WriteFile(name, []byte(c.story+"\ntrace\n"+got), 0o644))
				return
			}
			require.Equal(t, c.trace, got)
		})
	}
}
