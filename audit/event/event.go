// Package event holds what an audit tells while it runs: one small type an event.
//
// A program that draws a terminal looks at the types; one that only logs takes
// the level and the sentence that each event has. Sentences name settings as the
// flags of the command do: --resume is [Options.Resume] of package campaign, and
// so on. Parts of them come from outside: escape them before they are shown.
package event

import (
	"fmt"
	"log/slog"
	"strconv"
)

// Event is something that happened.
type Event interface {
	fmt.Stringer       // the event as one sentence, without a full stop
	Level() slog.Level // how much it matters
}

// Handler receives events. It is called from several goroutines at once; nil
// drops all events.
type Handler func(Event)

// Send hands an event to the handler, if there is one.
func (h Handler) Send(e Event) {
	if h != nil {
		h(e)
	}
}

// Progress says how far a task is. Done and Total may both grow.
type Progress struct {
	Task        string
	Done, Total int64
}

// Level is that of details.
func (Progress) Level() slog.Level { return slog.LevelDebug }

func (e Progress) String() string { return fmt.Sprintf("%s: %d of %d", e.Task, e.Done, e.Total) }

// Finished ends the progress of a task, whether or not all of it was done.
type Finished struct{ Task string }

// Level is that of details.
func (Finished) Level() slog.Level { return slog.LevelDebug }

func (e Finished) String() string { return e.Task + ": ended" }

// Task begins a task. Update tells how far it is, and end that it ended.
func (h Handler) Task(name string) (update func(done, total int64), end func()) {
	update = func(done, total int64) { h.Send(Progress{name, done, total}) }
	update(0, 0)
	return update, func() { h.Send(Finished{name}) }
}

// Problem is an error that does not end the run.
type Problem struct{ Err error }

// Level is that of errors.
func (Problem) Level() slog.Level { return slog.LevelError }

func (e Problem) String() string { return e.Err.Error() }

// Count returns a number with its noun: "1 vantage", "2 vantages".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
