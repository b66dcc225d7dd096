package selfcheck

import (
	"fmt"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// maxStep is how far the clock may jump against the one that round trips are
// timed by. Adjusting it bit by bit moves it by half a millisecond in a second
// (adjtime), and small jumps at start-up are common.
const maxStep = time.Second

// Clock watches for jumps during a run. A machine that slept stops the clock by
// which round trips are timed: a reply that came meanwhile would look nearer
// than it was.
type Clock struct {
	began time.Time
	now   func() time.Time
}

// NewClock begins to watch. Now has a monotonic reading, as time.Now has; nil
// is that.
func NewClock(now func() time.Time) *Clock {
	if now == nil {
		now = time.Now
	}
	return &Clock{began: now(), now: now}
}

// Check returns what happened since [NewClock], for [Judge].
func (c *Clock) Check() evidence.Check {
	now := c.now()
	return stepped(now.Round(0).Sub(c.began.Round(0)), now.Sub(c.began))
}

// stepped compares the time that passed by the wall clock with that by the
// steady one.
func stepped(wall, steady time.Duration) evidence.Check {
	out := evidence.Check{Name: checkSteps, Result: evidence.CheckPassed, Text: "the clock ran without a jump"}
	if jump := wall - steady; jump.Abs() > maxStep {
		out.Result = evidence.CheckFailed
		out.Text = fmt.Sprintf("the clock jumped by %s during the run: it was set, or the machine slept, and round trips may be told too short", jump.Round(time.Millisecond))
	}
	return out
}
