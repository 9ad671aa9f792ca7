package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/node"
)

func startCommand() *cobra.Command {
	var folder, level, format, profile string
	c := &cobra.Command{
		Use: "start", Short: "Run a validator, until it is interrupted", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return cli.Usage(fmt.Errorf("--log: %w: debug, info, warn or error", err))
			}
			var handler slog.Handler = slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l})
			switch format {
			case "text":
			case "json":
				handler = slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l})
			default:
				return cli.Usage(fmt.Errorf("--format %q: text or json", format))
			}
			h, err := home.Open(folder)
			if err != nil {
				return err
			}
			if err := h.Clean(); err != nil {
				return err
			}
			if profile != "" {
				h.Settings.Profile = profile
			}
			collectRarely()
			n, err := node.Start(c.Context(), h, slog.New(handler))
			if err != nil {
				return err
			}
			defer n.Stop()
			select {
			case <-c.Context().Done():
				return nil
			case err := <-n.Failed():
				return fmt.Errorf("the validator cannot go on: %w", err)
			}
		},
	}
	c.Flags().StringVar(&folder, "home", "", "folder of the validator")
	c.Flags().StringVar(&level, "log", "info", "what is logged: debug, info, warn or error")
	c.Flags().StringVar(&format, "format", "text", "of the log: text or json")
	c.Flags().StringVar(&profile, "profile", "", "host:port at which Go's profiles are served, such as 127.0.0.1:6060; by default as settings.json says")
	_ = c.MarkFlagRequired("home")
	return c
}

// Garbage is collected when there is so much of it for a part in use, in percent, or when all
// is as much as this.
const (
	garbage = 400
	memory  = 2 << 30
)

// collectRarely trades memory, of which a validator has little in use, for a tenth of its work.
// Who has set GOGC or GOMEMLIMIT decides himself.
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
}
