package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func (c *command) newCommand() *cobra.Command {
	var identity, network string
	d := &cobra.Command{
		Use: "new", Short: "Make a wallet", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			seed := make([]byte, utt.SeedSize)
			_, _ = rand.Read(seed) // never fails
			words, err := wallet.Words(seed)
			if err != nil {
				return err
			}
			if err := c.create(identity, network, seed, time.Now().UTC().Truncate(time.Second)); err != nil {
				return err
			}
			return c.print(map[string]any{"identity": identity, "wallet": c.folder, "words": words},
				"A wallet for %s in %s. Write these words down, in order: whoever has them has the money.\n\n  %s\n\nNext: %s", identity, c.folder, words, c.call("register"))
		},
	}
	d.Flags().StringVar(&identity, "identity", "", "whose wallet it is, such as an account name")
	d.Flags().StringVar(&network, "net", "net/network.json", "file that names the network")
	_ = d.MarkFlagRequired("identity")
	return d
}

func (c *command) restoreCommand() *cobra.Command {
	var identity, network string
	d := &cobra.Command{
		Use: "restore", Short: "Make a wallet again from its words", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := line("the 24 words")
			if err != nil {
				return err
			}
			seed, err := wallet.ParseWords(text)
			if err != nil {
				return cli.Usage(err)
			}
			if err := c.create(identity, network, seed, time.Time{}); err != nil {
				return err
			}
			return c.print(map[string]any{"identity": identity, "wallet": c.folder}, "restored in %s; %s shows what is there", c.folder, c.call("balance"))
		},
	}
	d.Flags().StringVar(&identity, "identity", "", "whose wallet it is")
	d.Flags().StringVar(&network, "net", "net/network.json", "file that names the network")
	_ = d.MarkFlagRequired("identity")
	return d
}

func (c *command) registerCommand() *cobra.Command {
	var out string
	d := &cobra.Command{
		Use: "register", Short: "Write a registration, for an endorser to vouch for", Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			w, err := c.open(d.Context())
			if err != nil {
				return err
			}
			defer w.close()
			r, err := w.Registration(0)
			if err != nil {
				return err
			}
			b, err := r.MarshalBinary()
			if err != nil {
				return err
			}
			if out == "" {
				out = strings.Map(safe, w.Identity()) + ".registration"
			}
			if err := write(out, b); err != nil {
				return err
			}
			return c.print(map[string]any{"file": out, "identity": w.Identity()},
				"%s holds the registration of %s. The endorser vouches for it and hands it in, with --dir where the network is not in the folder net:\n\n  uttd endorse --identity %s %s", out, w.Identity(), cli.Quote(w.Identity()), cli.Quote(out))
		},
	}
	d.Flags().StringVar(&out, "out", "", "the file; named after the identity by default")
	return d
}

// safe keeps of an identity what a file's name may have.
func safe(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
		return r
	}
	return '-'
}

func (c *command) syncCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sync", Short: "Take in what happened, and ask for budget if it is time to", Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			asked := []string{}
			for _, asset := range w.p.Assets() {
				b, err := w.Budget(asset)
				if err != nil {
					return err
				}
				if b.Next == 0 || b.Suspended || time.Now().Before(b.When) {
					continue
				}
				h, err := w.RequestBudget(d.Context(), w.node, asset, b.Next)
				if _, err := w.finish(d.Context(), h, err); err != nil {
					return err
				}
				asked = append(asked, asset)
			}
			at := w.Checkpoint()
			return c.print(map[string]any{"height": at.Height, "records": at.Records, "budget_asked": asked},
				"synced up to block %d, %d records", at.Height, at.Records)
		},
	}
}

// synced opens the wallet, and takes in what there is.
func (c *command) synced(d *cobra.Command) (*purse, error) {
	w, err := c.open(d.Context())
	if err != nil {
		return nil, err
	}
	if err := w.sync(d.Context()); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (c *command) balanceCommand() *cobra.Command {
	var asset string
	d := &cobra.Command{
		Use: "balance", Short: "What the wallet has", Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			name, decimals, err := w.asset(asset)
			if err != nil {
				return err
			}
			b := w.Balance(name)
			say := func(v utt.Amount) string { return home.FormatAmount(v, decimals) }
			free, leave := b.Budget, "of it to be paid without anybody's leave"
			if budget, err := w.Budget(name); err == nil && !budget.Granted && !budget.Suspended && budget.Next == budget.Epoch {
				free, leave = budget.Allowance, "of it to be paid without anybody's leave, once it has its budget, for which the first payment asks"
			}
			return c.print(map[string]any{
				"asset": name, "private": say(b.Spendable), "pending": say(b.Pending), "account": say(b.Account), "budget": say(b.Budget),
				"held": say(b.Held), "incoming": say(b.Incoming), "registered": w.Registered(), "height": w.Checkpoint().Height,
			}, "%s of %s, as of block %d\n  private      %12s   in coins; %s %s\n  pending      %12s\n  held         %12s   by auditors\n  in the open  %12s   on the account",
				name, w.Identity(), w.Checkpoint().Height, say(b.Spendable), say(min(free, b.Spendable)), leave, say(b.Pending), say(b.Held), say(b.Account))
		},
	}
	d.Flags().StringVar(&asset, "asset", "", "of which asset; the network's only one by default")
	return d
}

