package node

import "github.com/utt-ecash/utt-go/utt"

// renew goes on with the shares that a resharing has made, once they are in the home.
func (n *Node) renew() {
	a := n.app
	replaced, err := a.r().Replaced()
	if err != nil || len(replaced) == 0 {
		return
	}
	next := *a.home
	next.Committees = new(utt.Committees)
	if err := next.Shares(); err != nil {
		a.log.Error("shares of the new generation", "err", err)
		return
	}
	if err := a.r().Renew(next.Committees, next.Coin, next.Credential, next.Ledger); err != nil {
		return // they are not there yet
	}
	a.home.Committees, a.home.Coin, a.home.Credential, a.home.Ledger = next.Committees, next.Coin, next.Credential, next.Ledger
	known, err := parties(a.r(), next.Committees)
	if err != nil {
		a.fatal(err)
		return
	}
	n.reactor.know(known)
	a.log.Info("goes on with new shares")
	a.work()
}
