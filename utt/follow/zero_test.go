package follow_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(follow.Fault), new(follow.NodeError), new(follow.Take), new(follow.TakeCredentials), new(follow.TakeSummaries)},
		Functions: map[string]any{"Aim": follow.Aim, "Credentials": follow.Credentials, "Open": follow.Open, "Records": follow.Records, "Summaries": follow.Summaries},
		Errors:    []error{utt.ErrInvalid, utt.ErrNotFound},
	})
}
