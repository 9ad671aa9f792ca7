package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// reference is what the memo of a request ends in: 40 bits at random, so that no two requests
// of a payee have one memo, by which he tells what was paid for which.
func reference() string { return "#" + strings.ToLower(rand.Text()[:8]) }

func (c *command) requestCommand() *cobra.Command {
	var asset, amount, memo string
	var within time.Duration
	d := &cobra.Command{
		Use: "request", Short: "Ask for a payment: a text for who is to pay", Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			o, err := w.order(asset, amount)
			if err != nil {
				return err
			}
			if within < time.Second {
				return cli.Usage(fmt.Errorf("--within %v: a second at least", within))
			}
			known := strings.TrimSpace(memo + " " + reference())
			if len(known) > utt.MaxMemo {
				return cli.Usage(fmt.Errorf("a memo of %d bytes, of at most %d: a reference is put behind it", len(memo), utt.MaxMemo-len(known)+len(memo)))
			}
			until := time.Now().Add(within).UTC().Truncate(time.Second)
			text, err := w.RequestPayment(o.asset, o.amount, known, until)
			if err != nil {
				return err
			}
			how := home.FormatAmount(o.amount, o.decimals)
			return c.print(map[string]any{"request": text, "asset": o.asset, "amount": how, "memo": known, "until": until},
				"%s\n\nWho is to pay %s %s by %s runs, with this text: uttw pay --request TEXT\nWhat came in for it you see with it, too: %s TEXT",
				text, how, o.asset, until.Format(time.DateTime), c.call("receive"))
		},
	}
	d.Flags().StringVar(&asset, "asset", "", "in which asset; the network's only one by default")
	d.Flags().StringVar(&amount, "amount", "", "how much, such as 12.50")
	d.Flags().StringVar(&memo, "memo", "", "what for; a reference is put behind it")
	d.Flags().DurationVar(&within, "within", 24*time.Hour, "how long it may be paid")
	howMuch(d)
	return d
}

// given is a text, from standard input if it is given as "-": arguments are seen by other users of
// the machine.
func given(text, what string) (string, error) {
	if text == "-" {
		return line(what)
	}
	return strings.TrimSpace(text), nil
}

// requested is what a text asks the wallet to pay. It is not paid twice unless again is set: a
// request has a memo of its own.
func (w *purse) requested(text string, again bool) (r utt.PaymentRequest, err error) {
	if text, err = given(text, "the request"); err != nil {
		return r, err
	}
	if r, err = w.Requested(text); errors.Is(err, utt.ErrInvalid) {
		return r, fmt.Errorf("%w; ask the payee for another", err)
	}
	if err != nil || again {
		return r, unreadable(err)
	}
	for it, err := range w.Latest(math.MaxUint64) {
		if err != nil {
			return r, err
		}
		gone := it.State == wallet.Rejected || it.State == wallet.Refunded
		if it.Kind == wallet.ItemPaid && it.Party == r.Identity && it.Asset == r.Asset && it.Memo == r.Memo && !gone {
			return r, fmt.Errorf("this request was paid already, and is %v: %v; say --again to pay once more", it.State, it.Handle)
		}
	}
	return r, nil
}

// own is what a text of this wallet asks for, also after its time.
func (w *purse) own(text string) (r utt.PaymentRequest, err error) {
	if text, err = given(text, "the request"); err != nil {
		return r, err
	}
	m, err := w.Member()
	if err != nil {
		return r, err
	}
	return w.p.VerifyPaymentRequest(text, 0, func(identity string) (*utt.Member, uint64, error) {
		if identity != w.Identity() {
			return nil, 0, cli.Usage(fmt.Errorf("a request of %.64q, and this is the wallet of %s: uttw pay --request pays it", identity, w.Identity()))
		}
		return m, math.MaxUint64, nil
	})
}

// received are entries of the history that came in from others, the oldest first, from a number on: all
// of them, or those for a request.
func (w *purse) received(from uint64, r *utt.PaymentRequest) (all []wallet.Item, err error) {
	for it, err := range w.History(from) {
		switch {
		case err != nil:
			return nil, err
		case r != nil && (it.Kind != wallet.ItemReceived || it.Asset != r.Asset || it.Memo != r.Memo):
		case it.Kind == wallet.ItemReceived, it.Kind == wallet.ItemReceivedPublicly, it.Kind == wallet.ItemIssued:
			all = append(all, it)
		}
	}
	return all, nil
}

