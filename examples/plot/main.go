// Command plot draws the throughput that the benchmarks measured against the batch
// size, for every number of cores:
//
//	go run -C examples/plot . ../../bench/results.txt ../../bench/throughput.svg
//
// The same results give the same bytes.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"image/color"
	"log"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: plot results.txt throughput.svg")
	}
	results, err := read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	p, err := chart(results)
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Save(18*vg.Centimeter, 11*vg.Centimeter, os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// line is a curve of the plot.
type line struct {
	benchmark string
	cores     int
}

// results are payments a second by line and batch size, of all runs.
type results map[line]map[int][]float64

// row is a benchmark's name, with the number of cores if it is not 1.
var row = regexp.MustCompile(`^Benchmark(Verify|Replica)/batch=(\d+)(?:-(\d+))?\s`)

func read(name string) (results, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	r := make(results)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		m := row.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		batch, err := strconv.Atoi(m[2])
		if err != nil {
			return nil, err
		}
		l := line{m[1], 1}
		if m[3] != "" {
			if l.cores, err = strconv.Atoi(m[3]); err != nil {
				return nil, err
			}
		}
		rate, err := metric(lines.Text(), "tx/s")
		if err != nil {
			return nil, err
		}
		if r[l] == nil {
			r[l] = make(map[int][]float64)
		}
		r[l][batch] = append(r[l][batch], rate)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(r) == 0 {
		return nil, fmt.Errorf("%s: no results of BenchmarkVerify or BenchmarkReplica", name)
	}
	return r, nil
}

// metric is the number before a unit.
func metric(text, unit string) (float64, error) {
	fields := strings.Fields(text)
	i := slices.Index(fields, unit)
	if i < 1 {
		return 0, fmt.Errorf("no %s in %q", unit, text)
	}
	return strconv.ParseFloat(fields[i-1], 64)
}

func chart(r results) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "Throughput by batch size"
	p.X.Label.Text = "payments in a batch"
	p.Y.Label.Text = "payments per second"
	p.X.Scale = plot.LogScale{}
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding, p.Legend.XOffs = vg.Points(3), vg.Points(8)
	grid := plotter.NewGrid()
	grid.Horizontal.Color = color.Gray{Y: 0xdd}
	grid.Vertical.Color = color.Gray{Y: 0xdd}
	p.Add(grid)

	names := map[string]string{"Verify": "verify", "Replica": "decode, verify, execute, sign"}
	colours := map[string]color.Color{"Verify": color.RGBA{0x1f, 0x77, 0xb4, 0xff}, "Replica": color.RGBA{0xd6, 0x27, 0x28, 0xff}}
	batches := make(map[int]bool)
	for _, l := range slices.SortedFunc(maps.Keys(r), func(a, b line) int {
		return cmp.Or(-cmp.Compare(a.benchmark, b.benchmark), -cmp.Compare(a.cores, b.cores))
	}) {
		var points plotter.XYs
		for _, batch := range slices.Sorted(maps.Keys(r[l])) {
			batches[batch] = true
			points = append(points, plotter.XY{X: float64(batch), Y: median(r[l][batch])})
		}
		curve, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		curve.Color, marks.Color, marks.Shape = colours[l.benchmark], colours[l.benchmark], draw.CircleGlyph{}
		curve.Width = vg.Points(1.5)
		if l.cores == 1 {
			curve.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		cores := "cores"
		if l.cores == 1 {
			cores = "core"
		}
		p.Add(curve, marks)
		p.Legend.Add(fmt.Sprintf("%s: %d %s", names[l.benchmark], l.cores, cores), curve, marks)
	}
	var ticks []plot.Tick
	for _, batch := range slices.Sorted(maps.Keys(batches)) {
		ticks = append(ticks, plot.Tick{Value: float64(batch), Label: strconv.Itoa(batch)})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Max *= 1.15 // room for the legend
	return p, nil
}

func median(x []float64) float64 {
	y := slices.Sorted(slices.Values(x))
	return (y[(len(y)-1)/2] + y[len(y)/2]) / 2
}
