package comet

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// browser is a headless Chromium, if the machine has one.
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// page demands that the page of a validator is whole by itself, and, where there is a
// browser, that it shows what happened.
func (n *network) page(ctx context.Context, i int, shows ...string) {
	n.t.Helper()
	r, err := http.Get(n.info.Nodes[i] + "/")
	require.NoError(n.t, err)
	defer func() { _ = r.Body.Close() }()
	html, err := io.ReadAll(r.Body)
	require.NoError(n.t, err)
	for _, foreign := range []string{"http://", "https://", "//cdn", "<link", "@import", " src="} {
		require.NotContains(n.t, strings.ReplaceAll(string(html), "http://www.w3.org/2000/svg", ""), foreign, "the page works offline")
	}
	require.Contains(n.t, r.Header.Get("Content-Security-Policy"), "default-src 'none'")
	path := browser()
	if path == "" {
		n.t.Log("no browser here: the page is not looked at")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	args := []string{"--headless=new", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage", "--user-data-dir=" + n.t.TempDir(), "--window-size=1180,1150", "--virtual-time-budget=4000"}
	dom, err := exec.CommandContext(ctx, path, append(args, "--dump-dom", n.info.Nodes[i]+"/")...).Output()
	require.NoError(n.t, err)
	for _, text := range shows {
		require.Contains(n.t, string(dom), text)
	}
	if into := os.Getenv("COMET_SCREENSHOT"); into != "" {
		out, err := exec.CommandContext(ctx, path, append(args, "--screenshot="+into, n.info.Nodes[i]+"/")...).CombinedOutput()
		require.NoError(n.t, err, string(out))
		require.FileExists(n.t, filepath.Clean(into))
	}
}
