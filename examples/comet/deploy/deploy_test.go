package deploy

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The dashboard asks for metrics that there are.
func TestDashboard(t *testing.T) {
	b, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(b, &d))
	meters, err := os.ReadFile("../node/meters.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`utt_([a-z_]+)`)
	for _, p := range d.Panels {
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			for _, found := range names.FindAllStringSubmatch(target.Expr, -1) {
				name := strings.TrimSuffix(found[1], "_bucket")
				require.Contains(t, string(meters), `"`+name+`"`, p.Title)
			}
		}
	}
}
