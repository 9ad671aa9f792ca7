package provider_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/provider"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(provider.Scanner), new(provider.Service), new(provider.ServiceConfig)},
		Functions: map[string]any{"New": provider.New, "OpenService": provider.OpenService},
		Errors:    []error{utt.ErrInvalid},
	})
}