// order is how much of an asset is to be moved.
type order struct {
	asset    string
	decimals int
	amount   utt.Amount
}

// order is what two flags say.
func (w *purse) order(asset, amount string) (o order, err error) {
	if o.asset, o.decimals, err = w.asset(asset); err != nil {
		return o, err
	}
	if o.amount, err = home.ParsePositive(amount, o.decimals); err != nil {
		return o, cli.Usage(err)
	}
	return o, nil
}

// movement is a command that moves money.
type movement struct {
	use, short string
	proves     bool
	flags      func(*cobra.Command)
	order      func(w *purse, asset, amount string) (order, error)
	move       func(d *cobra.Command, w *purse, asset string, v utt.Amount) (wallet.Handle, error)
}

func (c *command) money(m movement) *cobra.Command {
	var asset, amount string
	d := &cobra.Command{
		Use: m.use, Short: m.short, Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			o, err := m.order(w, asset, amount)
			if err != nil {
				return err
			}
			if m.proves {
				if err := w.provers(d.Context()); err != nil {
					return err
				}
			}
			h, err := m.move(d, w, o.asset, o.amount)
			state, err := w.finish(d.Context(), h, err)
			if err != nil {
				return w.explain(err, o)
			}
			return w.moved(state, m.use, h, o)
		},
	}
	d.Flags().StringVar(&asset, "asset", "", "of which asset; the network's only one by default")
	d.Flags().StringVar(&amount, "amount", "", "how much, such as 12.50")
	m.flags(d)
	return d
}

// moved says what was done.
func (w *purse) moved(s wallet.State, use string, h wallet.Handle, o order) error {
	amount := home.FormatAmount(o.amount, o.decimals)
	answer := map[string]any{"done": use, "state": s.String(), "asset": o.asset, "amount": amount, "operation": h.String()}
	proof := ""
	if use == "pay" {
		if text, err := w.ProofOf(h, 0, ""); err == nil {
			answer["proof"] = text
			proof = "\nproof of payment, for whom you show it: " + text
		}
	}
	return w.c.print(answer, "%s: %s %s, %v%s", use, amount, o.asset, s, proof)
}

// explain says what is missing in amounts as people write them.
func (w *purse) explain(err error, o order) error {
	var f *wallet.FundsError
	if !errors.As(err, &f) {
		return err
	}
	say := func(v utt.Amount) string { return home.FormatAmount(v, o.decimals) }
	text := fmt.Sprintf("%s %s of %s needed, %s there and %s waiting", say(f.Need), o.asset, f.What, say(f.Spendable), say(f.Pending))
	switch {
	case f.Spendable+f.Pending >= f.Need:
		text += ": again once what waits is decided, see " + w.c.call("pending")
	case f.Waiting > 0:
		text += ": more may come with " + w.c.call("sync")
	case f.Beyond != nil:
		text += ": say --beyond, and auditors decide on it"
	case f.What == wallet.FundsBudget && w.Balance(o.asset).Spendable < o.amount:
		text = w.mintable(fmt.Sprintf("%s %s needed, and only %s private", say(o.amount), o.asset, say(w.Balance(o.asset).Spendable)), o)
	case f.What == wallet.FundsBudget:
		text += ": the rules of this network let nobody pay so much beyond it; it is new in the next epoch"
	case f.What == wallet.FundsMoney:
		text = w.mintable(text, o)
	}
	return missing{text, err}
}

// mintable says with a text that money is missing whether there is enough on the account.
func (w *purse) mintable(text string, o order) string {
	b := w.Balance(o.asset)
	say := func(v utt.Amount) string { return home.FormatAmount(v, o.decimals) }
	switch lacks := o.amount - min(o.amount, b.Spendable); {
	case b.Account == 0 || lacks == 0:
		return text
	case b.Account < lacks:
		return fmt.Sprintf("%s, and only %s on the account", text, say(b.Account))
	default:
		return fmt.Sprintf("%s: %s makes private what lacks, of %s on the account", text, w.c.call("mint --amount "+say(lacks)), say(b.Account))
	}
}

// missing is an error in the words of people, not of the library.
type missing struct {
	text string
	err  error
}

func (m missing) Error() string { return m.text }
func (m missing) Unwrap() error { return m.err }

