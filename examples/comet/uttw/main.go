// Uttw is a wallet. Its folder holds a seed under a passphrase, and its state, sealed with keys
// from the seed. From the seed, 24 words on paper, all comes again that the ledger has on record.
//
//	uttw new -identity alice -net net/network.json
//	uttw register                   what an endorser vouches for
//	uttw pay -to bob -amount 12.50  in private
//
// It exits with 0, or says what is wrong and what to do, and exits with 1; with 2 if it was
// called wrongly, 3 if money or budget is missing, 4 if the ledger refused, 5 if no validator
// answered.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := new(command)
	root := &cobra.Command{
		Use: "uttw", Short: "A wallet of private digital cash", SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().StringVar(&c.folder, "wallet", "wallet", "folder of the wallet")
	root.PersistentFlags().StringVar(&c.phraseFile, "passphrase-file", os.Getenv("UTTW_PASSPHRASE_FILE"), "file with the passphrase; asked for at the terminal by default")
	root.PersistentFlags().BoolVar(&c.asJSON, "json", false, "print JSON")
	root.PersistentFlags().BoolVarP(&c.quiet, "quiet", "q", false, "say nothing while it works")
	root.AddCommand(c.newCommand(), c.restoreCommand(), c.registerCommand(), c.syncCommand(), c.balanceCommand(),
		c.payCommand(), c.requestCommand(), c.receiveCommand(), c.publicCommand(), c.mintCommand(), c.burnCommand(), c.historyCommand(), c.pendingCommand(), c.proveCommand(), c.verifyCommand())
	err := cli.Execute(ctx, root)
	if err == nil {
		return
	}
	code := exitCode(err)
	var said saidError
	if errors.As(err, &said) {
		stop()
		os.Exit(code)
	}
	if c.asJSON {
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"error": err.Error(), "exit": code})
	} else {
		fmt.Fprintln(os.Stderr, "uttw:", err)
	}
	stop()
	os.Exit(code)
}

// exitCode says what kind of error it is.
func exitCode(err error) int {
	var operation *wallet.OperationError
	var no *utt.Rejection
	var network net.Error
	switch {
	case cli.IsUsage(err):
		return 2
	case errors.Is(err, utt.ErrInsufficient):
		return 3
	case errors.As(err, &operation), errors.As(err, &no):
		return 4
	case errors.As(err, &network):
		return 5
	}
	return 1
}
