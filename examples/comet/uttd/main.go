// Uttd founds a network of validators, and is one of them.
//
//	uttd testnet -n 4 --dir net     a network on this machine
//	uttd found                      a network with others, each on a machine of his own
//	uttd start --home net/node1      one of its validators
//	uttd status, issue, endorse     what operators, the issuer and endorsers do
//	uttd sync --home net/node1       the state from others, for one that has lost its own
//	uttd invite, join, replace      one validator in place of another, by resharing
//	uttd audit, export              what auditors do; certified records for an explorer
//
// It exits with 0, or says what is wrong and what to do, and exits with 1; with 2 if it was
// called wrongly, 4 if the ledger refused, 5 if no validator answered.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
)

func main() {
	root := &cobra.Command{
		Use: "uttd", Short: "A validator of a ledger of private digital cash, on CometBFT",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().Bool("json", false, "print JSON")
	root.AddCommand(testnetCommand(), foundCommand(), startCommand(), statusCommand(), issueCommand(), endorseCommand(), syncCommand(), inviteCommand(), joinCommand(), replaceCommand(), auditCommand(), exportCommand())
	os.Exit(cli.Run(root, os.Args[1:]))
}
