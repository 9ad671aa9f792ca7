package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
)

// SigmaOf is the size of the statement that a transfer proves under some parameters,
// and the challenge of its proof.
func SigmaOf(p *Parameters, t *Transfer) (relations, variables int, challenge string) {
	sh := p.derive(&t.header, p.rows[rowUse{t.header.asset, t.header.use}])
	names := []string{varPID, varSecret, varPayee, varLo, varHi, varRho, varChange, varNonce, varTaxNonce}
	blinded := []string{nameCredential, nameBudget}
	f := forgery{t: t, sh: sh, shown: &shownHoldings{credential: t.credential.signed().Commitment}, outputs: t.entry(p, sh, nil).coins}
	for i := range t.inputs {
		f.shown.inputs = append(f.shown.inputs, t.inputs[i].signed(sh.money).Commitment)
		blinded = append(blinded, nameInput(i))
	}
	if t.budget != nil {
		f.shown.budget = t.budget.signed(sh.budget).Commitment
	}
	for _, name := range blinded {
		names = append(names, varSerial(name), varValue(name))
	}
	for j := range t.outputs {
		names, blinded = append(names, varOut(j)), append(blinded, nameOutput(j))
	}
	for _, of := range blinded {
		for attribute := range CoinAttributes {
			names = append(names, varBlinding(of, attribute))
		}
	}
	none := make(sigma.Witness)
	for _, name := range names {
		none[name] = curve.Scalar{}
	}
	st := f.statement()
	relations, variables = st.Size()
	return relations, variables, fmt.Sprintf("%x", bound(f.statement(), f.transcript(), none, t.sigma.Commitments).Bytes())
}
