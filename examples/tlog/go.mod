module github.com/utt-ecash/utt-go/examples/tlog

go 1.26.8

require golang.org/x/mod v0.28.0

require github.com/utt-ecash/utt-go v0.0.0

replace github.com/utt-ecash/utt-go => ../..