// errUnpaid says that what was waited for has not come, all of it.
var errUnpaid = fmt.Errorf("%w: it has not come in yet, all of it", utt.ErrInsufficient)

func (c *command) receiveCommand() *cobra.Command {
	var wait, every time.Duration
	d := &cobra.Command{
		Use: "receive [REQUEST]", Short: "What came in: lately, or for a request",
		Long: `What came in: lately, or for a request, which is paid once the sum is there.

With --wait it waits for it: the validators are asked at times at which every wallet that waits
asks, the multiples of --every since 1970. The one that answers sees when the questions end, so
that one of the payments since the question before may have been to this wallet.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(d *cobra.Command, args []string) error {
			if every < time.Second {
				return cli.Usage(fmt.Errorf("--every %v: a second at least", every))
			}
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			var r *utt.PaymentRequest
			if len(args) == 1 {
				own, err := w.own(args[0])
				if err != nil {
					return err
				}
				r = &own
			}
			return w.await(d.Context(), r, wait, every)
		},
	}
	d.Flags().DurationVar(&wait, "wait", 0, "how long to wait for it, such as 10m")
	d.Flags().DurationVar(&every, "every", 2*time.Second, "how often to ask meanwhile")
	return d
}

// lately is how many entries are shown where no request is given.
const lately = 20

// await shows what came in, once it is what was asked for, or the time is over.
func (w *purse) await(ctx context.Context, r *utt.PaymentRequest, wait, every time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	done := w.c.busy("waiting for a payment")
	from := uint64(0)
	if r == nil && wait > 0 {
		from = w.Items() // what is there is nothing new
	}
	var came []wallet.Item
	var unanswered error // of the last question
	for {
		var err error
		if came, err = w.received(from, r); err != nil {
			done()
			return err
		}
		if r != nil && sum(came, wallet.Executed) >= r.Amount || r == nil && len(came) > 0 {
			unanswered = nil
			break
		}
		next := time.Now().Truncate(every).Add(every)
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(next)):
		}
		if ctx.Err() != nil {
			break
		}
		err = w.sync(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, httpnode.ErrUnanswered) { // who does not answer is asked again
			done()
			return err
		}
		if ctx.Err() == nil {
			unanswered = err
		}
	}
	done()
	if unanswered != nil { // what came in nobody knows
		return unanswered
	}
	return w.showReceived(r, came, wait > 0)
}

// sum is what payments of a state come to.
func sum(all []wallet.Item, s wallet.State) (v utt.Amount) {
	for _, it := range all {
		if it.State == s {
			v += it.Amount // of one asset, of which there are not more
		}
	}
	return v
}

// showReceived shows what came in. Where it was waited for, or asked for, and is not there, the
// command fails.
func (w *purse) showReceived(r *utt.PaymentRequest, came []wallet.Item, waited bool) error {
	rows, text := []map[string]any{}, ""
	for _, it := range came[max(0, len(came)-lately):] {
		row, line := w.show(it)
		rows, text = append(rows, row), text+line+"\n"
	}
	if r == nil {
		if text == "" {
			text = "nothing\n"
		}
		err := w.c.print(map[string]any{"received": rows}, "%s", strings.TrimSuffix(text, "\n"))
		if err == nil && waited && len(came) == 0 {
			err = cli.Said(errUnpaid)
		}
		return err
	}
	decimals := w.settings.Network.Decimals[r.Asset]
	say := func(v utt.Amount) string { return home.FormatAmount(v, decimals) }
	got, held := sum(came, wallet.Executed), sum(came, wallet.Held)
	state := "paid"
	if got < r.Amount {
		state = "not paid"
		if got > 0 {
			state = "paid in part"
		}
	}
	text += fmt.Sprintf("%s: %s of %s %s came in for %q", state, say(got), say(r.Amount), r.Asset, r.Memo)
	if held > 0 {
		text += fmt.Sprintf(", and auditors hold %s: not yours before they approve", say(held))
	}
	err := w.c.print(map[string]any{
		"state": state, "asset": r.Asset, "amount": say(r.Amount), "received": say(got), "held": say(held), "memo": r.Memo,
		"until": time.Unix(int64(min(r.Expires, math.MaxInt64)), 0).UTC(), "payments": rows,
	}, "%s", text)
	if err == nil && got < r.Amount {
		err = cli.Said(errUnpaid)
	}
	return err
}
