package utt

import "fmt"

// NoteVector is an opened note.
type NoteVector struct {
	Output  int    `json:"output"`
	Own     bool   `json:"own"` // to oneself
	Context string `json:"associated_data"`
	Value   Amount `json:"value"`
	Seed    string `json:"note_seed"`
	Memo    string `json:"memo,omitempty"`
}

// NotesOf are the notes of a transfer that a wallet's keys open.
func NotesOf(n NetworkID, identity string, walletSeed []byte, t *Transfer) (all []NoteVector) {
	k := must(DeriveKeys(&Parameters{network: n, encoding: []byte{1}}, PIDOf(identity), walletSeed))
	for j, o := range t.outputs {
		context := noteContext(&t.header, t.seed(), j)
		v, own := openOwnNote(k.note, o.note, context)
		ok := own
		if !own {
			v, ok = openPayeeNote(k.address, o.note, context)
		}
		if ok {
			all = append(all, NoteVector{j, own, fmt.Sprintf("%x", context), v.value, fmt.Sprintf("%x", v.seed[:]), v.memo})
		}
	}
	return all
}
