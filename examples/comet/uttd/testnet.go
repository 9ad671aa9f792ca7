package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
)

func testnetCommand() *cobra.Command {
	f := home.Founding{Name: "testnet", Host: "127.0.0.1"}
	var budget, approved, delayed string
	var audited, quiet bool
	c := &cobra.Command{
		Use: "testnet", Short: "Found a network on this machine",
		Long: "Found a network on this machine: the validators make their keys together, without a dealer,\n" +
			"and a ceremony makes those of the proof system. Each gets a home with its shares in it.\n" +
			"With --dealt one party makes all of them, which takes a second, and is for tests.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if f.Budget, err = home.ParseAmount(budget, f.Decimals); err != nil {
				return cli.Usage(fmt.Errorf("--budget: %w", err))
			}
			if audited {
				if f.Approved, err = home.ParseAmount(approved, f.Decimals); err != nil {
					return cli.Usage(fmt.Errorf("--approved: %w", err))
				}
				if f.Delayed, err = home.ParseAmount(delayed, f.Decimals); err != nil {
					return cli.Usage(fmt.Errorf("--delayed: %w", err))
				}
			}
			if !quiet {
				bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(30), progressbar.OptionSetElapsedTime(true))
				f.Progress = func(what string, done, of int) {
					bar.ChangeMax(of)
					bar.Describe(fmt.Sprintf("%-48s", what))
					_ = bar.Set(done)
				}
			}
			if err := home.Found(c.Context(), f); err != nil {
				return err
			}
			if !quiet {
				fmt.Fprintln(os.Stderr)
			}
			homes := make([]string, f.Validators)
			for i := range homes {
				homes[i] = filepath.Join(f.Folder, fmt.Sprint("node", i+1))
			}
			return cli.Print(c, map[string]any{"folder": f.Folder, "homes": homes}, func() {
				fmt.Printf("%d validators in %s; start each:\n", f.Validators, f.Folder)
				for _, h := range homes {
					fmt.Printf("  uttd start --home %s\n", cli.Quote(h))
				}
			})
		},
	}
	fl := c.Flags()
	fl.IntVarP(&f.Validators, "validators", "n", 4, "how many validators")
	fl.StringVar(&f.Folder, "dir", here, "folder of the network, which must not hold anything")
	fl.StringVar(&f.Name, "name", f.Name, "of the network")
	fl.BoolVar(&f.Dealt, "dealt", false, "keys by one party: for tests")
	fl.StringVar(&f.Asset, "asset", "cash", "the asset's name")
	fl.IntVar(&f.Decimals, "decimals", 2, "decimals of its amounts")
	fl.StringVar(&budget, "budget", "1000", "what each user may pay in private in an epoch")
	fl.DurationVar(&f.Epoch, "epoch", 30*24*time.Hour, "how long an epoch is")
	fl.BoolVar(&audited, "audited", false, "payments beyond the budget, which auditors decide on")
	fl.StringVar(&approved, "approved", "10000", "the most that auditors approve at once")
	fl.StringVar(&delayed, "delayed", "100000", "the most that they approve with a delay of a day")
	fl.DurationVar(&f.Pause, "pause", 300*time.Millisecond, "between two blocks")
	fl.Uint64Var(&f.Retain, "retain", 0, "blocks that are kept; 0 for all")
	fl.Uint64Var(&f.Every, "every", 1000, "blocks between two snapshots; 0 for none")
	fl.IntVar(&f.Port, "port", 26600, "the first of four ports for each validator")
	fl.BoolVarP(&quiet, "quiet", "q", false, "say nothing while it works")
	return c
}
