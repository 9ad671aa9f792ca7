package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

var small = settings{customers: 4, nodes: 4, payments: 6, seed: 7}

func TestExperimentHolds(t *testing.T) {
	var out bytes.Buffer
	ok, err := run(context.Background(), &out, small, true, false)
	require.NoError(t, err)
	var results []result
	require.NoError(t, json.Unmarshal(out.Bytes(), &results))
	require.Len(t, results, 9)
	for _, r := range results {
		require.True(t, r.Holds, "%s: %s", r.Action, r.Observed)
	}
	require.True(t, ok)
}

// The trace depends on nothing but the settings.
func TestTraceIsDeterministic(t *testing.T) {
	trace := func(s settings) string {
		var out bytes.Buffer
		ok, err := run(context.Background(), &out, s, false, true)
		require.NoError(t, err)
		require.True(t, ok)
		return out.String()
	}
	first := trace(small)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	require.Equal(t, first, trace(small))
	other := small
	other.seed++
	require.NotEqual(t, first, trace(other))
}

// Books that are wrong by one, and a ledger apart, do not pass.
func TestWrongBooksDoNotHold(t *testing.T) {
	ctx := context.Background()
	e, err := found(ctx, small)
	require.NoError(t, err)
	r, err := e.do(ctx, "prepare", e.prepare)
	require.NoError(t, err)
	require.True(t, r.Holds, r.Observed)
	for _, wrong := range []func(b *books){
		func(b *books) { b.ordinary++ }, func(b *books) { b.private-- }, func(b *books) { b.budget++ },
	} {
		kept := e.customers[2].owns
		wrong(&e.customers[2].owns)
		r, err := e.do(ctx, "pay publicly", e.payPublicly)
		require.NoError(t, err)
		require.False(t, r.Holds)
		require.Contains(t, r.Observed, "customer 2")
		e.customers[2].owns = kept
		for i, c := range e.customers { // the payments themselves were right
			c.owns = balances(e.customers[i].wallet())
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, s := range []settings{{10, 5, 1, 1}, {10, 1, 1, 1}, {1, 4, 1, 1}, {10, 4, 0, 1}} {
		_, err := found(context.Background(), s)
		require.Error(t, err)
	}
}

// BenchmarkRestore makes ten wallets again from their seeds, on one core. The
// payments take the better part of a minute to make.
func BenchmarkRestore(b *testing.B) {
	for _, payments := range []int{100, 667} {
		b.Run(fmt.Sprintf("payments=%d", payments), func(b *testing.B) {
			ctx := context.Background()
			e, err := found(ctx, settings{customers: 10, nodes: 4, payments: payments, seed: 1})
			require.NoError(b, err)
			_, err = e.prepare(ctx)
			require.NoError(b, err)
			require.NoError(b, e.payAround(ctx, payments))
			for b.Loop() {
				_, _, err := e.restore(ctx)
				require.NoError(b, err)
			}
			b.StopTimer()
			require.NoError(b, e.compare())
			b.ReportMetric(float64(3*payments), "outputs")
		})
	}
}
