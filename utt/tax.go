package utt

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// TaxOffice is who decrypts taxes by total, and where they go. Of a batch of payments t
// decryptors find what is due of all together, and the ledger credits it. They could open
// each payment as well, one alone none.
type TaxOffice struct {
	// Decryptors are the public keys of those who decrypt, of TaxComponents, up to
	// MaxDecryptors parties. The group's keys stay the same for the ledger's life; who holds
	// shares of them an amendment can change, and all else here.
	Decryptors *threshold.EncryptionCommittee
	Account    PID // that is credited, registered or not
	// MinPayments is how many payments a batch has at least, 1 to TaxBatchSize.
	MinPayments int
}

// TaxComponents is how many numbers the encrypted tax of a payment holds, each under a key
// of its own.
const TaxComponents = 3

// Components of an encrypted tax.
const (
	TaxDue  = 0
	TaxLow  = 1 // of the amount that is taxed, the lower 32 bits
	TaxHigh = 2 // the upper ones
)

// TaxBatchSize is with how many payments a batch is closed.
const TaxBatchSize = 4096

// maxRates is how many rates there are, in basis points. A batch can have those of many
// versions of the parameters.
const maxRates = 10000 + 1

// MaxDecryptors bounds the parties that decrypt, so that the shares of all fit an operation.
const MaxDecryptors = 128

func (o *TaxOffice) empty() bool { return o == nil }

// check reports keys that are not there, or for something else.
func (o *TaxOffice) check() error {
	switch {
	case o.Decryptors.Components() != TaxComponents:
		return fmt.Errorf("a tax office that decrypts %d components, of %d", o.Decryptors.Components(), TaxComponents)
	case o.Decryptors.Parties() > MaxDecryptors:
		return fmt.Errorf("a tax office of %d decryptors, of at most %d", o.Decryptors.Parties(), MaxDecryptors)
	case o.Account == PID{} || !o.Account.canonical():
		return fmt.Errorf("a tax office without a canonical account: make it with PIDOf")
	case o.MinPayments < 1 || o.MinPayments > TaxBatchSize:
		return fmt.Errorf("batches of at least %d taxed payments, of 1 to %d", o.MinPayments, TaxBatchSize)
	}
	return nil
}

// appendKey appends a flag and, behind its length, the group's key, if there is one: what
// stays the same for the ledger's life.
func (o *TaxOffice) appendKey(b []byte) ([]byte, error) {
	if o.empty() {
		return append(b, 0), nil
	}
	key, err := o.Decryptors.Key().MarshalBinary()
	return wire.AppendBytes(append(b, 1), key), err
}

// append appends the rest: the committee behind its length, account, smallest batch.
func (o *TaxOffice) append(b []byte) ([]byte, error) {
	if o.empty() {
		return b, nil
	}
	decryptors, err := o.Decryptors.MarshalBinary()
	b = append(wire.AppendBytes(b, decryptors), o.Account[:]...)
	return wire.AppendUint16(b, uint16(o.MinPayments)), err
}

// taxOfficeBytes are an encoded office.
type taxOfficeBytes struct {
	key, decryptors []byte
	account         PID
	minimum         int
}

// keyBytes is what appendKey appends, decoded as readTaxKey does.
func (o *TaxOffice) keyBytes() (*taxOfficeBytes, error) {
	if o.empty() {
		return nil, nil
	}
	key, err := o.Decryptors.Key().MarshalBinary()
	return &taxOfficeBytes{key: key}, err
}

func readTaxKey(r *wire.Reader) *taxOfficeBytes {
	if !r.Bool() {
		return nil
	}
	return &taxOfficeBytes{key: r.Bytes(maxKeyBytes)}
}

func (o *taxOfficeBytes) readRest(r *wire.Reader) {
	if o != nil {
		o.decryptors = r.Bytes(maxDecryptorBytes)
		r.Fill(o.account[:])
		o.minimum = int(r.Uint16())
	}
}

// office decodes it.
func (o *taxOfficeBytes) office() (*TaxOffice, error) {
	if o == nil {
		return nil, nil
	}
	d := &TaxOffice{new(threshold.EncryptionCommittee), o.account, o.minimum}
	if err := d.Decryptors.UnmarshalBinary(o.decryptors); err != nil {
		return nil, fmt.Errorf("decryptors of taxes: %w", err)
	}
	if key, err := d.Decryptors.Key().MarshalBinary(); err != nil || !bytes.Equal(key, o.key) {
		return nil, fmt.Errorf("%w: the decryptors of taxes have another key than the ledger", ErrInvalid)
	}
	return d, nil
}

// appendTax appends a flag and the encrypted tax, if there is one.
func appendTax(b []byte, tax *threshold.Ciphertext) []byte {
	if tax == nil {
		return append(b, 0)
	}
	return tax.Append(append(b, 1))
}

func readTax(r *wire.Reader) *threshold.Ciphertext {
	if !r.Bool() {
		return nil
	}
	return threshold.ReadCiphertext(r, TaxComponents)
}

// Taxed is what a payment adds to the batch of its asset when it executes.
type Taxed struct {
	rate uint16
	tax  *threshold.Ciphertext
}

