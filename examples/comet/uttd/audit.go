package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// auditing is an auditor at the terminal.
type auditing struct {
	*operator
	file, mail string
	auditor    *audit.Auditor
}

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Open payments that are held, and decide on them",
		Long: "Open payments that are held, and decide on them: as many auditors as it takes, each with his\n" +
			"own file, and a folder that all share for their letters. One alone opens nothing: each says\n" +
			"uttd audit open, and those who said so first say it again to see what was opened.",
	}
	a := &auditing{operator: new(operator)}
	c.PersistentFlags().StringVar(&a.folder, "dir", here, "folder of the network, with network.json")
	c.PersistentFlags().StringVar(&a.file, "as", "", "the auditor's file, such as net/auditors/auditor1.json")
	c.PersistentFlags().StringVar(&a.mail, "mail", "", "the folder for letters; mail beside the file by default")
	c.AddCommand(a.pendingCommand(), a.openCommand(), a.decideCommand("approve", utt.Approve), a.decideCommand("veto", utt.Veto), a.warrantCommand(), a.unsealCommand(), a.disclosedCommand())
	return c
}

// begin makes the auditor, who takes in what there is.
func (a *auditing) begin(ctx context.Context) error {
	if a.file == "" {
		return cli.Usage(errors.New("which auditor? say --as FILE"))
	}
	if a.mail == "" {
		a.mail = filepath.Join(filepath.Dir(a.file), "mail")
	}
	if err := a.open(ctx); err != nil {
		return err
	}
	p, err := a.parameters(ctx)
	if err != nil {
		return err
	}
	if a.auditor, err = home.OpenAuditor(a.file, p); err != nil {
		return err
	}
	if err := a.auditor.Sync(ctx, a.client); err != nil && !wallet.Behind.Is(err) {
		return err
	}
	return nil
}

// work reads letters, says what there is to say, and hands decisions in.
func (a *auditing) work(ctx context.Context) (decided int, err error) {
	letters, err := home.Mail(a.mail).Letters(a.auditor.Index())
	if err != nil {
		return 0, err
	}
	for _, l := range letters {
		_ = a.auditor.Receive(l) // one that is none, or of before, says nothing
	}
	messages, decisions, err := a.auditor.Work(ctx)
	if err != nil {
		return 0, err
	}
	if err := home.Mail(a.mail).Send(messages); err != nil {
		return 0, err
	}
	for _, d := range decisions {
		if err := a.handIn(ctx, d); err != nil && !errors.Is(err, utt.ErrConflict) { // another was faster
			return decided, err
		}
		decided++
	}
	return decided, nil
}

func (a *auditing) amount(v utt.Amount, asset string) string {
	return home.FormatAmount(v, a.network.Decimals[asset]) + " " + asset
}

func moment(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.DateTime) }

func (a *auditing) pendingCommand() *cobra.Command {
	return &cobra.Command{
		Use: "pending", Short: "What is held, as everybody sees it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.begin(c.Context()); err != nil {
				return err
			}
			return a.list(c)
		},
	}
}

// list prints what is held, with what was opened of it.
func (a *auditing) list(c *cobra.Command) error {
	rows, text := []map[string]any{}, ""
	for _, p := range a.auditor.Held() {
		row := map[string]any{"transfer": p.Transfer, "case": p.Case.String(), "asset": p.Asset, "since": moment(p.Time), "due": moment(p.Due), "approved": p.Approved}
		text += fmt.Sprintf("%v\n  %v of %s, held since %s; ", p.Transfer, p.Case, p.Asset, moment(p.Time))
		if p.Approved {
			text += "approved, executes at " + moment(p.Due) + "\n"
		} else {
			text += "refunded at " + moment(p.Due) + " unless it is approved\n"
		}
		if about, err := a.opened(row, p.Transfer); err == nil {
			text += "  opened: " + about + "\n"
		}
		rows = append(rows, row)
	}
	return cli.Print(c, rows, func() { fmt.Print(or(text, "nothing is held\n")) })
}

func (a *auditing) openCommand() *cobra.Command {
	return &cobra.Command{
		Use: "open", Short: "Give one's share of what is held, and see what enough have opened", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.begin(c.Context()); err != nil {
				return err
			}
			if _, err := a.work(c.Context()); err != nil {
				return err
			}
			return a.list(c)
		},
	}
}

