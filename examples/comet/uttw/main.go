// Uttw is a wallet. Its folder holds a seed under a passphrase, and its state, sealed with keys
// from the seed. From the seed, 24 words on paper, all comes again that the ledger has on record.
//
//	uttw new --identity alice --net net/network.json
//	uttw register                   what an endorser vouches for
//	uttw pay --to bob --amount 12.50   in private
//
// It exits with 0, or says what is wrong and what to do, and exits with 1; with 2 if it was
// called wrongly, 3 if money or budget is missing, 4 if the ledger refused, 5 if no validator
// answered.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
)

func main() {
	c := new(command)
	root := &cobra.Command{
		Use: "uttw", Short: "A wallet of private digital cash", SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().StringVar(&c.folder, "wallet", here, "folder of the wallet")
	root.PersistentFlags().StringVar(&c.phraseFile, "passphrase-file", os.Getenv("UTTW_PASSPHRASE_FILE"), "file with the passphrase; asked for at the terminal by default")
	root.PersistentFlags().BoolVar(&c.asJSON, "json", false, "print JSON")
	root.PersistentFlags().BoolVarP(&c.quiet, "quiet", "q", false, "say nothing while it works")
	root.AddCommand(c.newCommand(), c.restoreCommand(), c.registerCommand(), c.syncCommand(), c.balanceCommand(),
		c.payCommand(), c.requestCommand(), c.receiveCommand(), c.publicCommand(), c.mintCommand(), c.burnCommand(), c.historyCommand(), c.pendingCommand(), c.proveCommand(), c.verifyCommand())
	os.Exit(cli.Run(root, os.Args[1:]))
}