// Rate is the rate of the tax, in basis points.
func (t *Taxed) Rate() uint16 {
	if t == nil {
		return 0
	}
	return t.rate
}

// BatchStatus says what became of a batch.
type BatchStatus uint8

// A batch is open while payments join it, then closed, and collected once the tax account
// has its tax.
const (
	BatchOpen      BatchStatus = 1
	BatchClosed    BatchStatus = 2
	BatchCollected BatchStatus = 3
)

var batchStatuses = map[BatchStatus]string{BatchOpen: "open", BatchClosed: "closed", BatchCollected: "collected"}

func (s BatchStatus) String() string { return nameIn(batchStatuses, s, "batch") }

// MarshalText is the name.
func (s BatchStatus) MarshalText() ([]byte, error) { return marshalName(batchStatuses, s, "batch") }

// UnmarshalText parses a name.
func (s *BatchStatus) UnmarshalText(text []byte) error {
	return unmarshalName(batchStatuses, s, text, "batch")
}

// TaxBatch is the encrypted taxes of an asset's payments in a row, summed for each rate. It
// is for ledgers, which add to it, and for decryptors, who take it from a ledger of their
// own: on sums that somebody else shows them they would open what he likes. The zero value
// is an empty batch.
type TaxBatch struct {
	Asset  string
	Number uint64 // of the asset's batches, from 0
	Status BatchStatus
	sums   []taxSum // by ascending rate
}

// taxSum is the sum of those at one rate.
type taxSum struct {
	rate  uint16
	count uint64
	sum   *threshold.Ciphertext
}

// noBatch stands in for a nil one.
var noBatch TaxBatch

// Payments is how many payments have joined.
func (b *TaxBatch) Payments() (n int) {
	for _, s := range cmp.Or(b, &noBatch).sums {
		n += int(s.count)
	}
	return n
}

// Rates are the rates of the payments, in basis points, ascending.
func (b *TaxBatch) Rates() (rates []uint16) {
	for _, s := range cmp.Or(b, &noBatch).sums {
		rates = append(rates, s.rate)
	}
	return rates
}

// Add adds a payment.
func (b *TaxBatch) Add(t *Taxed) {
	if b == nil || t == nil {
		return
	}
	i, found := slices.BinarySearchFunc(b.sums, t.rate, func(s taxSum, rate uint16) int { return cmp.Compare(s.rate, rate) })
	if !found {
		b.sums = slices.Insert(b.sums, i, taxSum{rate: t.rate})
	}
	b.sums[i].count++
	b.sums[i].sum = b.sums[i].sum.Plus(t.tax)
}

// total is the sum of all payments.
func (b *TaxBatch) total() (sum *threshold.Ciphertext) {
	for _, s := range b.sums {
		sum = sum.Plus(s.sum)
	}
	return sum
}

// Ready reports whether a batch of at least so many payments can be closed: whether there is
// randomness in the sum. Those who pay can make theirs cancel; if all of a batch do, they show
// what is their own, and it goes on. If all at one rate do, the others do not wait for them.
func (b *TaxBatch) Ready(payments int) bool {
	b = cmp.Or(b, &noBatch)
	return b.Payments() >= max(payments, 1) && b.total().Secret()
}

// AppendBinary appends status, and of each rate u16 rate, u64 number of payments, and
// E_0 … E_3: the value that ledgers keep under asset and number.
func (b *TaxBatch) AppendBinary(to []byte) ([]byte, error) {
	if _, ok := batchStatuses[cmp.Or(b, &noBatch).Status]; !ok {
		return nil, fmt.Errorf("%w: no batch, or one without status", ErrInvalid)
	}
	to = wire.AppendUint16(append(to, byte(b.Status)), uint16(len(b.sums)))
	for _, s := range b.sums {
		to = s.sum.Append(wire.AppendUint64(wire.AppendUint16(to, s.rate), s.count))
	}
	return to, nil
}

// MarshalBinary encodes the batch, without asset and number.
func (b *TaxBatch) MarshalBinary() ([]byte, error) { return b.AppendBinary(nil) }

// UnmarshalBinary decodes what AppendBinary encodes; asset and number stay as they are.
func (b *TaxBatch) UnmarshalBinary(from []byte) error {
	if b == nil {
		return errInto
	}
	r := wire.NewReader(from)
	d := TaxBatch{Asset: b.Asset, Number: b.Number, Status: BatchStatus(r.Byte())}
	d.sums = make([]taxSum, r.Count(maxRates, 2+8+(1+TaxComponents)*curve.G1Size))
	for i := range d.sums {
		s := taxSum{r.Uint16(), r.Uint64(), threshold.ReadSum(r, TaxComponents)}
		if s.count == 0 || i > 0 && s.rate <= d.sums[i-1].rate {
			r.Fail("rates without payments or out of order")
		}
		d.sums[i] = s
	}
	if _, ok := batchStatuses[d.Status]; !ok {
		r.Fail("a batch that is %v", d.Status)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: batch of taxes: %w", ErrMalformed, err)
	}
	*b = d
	return nil
}
