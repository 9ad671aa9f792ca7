package utt

import (
	"crypto/ed25519"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Cheat is an operation that exactly one check refuses. By default it is refused;
// with the check taken out, in builds with the tag uttbroken, it is executed.
type Cheat struct {
	Name  string
	Label string   // of the check
	Also  []string // further checks that refuse it, in the order in which they do
	Code  Code     // CodeInvalid if 0
	Cause error    // ErrInvalid if nil

	Op Operation
	// Earlier are executed in a block of their own, at the time of the world's head.
	Earlier []Operation
	Before  []Operation // executed before it in the same block
	Time    uint64      // of the block; 0 for that of the ledger's head
	// On are the parameters of a new, empty ledger; nil for the world's.
	On *Parameters
	// Unbreakable says why it is not executed with the check taken out.
	Unbreakable string
}

// Cheats are attacks by Mallory, one or more for every label.
func (w *World) Cheats() []*Cheat {
	cheats := slices.Concat(w.transferCheats(), w.inputCheats(), w.outputCheats(), w.orderCheats(), w.registrationCheats(), w.auditCheats(), w.taxCheats(), w.warrantCheats(), w.authorityCheats(), w.clueCheats())
	for _, c := range cheats {
		if c.Code == 0 {
			c.Code = CodeInvalid
		}
		if c.Cause == nil {
			c.Cause = codes[c.Code].cause
		}
	}
	return cheats
}

const million = 1_000_000

// split is mallory's split of her coin of 300.
func (w *World) split() *draft {
	return w.selfDraft(w.Mallory, []Amount{100, 200}, 0, w.Mallory.coinOf(300))
}

// pay is mallory's payment of 120 to bob with her coin of 300.
func (w *World) pay() *draft {
	return w.payDraft(w.Mallory, w.Bob, []Amount{120, 180}, w.Mallory.coinOf(300))
}

func (w *World) otherParameters(change func(*Config)) *Parameters {
	c := w.Parameters.config.clone()
	change(&c)
	return must(NewParameters(c))
}

// transferCheats are those against the shape of transfers.
func (w *World) transferCheats() []*Cheat {
	unaudited := w.otherParameters(func(c *Config) { c.Rows = c.Rows[:2] })
	auditedDraft := w.pay()
	auditedDraft.Case, auditedDraft.Budget = Audited, nil
	noInputs := w.selfDraft(w.Mallory, []Amount{0, 0}, 0)
	overspent := w.payDraft(w.Mallory, w.Bob, []Amount{120, 110}, w.Mallory.coinOf(300))
	overspent.Burn = 70
	twice := w.selfDraft(w.Mallory, []Amount{400, 200}, 0, w.Mallory.coinOf(300), w.Mallory.coinOf(300))

	return []*Cheat{
		{Name: "for another network", Label: "TX-NETWORK",
			Op: w.forge(w.split(), hooks{header: func(f *forgery) { f.t.header.network[0] ^= 1 }})},
		{Name: "for other parameters", Label: "TX-PARAMETERS",
			Op: w.forge(w.split(), hooks{header: func(f *forgery) { f.t.header.parameters[31] ^= 1 }})},
		{Name: "audited without auditors", Label: "POLICY-CASE", Code: CodePolicy,
			On: unaudited, Op: w.forge(auditedDraft, hooks{header: func(f *forgery) { f.t.header.parameters = unaudited.digest }}),
			Also: []string{"POLICY-CIRCUIT"}, Unbreakable: "no row, no statement"},
		{Name: "a circuit of the sender's choice", Label: "POLICY-CIRCUIT", Code: CodePolicy,
			Op: w.forge(w.split(), hooks{header: func(f *forgery) { f.t.header.circuit[5] ^= 1 }})},
		{Name: "an epoch that is over, in a transfer to oneself", Label: "POLICY-EPOCH", Code: CodeEpoch,
			Op: w.forge(w.split(), hooks{header: func(f *forgery) { f.t.header.epoch = 0 }})},
		{Name: "budget of another epoch", Label: "POLICY-EPOCH", Code: CodeEpoch, Also: []string{"TX-SIG-B"},
			Op: w.forge(w.pay(), hooks{header: func(f *forgery) { f.t.header.epoch = 2 }})},
		{Name: "no inputs, so that all have one seed", Label: "TX-INPUTS", Op: w.forge(noInputs, hooks{})},
		{Name: "no budget coin", Label: "TX-BUDGET",
			Op:          w.forge(w.pay(), hooks{proof: func(f *forgery) { f.t.budget = nil }}),
			Unbreakable: "no statement can be built without it"},
		{Name: "a budget coin too many", Label: "TX-BUDGET",
			Op: w.forge(w.split(), hooks{proof: func(f *forgery) {
				f.t.budget = &input{f.t.inputs[0].presentation, nullifier.Nullifier{}}
				f.t.budget.nullifier = w.nullifierAt(randomPoint("another"))
			}}),
			Unbreakable: "no statement has a place for it"},
		{Name: "an output too few", Label: "TX-OUTPUTS",
			Op:          w.forge(w.pay(), hooks{proof: func(f *forgery) { f.t.outputs = f.t.outputs[:2] }}),
			Unbreakable: "no statement can be built without it"},
		{Name: "an output too many", Label: "TX-OUTPUTS",
			Op:          w.forge(w.pay(), hooks{proof: func(f *forgery) { f.t.outputs = append(f.t.outputs, f.t.outputs[0]) }}),
			Unbreakable: "no statement has a place for it"},
		{Name: "money out of a payment", Label: "TX-BURN", Op: w.forge(overspent, hooks{})},
		{Name: "a coin twice in one transfer", Label: "TX-NF-DISTINCT", Also: []string{"NF-ONCE"}, Op: w.forge(twice, hooks{})},
		{Name: "a burn into another's account", Label: "TX-PUB",
			Op: w.forge(w.selfDraft(w.Mallory, []Amount{0, 200}, 100, w.Mallory.coinOf(300)),
				hooks{outputs: func(f *forgery) { f.t.burn.account = w.Alice.pid }})},
		{Name: "a burn into no account", Label: "BURN-TO", Code: CodeUnregistered,
			On: w.Parameters, Op: w.HonestBurn()},
		{Name: "D opens to other values", Label: "TX-D",
			Op: w.forge(w.selfDraft(w.Mallory, []Amount{million, 0}, 0, w.Mallory.coinOf(300)),
				hooks{outputs: func(f *forgery) { f.values.In[0] = million }})},
		{Name: "values that do not balance", Label: "TX-G16",
			Op: w.forge(w.split(), hooks{
				outputs: func(f *forgery) { f.output(0, w.Mallory.pid, million) },
				balance: func(f *forgery) {
					f.w[varOut(0)] = curve.Uint64(million)
					k := w.circuitPoints().k
					a, b, c, d := groth16Parts(f.t.groth16)
					f.t.groth16 = groth16(a, b, c, d.Add(k[2].Mul(curve.Uint64(million-100))))
				}})},
		{Name: "a response that nothing binds", Label: "SIGMA",
			Op: w.forge(w.split(), hooks{proof: func(f *forgery) {
				f.t.sigma.Responses = append(f.t.sigma.Responses, curve.Uint64(1))
			}})},
	}
}

func (w *World) nullifierAt(p curve.G1) nullifier.Nullifier {
	return nullifier.Read(wire.NewReader(p.Append(nil)))
}

// inputCheats are those against credential, coins and nullifiers.
func (w *World) inputCheats() []*Cheat {
	random := func() curve.Scalar { return must(curve.RandomScalar(nil)) }
	sn, sb := varSerial(nameInput(0)), varSerial(nameBudget)
	spend := []Operation{w.forge(w.split(), hooks{})}
	paid := []Operation{w.forge(w.payDraft(w.Mallory, w.Bob, []Amount{20, 180}, w.Mallory.coinOf(200)), hooks{})}

	forgedCredential := w.theft()
	forgedCredential.Credential = forgeCredential(w.Alice.pid)
	anothersCoin := w.selfDraft(w.Mallory, []Amount{250, 250}, 0, w.publicCoin(w.Alice.pid, "cash", false))
	anothersBudget := w.pay()
	anothersBudget.Budget = w.publicCoin(w.Bob.pid, "cash", true)
	otherAsset := w.pay()
	otherAsset.Budget = w.Mallory.budgetOf("gold")
	forgedCoin := w.selfDraft(w.Mallory, []Amount{million, 0}, 0, counterfeit(w.Mallory.pid, million, moneyKind("cash")))
	budgetAsMoney := w.selfDraft(w.Mallory, []Amount{1000, 0}, 0, w.Mallory.budgetOf("cash"))
	moneyAsBudget := w.pay()
	moneyAsBudget.Budget, moneyAsBudget.Change = w.Mallory.coinOf(200), 80
	forgedBudget := w.pay()
	forgedBudget.Budget, forgedBudget.Change = counterfeit(w.Mallory.pid, million, w.shapeOf(Anonymous).budget), million-120
	richer := w.pay()
	richer.Change = million

	again := func(name, label string, before []Operation, d *draft, nullifiers func(*forgery)) *Cheat {
		return &Cheat{Name: name, Label: label, Before: before, Op: w.forge(d, hooks{nullifier: nullifiers})}
	}
	derive := func(f *forgery, s, sn string) nullifier.Nullifier {
		return must(nullifier.Derive(attr.FromScalar(f.w[s]), attr.FromScalar(f.w[sn])))
	}
	return []*Cheat{
		{Name: "a coin spent before", Label: "NF-ONCE", Code: CodeSpent, Before: spend, Op: w.forge(w.pay(), hooks{})},
		{Name: "theft of a minted coin under one's own credential", Label: "TX-CRED-PID", Op: w.Stolen()},
		again("another secret, another nullifier", "TX-CRED-S", spend, w.split(), func(f *forgery) {
			f.w[varSecret] = random()
			f.t.inputs[0].nullifier = derive(f, varSecret, sn)
		}),
		{Name: "a credential that nobody signed", Label: "TX-SIG-CRED", Op: w.forge(forgedCredential, hooks{})},
		{Name: "a credential under a base of small order", Label: "TX-SIG-CRED",
			Op: w.forge(forgedCredential, hooks{present: func(f *forgery) {
				f.shown.credential = f.vacuous(&f.t.credential, nameCredential, w.Parameters.config.CredentialKey, credentialPoints)
			}})},
		{Name: "another's coin", Label: "TX-IN-PID", Op: w.forge(anothersCoin, hooks{})},
		again("another serial number, another nullifier", "TX-IN-SN", spend, w.split(), func(f *forgery) {
			f.w[sn] = random()
			f.t.inputs[0].nullifier = derive(f, varSecret, sn)
		}),
		{Name: "a coin taken for more than it is worth", Label: "TX-IN-VAL",
			Op: w.forge(w.selfDraft(w.Mallory, []Amount{million, 0}, 0, w.Mallory.coinOf(300)),
				hooks{outputs: func(f *forgery) {
					f.values.In[0] = million
					f.w[varValue(nameInput(0))] = curve.Uint64(million)
				}})},
		{Name: "a coin that nobody signed", Label: "TX-SIG-IN", Op: w.forge(forgedCoin, hooks{})},
		{Name: "a coin under a base of small order", Label: "TX-SIG-IN",
			Op: w.forge(forgedCoin, hooks{present: func(f *forgery) {
				f.shown.inputs[0] = f.vacuous(&f.t.inputs[0].presentation, nameInput(0), w.Parameters.config.CoinKey, coinPoints, f.sh.money)
			}})},
		{Name: "budget as money", Label: "TX-SIG-IN", Op: w.forge(budgetAsMoney, hooks{})},
		{Name: "another's budget", Label: "TX-B-PID", Op: w.forge(anothersBudget, hooks{})},
		again("budget twice, by another serial number", "TX-B-SN", paid, w.pay(), func(f *forgery) {
			f.w[sb] = random()
			f.t.budget.nullifier = derive(f, varSecret, sb)
		}),
		{Name: "a budget taken for more than it is", Label: "TX-B-VAL",
			Op: w.forge(richer, hooks{outputs: func(f *forgery) {
				f.values.BudgetIn = million + 120
				f.w[varValue(nameBudget)] = curve.Uint64(million + 120)
			}})},
		{Name: "a budget that nobody signed", Label: "TX-SIG-B", Op: w.forge(forgedBudget, hooks{})},
		{Name: "budget of another asset", Label: "TX-SIG-B", Op: w.forge(otherAsset, hooks{})},
		{Name: "money as budget", Label: "TX-SIG-B", Op: w.forge(moneyAsBudget, hooks{})},
		again("a random nullifier", "TX-NF", spend, w.split(), func(f *forgery) {
			f.t.inputs[0].nullifier = w.nullifierAt(randomPoint("nullifier"))
		}),
		again("a nullifier off the subgroup", "TX-NF", spend, w.split(), func(f *forgery) {
			n := curve.ReadG1(wire.NewReader(f.t.inputs[0].nullifier.Append(nil)))
			f.t.inputs[0].nullifier = w.nullifierAt(n.Add(smallOrder(3)))
		}),
		again("a random nullifier for the budget", "TX-NF", paid, w.pay(), func(f *forgery) {
			f.t.budget.nullifier = w.nullifierAt(randomPoint("nullifier"))
		}),
	}
}

// theft pays mallory with alice's coin and budget, as public as minting and granting
// made them, under mallory's credential.
func (w *World) theft() *draft {
	d := w.payDraft(w.Mallory, w.Mallory, []Amount{400, 100}, w.publicCoin(w.Alice.pid, "cash", false))
	d.Budget, d.pid = w.publicCoin(w.Alice.pid, "cash", true), w.Alice.pid
	return d
}

// Stolen is that transfer.
func (w *World) Stolen() *Transfer { return w.forge(w.theft(), hooks{}) }

func (w *World) shapeOf(use Case) *shape {
	h := header{network: w.Parameters.network, use: use, asset: "cash", epoch: 1}
	return w.Parameters.derive(&h, w.Parameters.rows[rowUse{"cash", use}])
}

// forgeCredential gives a user a second secret, signed by nobody.
func forgeCredential(pid PID) *Holding {
	random := func() curve.Scalar { return must(curve.RandomScalar(nil)) }
	o := sig.NewOpening([]attr.Attribute{pid.attribute(), attr.FromScalar(random())}, nil)
	base := curve.Generator().Mul(random())
	return &Holding{signed: &sig.Signed{Commitment: must(sig.CommitOpening(base, o)), Signature: sig.SignatureOf(curve.Generator().Mul(random()))}, opening: o}
}

// vacuous presents under a base of small order, where e(h, ·) is 1 and commitments
// open to anything: S = Σ r_i·Y1_i satisfies the equation of the signature.
func (f *forgery) vacuous(at *presentation, name string, k *sig.PublicKey, hidden int, public ...attr.Attribute) *sig.Commitment {
	at.base = smallOrder(3)
	_, _, y1 := k.Points()
	at.signature = curve.G1{}
	for i := range hidden {
		r := must(curve.RandomScalar(nil))
		f.w[varBlinding(name, i)] = r
		at.points[i] = curve.Generator().Mul(r)
		at.signature = at.signature.Add(y1[i].Mul(r))
	}
	return at.signed(public...).Commitment
}

// outputCheats are those against outputs.
func (w *World) outputCheats() []*Cheat {
	taxed, tax := w.taxed()
	taxedPay := taxed.payDraft(w.Mallory, w.Alice, []Amount{100, 190, 10}, w.Mallory.coinOf(300))
	taxedPay.Fixed = map[PID]*Member{w.Bob.pid: w.Bob.Registered}
	return []*Cheat{
		{Name: "a payment without budget, as change for oneself", Label: "TX-OUT-PID",
			Op: w.forge(w.split(), hooks{outputs: func(f *forgery) { f.output(1, w.Bob.pid, 200) }})},
		{Name: "budget handed over", Label: "TX-OUT-PID",
			Op: w.forge(w.pay(), hooks{outputs: func(f *forgery) { f.output(2, w.Bob.pid, 880) }})},
		{Name: "tax paid to oneself", Label: "TX-OUT-PID", On: tax,
			Op: taxed.forge(taxedPay, hooks{outputs: func(f *forgery) { f.output(2, w.Mallory.pid, 10) }})},
		{Name: "an output of more than was proven", Label: "TX-OUT-VAL",
			Op: w.forge(w.pay(), hooks{outputs: func(f *forgery) { f.output(0, w.Bob.pid, million) }})},
		{Name: "budget change of more than was proven", Label: "TX-OUT-VAL",
			Op: w.forge(w.pay(), hooks{outputs: func(f *forgery) { f.output(2, w.Mallory.pid, million) }})},
		{Name: "tax of nothing", Label: "TX-OUT-VAL", On: tax,
			Op: taxed.forge(taxedPay, hooks{outputs: func(f *forgery) { f.output(2, w.Bob.pid, 0) }})},
		{Name: "an owner off the subgroup", Label: "TX-OUT",
			Op: w.forge(w.split(), hooks{outputs: func(f *forgery) { f.offset(1, smallOrder(11), curve.G1{}) }})},
		{Name: "a value off the subgroup", Label: "TX-OUT",
			Op: w.forge(w.split(), hooks{outputs: func(f *forgery) { f.offset(1, curve.G1{}, smallOrder(3)) }})},
	}
}

// taxed is the world with a tax of a tenth on payments, due to bob.
func (w *World) taxed() (*World, *Parameters) { return w.TaxedFor(w.Bob.pid) }

// TaxedFor is the same, due to somebody.
func (w *World) TaxedFor(office PID) (*World, *Parameters) {
	key := taxKey()
	p := w.otherParameters(func(c *Config) {
		c.Rows[1].Circuit, c.Rows[1].Fixed = len(c.Circuits), map[int]PID{2: office}
		c.Circuits = append(c.Circuits, Circuit{Key: key.VerifyingKey()})
	})
	d := *w
	d.Parameters, d.Keys = p, append(slices.Clip(w.Keys), key)
	return &d, p
}

// orderCheats are those against accounts and grants.
func (w *World) orderCheats() []*Cheat {
	p, m := w.Parameters, w.Mallory
	account := func(of, key *Party, nonce uint64, amount Amount) accountOrder {
		return accountOrder{of.pid, key.account.Public().(ed25519.PublicKey), nonce, "cash", amount}
	}
	transfer := func(o accountOrder, to PID, signer *Party) *PublicTransfer {
		t := &PublicTransfer{publicOrder: publicOrder{o, to}}
		t.signature = ed25519.Sign(signer.account, t.message(p.network))
		t.sealed = seal(t.encode())
		return t
	}
	mint := func(o accountOrder, signer *Party) *Mint {
		t := &Mint{mintOrder: mintOrder{o}}
		t.signature = ed25519.Sign(signer.account, t.message(p.network))
		t.sealed = seal(t.encode())
		return t
	}
	issue := func(key ed25519.PrivateKey, nonce uint64, to PID, asset string, amount Amount) *Issue {
		o := &Issue{issueOrder: issueOrder{nonce, to, asset, amount}}
		o.signature = ed25519.Sign(key, o.message(p.network))
		o.sealed = seal(o.encode())
		return o
	}
	grant := func(pid PID, e Epoch, amount Amount) *Grant {
		g := &Grant{grantOrder: grantOrder{pid, budget.Privacy, "cash", e, amount}}
		g.sealed = seal(g.encode())
		return g
	}
	stranger := PIDOf("nobody")
	next := uint64(3) // issues so far
	nonce := m.Nonce
	issued := issue(w.Issuer, next, m.pid, "cash", 10)
	paid := transfer(account(w.Alice, w.Alice, w.Alice.Nonce, 10), m.pid, w.Alice)
	minted := mint(account(m, m, nonce, 10), m)

	return []*Cheat{
		{Name: "money of one's own making", Label: "ISSUE-AUTHORITY", Op: issue(m.account, next, m.pid, "cash", million)},
		{Name: "an issue replayed", Label: "ISSUE-NONCE", Code: CodeNonce, Before: []Operation{issued}, Op: issued},
		{Name: "supply above 2^64", Label: "ISSUE-SUPPLY", Code: CodeSupply, Op: issue(w.Issuer, next, m.pid, "cash", math.MaxUint64)},
		{Name: "an issue to nobody", Label: "ISSUE-TO", Code: CodeUnregistered, Op: issue(w.Issuer, next, stranger, "cash", 10)},
		{Name: "an issue of nothing", Label: "ORDER-AMOUNT", Op: issue(w.Issuer, next, m.pid, "cash", 0)},
		{Name: "an asset that is none", Label: "POLICY-ASSET", Code: CodePolicy, Op: issue(w.Issuer, next, m.pid, "tulips", 10)},
		{Name: "an order on another's account", Label: "ACCOUNT-SIGNATURE", Op: transfer(account(w.Alice, w.Alice, w.Alice.Nonce, 50), m.pid, m)},
		{Name: "an order on another's account with one's own key", Label: "ACCOUNT-KEY", Code: CodeAccountKey,
			Op: transfer(account(w.Alice, m, w.Alice.Nonce, 50), m.pid, m)},
		{Name: "a public transfer replayed", Label: "ACCOUNT-NONCE", Code: CodeNonce, Before: []Operation{paid}, Op: paid},
		{Name: "a mint replayed, two coins of one serial number", Label: "ACCOUNT-NONCE", Code: CodeNonce, Before: []Operation{minted}, Op: minted},
		{Name: "more than there is", Label: "ACCOUNT-BALANCE", Code: CodeBalance, Op: transfer(account(m, m, nonce, 101), w.Bob.pid, m)},
		{Name: "a mint of more than there is", Label: "ACCOUNT-BALANCE", Code: CodeBalance, Op: mint(account(m, m, nonce, million), m)},
		{Name: "a public transfer to nobody", Label: "ACCOUNT-TO", Code: CodeUnregistered, Op: transfer(account(m, m, nonce, 10), stranger, m)},
		{Name: "an order on no account", Label: "ACCOUNT", Code: CodeUnregistered, On: p, Op: minted,
			Unbreakable: "there is no account to take from"},
		{Name: "a mint out of another's account", Label: "MINT-SIGNATURE", Op: mint(account(w.Alice, w.Alice, w.Alice.Nonce, 50), m)},
		{Name: "a grant twice", Label: "GRANT-ONCE", Code: CodeGranted, Op: grant(m.pid, 1, 1000)},
		{Name: "a grant of a counter that is none", Label: "POLICY-COUNTER", Code: CodePolicy, Also: []string{"GRANT-AMOUNT"}, Op: func() *Grant {
			g := &Grant{grantOrder: grantOrder{m.pid, "karma", "cash", 1, 10}}
			g.sealed = seal(g.encode())
			return g
		}()},
		{Name: "a grant of another class", Label: "GRANT-AMOUNT", Code: CodePolicy, Op: grant(m.pid, 2, 5000)},
		{Name: "a grant to nobody", Label: "GRANT-TO", Code: CodeUnregistered, Op: grant(stranger, 1, 1000),
			Unbreakable: "there is no class to take the amount from"},
		{Name: "a grant far ahead", Label: "POLICY-EPOCH", Code: CodeEpoch, Op: grant(m.pid, 5138*12, 1000)},
	}
}

// enrolment is a registration in the making, with hooks.
type enrolment struct {
	Registration
	keys, signer *Keys
	endorser     *Endorser
}

// enrol makes a registration of an identity with keys of its own. before changes
// what is then proven and signed, after what was.
func (w *World) enrol(identity string, before, after func(*enrolment)) *Registration {
	p, pid := w.Parameters, PIDOf(identity)
	e := &enrolment{keys: must(DeriveKeys(p, pid, pid[:])), endorser: w.Endorser}
	e.member = e.keys.member(0)
	e.signer = e.keys
	if before != nil {
		before(e)
	}
	r := must(register(nil, p, e.member, e.keys.s1, e.keys.blinding, e.signer.account))
	r.endorser = e.endorser.public
	r.endorsement = must(e.endorser.sign(signedMessage("UTT-V1/utt/endorsement", r.member.body(p.network))))
	e.Registration = *r
	if after != nil {
		after(e)
	}
	e.sealed = seal(e.encode())
	return &e.Registration
}

// endorserWith is an endorser whom the parameters may not list.
func (w *World) endorserWith(key ed25519.PrivateKey) *Endorser {
	public, sign, err := signer(key)
	must(0, err)
	return &Endorser{w.Parameters, public, sign}
}

// registrationCheats are those against the registry.
func (w *World) registrationCheats() []*Cheat {
	const carol = "carol@example.org"
	m := w.Mallory
	public := func(k ed25519.PrivateKey) []byte { return k.Public().(ed25519.PublicKey) }
	zero := append([]byte{1}, make([]byte, 31)...)                                          // y = 1, the point 0
	zeroAgain := slices.Concat([]byte{0xee}, slices.Repeat([]byte{0xff}, 30), []byte{0x7f}) // y = p + 1
	anybodys := append(slices.Clone(zero), make([]byte, 32)...)                             // R = 0, S = 0, on any message
	mixed, signMixed := testrand.MixedKey(m.pid[:])
	return []*Cheat{
		{Name: "a class that is none", Label: "POLICY-CLASS", Code: CodePolicy,
			Op: w.enrol(carol, func(e *enrolment) { e.member.class = 2 }, nil)},
		{Name: "one's own endorser", Label: "POLICY-ENDORSER", Code: CodePolicy,
			Op: w.enrol(carol, func(e *enrolment) { e.endorser = w.endorserWith(m.account) }, nil)},
		{Name: "an address that is none", Label: "REG-ADDRESS",
			Op: w.enrol(carol, func(e *enrolment) { e.member.address = slices.Repeat([]byte{0xff}, addressSize) }, nil)},
		{Name: "an address of small order", Label: "REG-ADDRESS",
			Op: w.enrol(carol, func(e *enrolment) { clear(e.member.address[addressSize-32:]) }, nil)},
		{Name: "an address with a bit that nobody reads", Label: "REG-ADDRESS",
			Op: w.enrol(carol, func(e *enrolment) { e.member.address[addressSize-1] |= 0x80 }, nil)},
		{Name: "an account key that anybody signs for", Label: "REG-KEY",
			Op: w.enrol(carol, func(e *enrolment) { e.member.account = zero }, func(e *enrolment) { e.possession = anybodys })},
		{Name: "the same in another encoding", Label: "REG-KEY",
			Op: w.enrol(carol, func(e *enrolment) { e.member.account = zeroAgain }, func(e *enrolment) { e.possession = anybodys })},
		{Name: "an account key with a part of small order", Label: "REG-KEY",
			Op: w.enrol(carol, func(e *enrolment) { e.member.account = mixed }, func(e *enrolment) {
				e.possession = signMixed(signedMessage(dst.AccountKeyProof, e.member.body(w.Parameters.network)))
			})},
		{Name: "an endorsement of another class", Label: "REG-ENDORSEMENT",
			Op: w.enrol(carol, func(e *enrolment) { e.member.class = 1 }, func(e *enrolment) {
				e.endorsement = w.enrol(carol, nil, nil).endorsement
			})},
		{Name: "another's account key", Label: "REG-POSSESSION",
			Op: w.enrol(carol, func(e *enrolment) {
				e.member.account = public(must(DeriveKeys(w.Parameters, m.pid, m.pid[:])).account)
			}, nil)},
		{Name: "a commitment to a secret that is not known", Label: "REG-1",
			Op: w.enrol(carol, func(e *enrolment) { e.member.secret = w.Alice.Registered.secret }, nil)},
		{Name: "a commitment off the subgroup", Label: "REG-1",
			Op: w.enrol(carol, func(e *enrolment) { e.member.secret = e.member.secret.Add(smallOrder(3)) }, nil)},
		{Name: "a second credential", Label: "REG-ONCE", Code: CodeRegistered,
			Op: w.enrol("mallory@example.org", func(e *enrolment) {
				e.keys = must(DeriveKeys(w.Parameters, m.pid, w.Alice.pid[:]))
				e.member, e.signer = e.keys.member(0), e.keys
			}, nil)},
		{Name: "an account key of two users", Label: "REG-KEY-ONCE", Code: CodeAccountKey,
			Op: w.enrol(carol, func(e *enrolment) { e.member.account, e.signer = public(m.account), m.Keys }, nil)},
	}
}