func (c *command) payCommand() *cobra.Command {
	var to, memo, request string
	var beyond, again bool
	return c.money(movement{
		use: "pay", short: "Pay in private", proves: true,
		flags: func(d *cobra.Command) {
			d.Flags().StringVar(&to, "to", "", "who is paid, an identity that is registered")
			d.Flags().StringVar(&memo, "memo", "", "a text for the payee")
			d.Flags().StringVar(&request, "request", "", "pay what a payee asks for with this text; - reads it from standard input")
			d.Flags().BoolVar(&again, "again", false, "pay a request also if it was paid already")
			d.Flags().BoolVar(&beyond, "beyond", false, "beyond the budget, if need be: auditors open what the rules say, and decide")
			d.MarkFlagsOneRequired("to", "request")
			d.MarkFlagsOneRequired("amount", "request")
			for _, said := range []string{"to", "amount", "asset", "memo"} { // by the request
				d.MarkFlagsMutuallyExclusive(said, "request")
			}
		},
		order: func(w *purse, asset, amount string) (order, error) {
			if request == "" {
				return w.order(asset, amount)
			}
			r, err := w.requested(request, again)
			to, memo = r.Identity, r.Memo
			return order{r.Asset, w.settings.Network.Decimals[r.Asset], r.Amount}, err
		},
		move: func(d *cobra.Command, w *purse, asset string, v utt.Amount) (wallet.Handle, error) {
			if to == w.Identity() {
				return wallet.Handle{}, cli.Usage(fmt.Errorf("%s is who pays", to))
			}
			if err := w.funded(d.Context(), asset); err != nil {
				return wallet.Handle{}, err
			}
			done := c.busy("proving")
			defer done()
			h, err := w.Pay(d.Context(), w.node, to, asset, v, memo)
			var f *wallet.FundsError
			if beyond && errors.As(err, &f) && f.Beyond != nil {
				return w.PayAs(d.Context(), w.node, f.Beyond.Case, to, asset, v, memo)
			}
			return h, err
		},
	})
}

// howMuch demands an amount.
func howMuch(d *cobra.Command) { _ = d.MarkFlagRequired("amount") }

func (c *command) publicCommand() *cobra.Command {
	var to string
	return c.money(movement{
		use: "public", short: "Pay in the open, from the account", order: (*purse).order,
		flags: func(d *cobra.Command) {
			d.Flags().StringVar(&to, "to", "", "who is paid, an identity that is registered")
			_ = d.MarkFlagRequired("to")
			howMuch(d)
		},
		move: func(d *cobra.Command, w *purse, asset string, v utt.Amount) (wallet.Handle, error) {
			return w.PayPublicly(d.Context(), w.node, to, asset, v)
		},
	})
}

func (c *command) mintCommand() *cobra.Command {
	return c.money(movement{
		use: "mint", short: "Turn money of the account into a private coin", flags: howMuch, order: (*purse).order,
		move: func(d *cobra.Command, w *purse, asset string, v utt.Amount) (wallet.Handle, error) {
			return w.Mint(d.Context(), w.node, asset, v)
		},
	})
}

func (c *command) burnCommand() *cobra.Command {
	return c.money(movement{
		use: "burn", short: "Turn private coins into money of the account", proves: true, flags: howMuch, order: (*purse).order,
		move: func(d *cobra.Command, w *purse, asset string, v utt.Amount) (wallet.Handle, error) {
			done := c.busy("proving")
			defer done()
			return w.Burn(d.Context(), w.node, asset, v)
		},
	})
}

// unreadable is an error of who calls if it is that what he gave is no such text.
func unreadable(err error) error {
	if errors.Is(err, utt.ErrMalformed) {
		return cli.Usage(err)
	}
	return err
}

func (c *command) verifyCommand() *cobra.Command {
	var context string
	d := &cobra.Command{
		Use: "verify PROOF", Short: "Verify a proof of payment, by the rules that the wallet has; - reads it", Args: cobra.ExactArgs(1),
		RunE: func(d *cobra.Command, args []string) error {
			s, err := c.read()
			if err != nil {
				return err
			}
			b, err := os.ReadFile(c.path(rulesFile))
			if err != nil {
				return fmt.Errorf("the rules are not here yet: %s first: %w", c.call("sync"), err)
			}
			p, err := utt.ParseParameters(b)
			if err != nil {
				return err
			}
			proof, err := given(args[0], "the proof")
			if err != nil {
				return err
			}
			v, err := p.VerifyPaymentProof(proof, context)
			if err != nil {
				return unreadable(err)
			}
			amount := home.FormatAmount(v.Amount, s.Network.Decimals[v.Asset])
			return c.print(map[string]any{"payee": v.Payee.String(), "asset": v.Asset, "amount": amount, "to_me": v.Payee == utt.PIDOf(s.Identity)},
				"It proves that %s %s were paid to user %.16s…%s.", amount, v.Asset, v.Payee, map[bool]string{true: ", which is " + s.Identity}[v.Payee == utt.PIDOf(s.Identity)])
		},
	}
	d.Flags().StringVar(&context, "context", "", "the word that it was made for")
	return d
}
