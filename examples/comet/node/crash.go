package node

import (
	"os"
	"sync/atomic"
	"time"
)

// crash kills the process at a named point, as a power failure would: for tests of what
// happens then. Without a name it does nothing.
type crash struct {
	point string
	dying atomic.Bool
}

// lingering is for how long the engine still talks to others, so that these come as far.
const lingering = 2 * time.Second

// near says that the process comes to a point: from now on nothing of the replica leaves it.
func (c *crash) near(point string) {
	if c.point == point {
		c.dying.Store(true)
	}
}

// at kills the process, if this is the point.
func (c *crash) at(point string) {
	if c.point != point {
		return
	}
	time.Sleep(lingering)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // until it is dead
}

// hold keeps what would leave the process while it dies.
func (c *crash) hold() {
	if c.dying.Load() {
		select {}
	}
}