// opened says what was opened of a payment that is held, and puts it into a row. Its error is
// that nothing was.
func (a *auditing) opened(row map[string]any, transfer utt.ID) (text string, err error) {
	o, err := a.auditor.Opened(transfer)
	if err != nil {
		return "", err
	}
	amount := a.amount(o.Amount, o.Asset)
	row["amount"] = amount
	return amount + people(row, o.Payee, o.Payer), nil
}

// people puts into a row who was opened of a payment, and says it.
func people(row map[string]any, payee, payer utt.PID) (text string) {
	for _, who := range []struct {
		as  string
		pid utt.PID
	}{{"payee", payee}, {"payer", payer}} {
		if who.pid != (utt.PID{}) {
			row[who.as] = who.pid
			text += fmt.Sprintf(", %s %v", who.as, who.pid)
		}
	}
	return text
}

func (a *auditing) decideCommand(verb string, as utt.Verb) *cobra.Command {
	return &cobra.Command{
		Use: verb + " TRANSFER", Short: "Say one's word on a payment that was opened", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := cli.ID(args[0])
			if err != nil {
				return err
			}
			if err := a.begin(c.Context()); err != nil {
				return err
			}
			if _, err := a.work(c.Context()); err != nil {
				return err
			}
			row := map[string]any{"transfer": id, "verb": verb}
			about, err := a.opened(row, id)
			if row["opened"] = err == nil; err != nil {
				about = "a payment that was not opened"
			}
			if err := a.auditor.Decide(id, as); err != nil {
				return err
			}
			decided, err := a.work(c.Context())
			if err != nil {
				return err
			}
			text := "it counts once enough auditors have said so"
			if decided > 0 {
				text = "it is decided on the ledger"
			}
			row["decided"] = decided > 0
			return cli.Print(c, row, func() { fmt.Printf("%s: %s; %s\n", verb, about, text) })
		},
	}
}

func (a *auditing) warrantCommand() *cobra.Command {
	var key, reason, components, out string
	var sealed time.Duration
	c := &cobra.Command{
		Use: "warrant TRANSFER...", Short: "Order, on the ledger, that payments be opened",
		Long: "Order, on the ledger, that payments be opened, for everybody to see which and why: of those that\n" +
			"auditors can open, which went beyond the budget. With --sealed,\n" +
			"everybody sees until then only how many: the file with the opening goes to the auditors, who answer\n" +
			"by it, and uttd audit unseal puts it on record in time. Without the file nobody ever opens the\n" +
			"warrant, and once it is past its time no other one is taken.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t := utt.WarrantTerms{Reason: reason}
			for _, arg := range args {
				id, err := cli.ID(arg)
				if err != nil {
					return err
				}
				t.Transfers = append(t.Transfers, id)
			}
			if err := t.Components.UnmarshalText([]byte(components)); err != nil {
				return cli.Usage(err)
			}
			if err := a.open(c.Context()); err != nil {
				return err
			}
			p, err := a.parameters(c.Context())
			if err != nil {
				return err
			}
			authority, err := home.ReadKey(or(key, filepath.Join(a.folder, "auditors", "warrant.key")))
			if err != nil {
				return err
			}
			number := uint64(0)
			for _, s := range a.statuses(c.Context()) {
				number = max(number, s.Warrants)
			}
			until := day
			if sealed > 0 {
				until = sealed
			}
			w, opening, err := utt.NewWarrant(nil, p, authority, number, t, uint64(time.Now().Add(until).Unix()), sealed > 0)
			if err != nil {
				return err
			}
			digest := w.Digest()
			path := or(out, filepath.Join(a.folder, "auditors", fmt.Sprintf("warrant-%d-%x.opening", number, digest[:4])))
			if err := keepOpening(path, opening); err != nil {
				return err
			}
			if err := a.handIn(c.Context(), w); err != nil { // by the word of a validator, who may say otherwise to others
				return fmt.Errorf("%w\n%s is kept: it opens the warrant, should that be on record yet", err, path)
			}
			answer := map[string]any{"warrant": number, "payments": len(args), "sealed": sealed > 0, "opening": path}
			if sealed > 0 {
				return cli.Print(c, answer, func() {
					fmt.Printf("warrant %d is on record, sealed until %s. %s is for the auditors, who answer it by\n  %s --as FILE --opening %s\nBefore it is over:\n  %s\n",
						number, moment(w.Until()), path, a.call(fmt.Sprint("audit disclosed ", number)), cli.Quote(path), a.call("audit unseal "+cli.Quote(path)))
				})
			}
			if err := a.handIn(c.Context(), opening); err != nil {
				return fmt.Errorf("warrant %d is on record, and not what it orders: %s: %w", number, a.call("audit unseal "+cli.Quote(path)), err)
			}
			return cli.Print(c, answer, func() {
				fmt.Printf("warrant %d is on record, for everybody to see; auditors answer it by\n  %s --as FILE\n", number, a.call(fmt.Sprint("audit disclosed ", number)))
			})
		},
	}
	c.Flags().StringVar(&key, "key", "", "file of the authority's key; auditors/warrant.key of the network by default")
	c.Flags().StringVar(&reason, "reason", "", "why, for everybody to read once it is open")
	c.Flags().StringVar(&components, "what", "payer, payee, amount", "what is opened of each")
	c.Flags().DurationVar(&sealed, "sealed", 0, "how long it hides which payments it is about, such as 72h")
	c.Flags().StringVar(&out, "out", "", "the file that its opening is written to; auditors/warrant-N-….opening of the network by default")
	_ = c.MarkFlagRequired("reason")
	return c
}

