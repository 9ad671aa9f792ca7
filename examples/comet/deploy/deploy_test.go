package deploy

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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

// What the unit and the containers start is a command of uttd, with flags that it has.
func TestStarts(t *testing.T) {
	start, err := os.ReadFile("../uttd/start.go")
	require.NoError(t, err)
	commands := 0
	for _, name := range []string{"uttd.service", "compose.yml"} {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, line := range regexp.MustCompile(`uttd,? start.*`).FindAllString(string(b), -1) {
			commands++
			for _, flag := range regexp.MustCompile(`--([a-z]+)`).FindAllStringSubmatch(line, -1) {
				require.Contains(t, string(start), `"`+flag[1]+`"`, line)
			}
		}
	}
	require.Equal(t, 5, commands)
}

// The unit is one that systemd takes, where there is a systemd to ask.
func TestUnit(t *testing.T) {
	b, err := os.ReadFile("uttd.service")
	require.NoError(t, err)
	require.Contains(t, string(b), "LoadCredential=passphrase:")
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd here: the unit is not verified")
		return
	}
	path := filepath.Join(t.TempDir(), "uttd.service")
	here := bytes.ReplaceAll(b, []byte("/usr/local/bin/uttd"), []byte("/bin/true"))
	require.NoError(t, os.WriteFile(path, here, 0o600))
	out, err := exec.CommandContext(t.Context(), analyze, "verify", path).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out))
}
