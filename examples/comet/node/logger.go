package node

import (
	"fmt"
	"log/slog"

	"github.com/cometbft/cometbft/libs/log"
)

// logger has CometBFT log to a slog.Logger.
type logger struct{ to *slog.Logger }

// Debug implements log.Logger.
func (l logger) Debug(msg string, kv ...any) { l.to.Debug(msg, plain(kv)...) }

// Info implements log.Logger. What CometBFT says at each step is for who looks for it.
func (l logger) Info(msg string, kv ...any) { l.to.Debug(msg, plain(kv)...) }

// Warn implements log.Logger.
func (l logger) Warn(msg string, kv ...any) { l.to.Warn(msg, plain(kv)...) }

// Error implements log.Logger.
func (l logger) Error(msg string, kv ...any) { l.to.Error(msg, plain(kv)...) }

// With implements log.Logger.
func (l logger) With(kv ...any) log.Logger { return logger{l.to.With(plain(kv)...)} }

// plain are values as they print: once they are logged, if they are.
func plain(kv []any) []any {
	for i := 1; i < len(kv); i += 2 {
		switch v := kv[i].(type) {
		case error, string, int, int64, uint64, bool:
		case fmt.Stringer:
			kv[i] = lazy{v}
		}
	}
	return kv
}

type lazy struct{ v fmt.Stringer }

// LogValue implements slog.LogValuer.
func (l lazy) LogValue() slog.Value { return slog.StringValue(l.v.String()) }
