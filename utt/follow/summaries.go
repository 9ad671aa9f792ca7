package follow

import (
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
)

// EntrySource is a Source that serves the log by parts: its entries, and what they leave out.
type EntrySource interface {
	Source
	// Entries yields, in order and without a gap, the log's entries from a number on, counted
	// from 0, at least up to the number of records of the last certificate served. The
	// slices are the caller's.
	Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error]
	// Section is what the entries of a section leave out, of a ledger of a size: the number of
	// records of any certificate up to the last one served. The error is ErrNotFound for
	// what is not published, or not kept any more.
	Section(ctx context.Context, number, size uint64) (*utt.Section, error)
}

// TakeSummaries takes in summaries that lead to where a reader then is, as Take does records.
type TakeSummaries func(ctx context.Context, summaries []*utt.Summary, to utt.Frontier) error

// Summaries reads summaries as Records reads records: all that Records says holds. It reads
// about so many as limit says, up to a certificate, and all for 0. What it returns is the
// certificate that it aimed at, the node's last one, verified, up to which Open opens
// sections; nil if nothing is published yet. Where the limit ends it, the reader is not there.
func Summaries(ctx context.Context, p *utt.Parameters, from utt.Frontier, s EntrySource, limit uint64, take TakeSummaries) (aim *utt.Certificate, err error) {
	if s == nil || take == nil {
		return nil, errNothing
	}
	return (&download[*utt.Summary]{
		p: p, known: from, source: s, take: take, lead: utt.Frontier.LeadEntries, limit: limit,
		read: func(ctx context.Context) iter.Seq2[*utt.Summary, error] { return parsed(s.Entries(ctx, from.Records)) },
	}).run(ctx)
}

// parsed are the summaries of entries; nil for nil.
func parsed(entries iter.Seq2[[]byte, error]) iter.Seq2[*utt.Summary, error] {
	if entries == nil {
		return nil
	}
	return func(yield func(*utt.Summary, error) bool) {
		for b, err := range entries {
			var s *utt.Summary
			if err == nil {
				if s, err = utt.ParseEntry(b); err != nil {
					err = &NodeError{Fault: Broken, Cause: err}
				}
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// Open is the records of a section, of which the reader has the summaries, in order, nil for what he has none of,
// by a certificate that Summaries returned. Only what the certificate and the summaries say is
// returned: the error is a NodeError, Broken, for a section that is another.
//
// Whoever is asked learns that something in the section may concern the reader, and the size
// of his certificate. Ask for as many sections whether one does or not, and after an error
// for the same ones again.
func Open(ctx context.Context, s EntrySource, c *utt.Certificate, number uint64, summaries []*utt.Summary) ([]*utt.Record, error) {
	if s == nil || c == nil {
		return nil, fmt.Errorf("%w: no node, or no certificate", utt.ErrInvalid)
	}
	if from, to := utt.SectionBounds(number, c.Records); from == to || uint64(len(summaries)) != to-from {
		return nil, fmt.Errorf("%w: %d summaries for section %d of a ledger of %d records, which has %d", utt.ErrInvalid, len(summaries), number, c.Records, to-from)
	}
	for i, summary := range summaries {
		if summary != nil && summary.Kind() == 0 {
			return nil, fmt.Errorf("%w: summary %d of those given is empty", utt.ErrInvalid, i)
		}
	}
	section, err := s.Section(ctx, number, c.Records)
	switch {
	case err != nil:
		return nil, readError(err)
	case section == nil:
		return nil, broken("neither a section nor an error")
	}
	records, err := section.Open(c, number, summaries)
	if err != nil {
		return nil, &NodeError{Fault: Broken, Height: c.Height, Known: c.Height, Cause: err}
	}
	return records, nil
}
