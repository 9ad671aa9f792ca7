package main
import ("testing";"context";"os";"runtime/pprof")
func TestProf(t *testing.T) {
	e, err := found(context.Background(), settings{10,4,300,1}); if err != nil { t.Fatal(err) }
	if _, err := e.prepare(context.Background()); err != nil { t.Fatal(err) }
	if err := e.payAround(context.Background(), 300); err != nil { t.Fatal(err) }
	f, _ := os.Create("/tmp/r.prof"); pprof.StartCPUProfile(f)
	for range 4 {
	took, n, err := e.restore(context.Background())
	t.Log(took, n, err)
	}
	pprof.StopCPUProfile(); f.Close()
}
