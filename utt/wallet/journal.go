package wallet

import "slices"

// table is a part of the state by keys.
type table[K comparable, V any] struct {
	m      map[K]V
	kind   string // of its entries on disk, "" if it has none
	key    func(K) string
	encode func(V) ([]byte, error) // nil for what is not kept
}

func newTable[K comparable, V any](kind string, key func(K) string, encode func(V) ([]byte, error)) table[K, V] {
	return table[K, V]{make(map[K]V), kind, key, encode}
}

// journal is how to undo changes, so that a batch of records costs what it changes,
// whether it is kept or not, and what is to be written.
type journal struct {
	undo    []func()
	names   []string // of the entries to be written, in the order in which they first changed
	changed map[string]func() (entry, error)
	kept    map[string][]byte // those of them that are not in memory
}

func newJournal() *journal {
	return &journal{changed: make(map[string]func() (entry, error)), kept: make(map[string][]byte)}
}

// write has an entry written with the changes.
func (j *journal) write(name string, e func() (entry, error)) {
	if _, again := j.changed[name]; !again {
		j.names = append(j.names, name)
	}
	j.changed[name] = e
}

// put has an entry written that is on disk only, or removed where the value is nil.
func (j *journal) put(name string, value []byte) {
	j.kept[name] = value
	j.write(name, func() (entry, error) { return entry{kept, name, value}, nil })
}

// append appends the entries to be written.
func (j *journal) append(all []entry) ([]entry, error) {
	for _, name := range j.names {
		e, err := j.changed[name]()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func (j *journal) rollback() {
	for _, undo := range slices.Backward(j.undo) {
		undo()
	}
}

// set sets an entry of one of the state's tables.
func set[K comparable, V any](j *journal, t *table[K, V], k K, v V) {
	remember(j, t, k)
	t.m[k] = v
}

// unset removes an entry of one of the state's tables.
func unset[K comparable, V any](j *journal, t *table[K, V], k K) {
	remember(j, t, k)
	delete(t.m, k)
}

func remember[K comparable, V any](j *journal, t *table[K, V], k K) {
	if j == nil {
		return
	}
	v, was := t.m[k]
	j.undo = append(j.undo, func() {
		if was {
			t.m[k] = v
		} else {
			delete(t.m, k)
		}
	})
	if t.kind == "" {
		return
	}
	name := t.kind + t.key(k)
	j.write(name, func() (entry, error) {
		e := entry{class: live, name: name}
		var err error
		if v, ok := t.m[k]; ok {
			e.value, err = t.encode(v)
		}
		return e, err
	})
}
