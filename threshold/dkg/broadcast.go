package dkg

import (
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// deal is what a dealer broadcasts: commitments to its polynomials, hidden ones in a key
// generation and open ones in a resharing, and the parties' shares, encrypted.
type deal struct {
	r        curve.G1 // ρ·G
	proof    *sigma.Proof
	pedersen *secret.Pedersen // in a key generation
	feldman  *secret.Feldman  // in a resharing
	boxes    [][]byte         // that of party j at j − 1
}

func (d *deal) append(b []byte) []byte {
	b = d.proof.Append(d.r.Append(b))
	if d.pedersen != nil {
		b = d.pedersen.Append(b)
	} else {
		b = d.feldman.Append(b)
	}
	for _, box := range d.boxes {
		b = append(b, box...)
	}
	return b
}

// readDeal decodes a deal of a kind for n parties.
func readDeal(r *wire.Reader, k secret.Kind, n int, blinded bool) *deal {
	d := &deal{r: curve.ReadG1(r), proof: sigma.Read(r, 1)}
	if blinded {
		d.pedersen = secret.ReadPedersen(r, k)
	} else {
		d.feldman = secret.ReadFeldman(r, k)
	}
	for range n {
		d.boxes = append(d.boxes, append([]byte(nil), r.Take(k.Size(blinded))...))
	}
	return d
}

// statement is R = ρ·G.
func (d *deal) statement() *sigma.Statement {
	s := new(sigma.Statement)
	s.Relation("DKG-POK", sigma.Point(d.r), sigma.Secret{Var: s.Var("rho"), Base: curve.Generator()})
	return s
}
