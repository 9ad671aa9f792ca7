package utt

import "github.com/utt-ecash/utt-go/internal/wire"

// appendNames appends texts, each behind its length, behind their number.
func appendNames(b []byte, names []string) []byte {
	b = wire.AppendUint16(b, uint16(len(names)))
	for _, n := range names {
		b = wire.AppendBytes(b, []byte(n))
	}
	return b
}

// readNames reads what appendNames appended; nil if there are none.
func readNames(r *wire.Reader, most, longest int) []string {
	n := r.Count(most, 4)
	if n == 0 {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = string(r.Bytes(longest))
	}
	return names
}

func readAssets(r *wire.Reader) []string {
	assets := make([]string, r.Count(MaxAssets, 4))
	for i := range assets {
		assets[i] = readAsset(r)
	}
	return assets
}
