package httpnode

import "time"

// SetClock has the client read another clock.
func (c *Client) SetClock(now func() time.Time) { c.now = now }

// First is the node that is asked now.
func (c *Client) First() string { return c.nodes[c.order()[0]].url }
