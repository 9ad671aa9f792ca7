package utt_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
)

var tagRow = regexp.MustCompile("(?m)^\\| `(UTT-V1/[a-z0-9/-]+)` \\| (?:H|HF|H1|T|F|H, T) \\| .+ \\|$")

// The table of tags in the specification is that of package dst: all, in its order.
func TestProtocolHasEveryTag(t *testing.T) {
	text, err := os.ReadFile("PROTOCOL.md")
	require.NoError(t, err)
	var tags []dst.Tag
	for _, m := range tagRow.FindAllStringSubmatch(string(text), -1) {
		tags = append(tags, dst.Tag(m[1]))
	}
	require.Equal(t, dst.All, tags)
}