// day is until when a warrant that is not sealed must be opened, which happens at once.
const day = 24 * time.Hour

// keepOpening writes the opening of a warrant, before that is on record: without it nobody opens
// the warrant. It writes over nothing.
func keepOpening(path string, o *utt.WarrantOpening) error {
	b, err := o.MarshalBinary()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// readOpening reads it.
func readOpening(path string) (*utt.WarrantOpening, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	op, err := utt.ParseOperation(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	o, ok := op.(*utt.WarrantOpening)
	if !ok {
		return nil, fmt.Errorf("%s holds no opening of a warrant", path)
	}
	return o, nil
}

func (a *auditing) unsealCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unseal FILE", Short: "Put on record, for everybody to see, what a sealed warrant ordered", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := readOpening(args[0])
			if err != nil {
				return err
			}
			if err := a.open(c.Context()); err != nil {
				return err
			}
			if err := a.handIn(c.Context(), o); err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"warrant": o.Number(), "reason": o.Terms().Reason, "transfers": o.Terms().Transfers}, func() {
				fmt.Printf("warrant %d is open on record: %q, %d payments\n", o.Number(), o.Terms().Reason, len(o.Terms().Transfers))
			})
		},
	}
}

func (a *auditing) disclosedCommand() *cobra.Command {
	var number uint64
	var file string
	c := &cobra.Command{
		Use: "disclosed WARRANT", Short: "Answer a warrant, and see what enough auditors have opened by it",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage(errors.New("which warrant? its number"))
			}
			var err error
			if number, err = strconv.ParseUint(args[0], 10, 64); err != nil {
				return cli.Usage(fmt.Errorf("%q is no number of a warrant", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.begin(c.Context()); err != nil {
				return err
			}
			var opening *utt.WarrantOpening
			if file != "" {
				var err error
				if opening, err = readOpening(file); err != nil {
					return err
				}
			}
			if err := a.auditor.OpenUnder(number, opening); err != nil {
				return err
			}
			if _, err := a.work(c.Context()); err != nil {
				return err
			}
			all, err := a.auditor.Disclosed(number)
			if err != nil {
				return err
			}
			rows, text := []map[string]any{}, ""
			for _, d := range all {
				row := map[string]any{"transfer": d.Transfer, "case": d.Case.String(), "time": moment(d.Time)}
				line := fmt.Sprintf("%v, of %s", d.Transfer, moment(d.Time))
				if d.Amount > 0 {
					row["amount"] = a.amount(d.Amount, d.Asset)
					line += ": " + a.amount(d.Amount, d.Asset)
				}
				rows, text = append(rows, row), text+line+people(row, d.Payee, d.Payer)+"\n"
			}
			return cli.Print(c, rows, func() {
				fmt.Print(or(text, "you have answered, and too few others yet: say it again once they have\n"))
			})
		},
	}
	c.Flags().StringVar(&file, "opening", "", "the opening of a sealed warrant, as its authority handed it over")
	return c
}
