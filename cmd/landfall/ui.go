package main

// The rules of the terminal.
//
//   - Results go to standard output, everything else to standard error.
//   - A message is one line, "landfall: " in front, lower case, no full stop. It
//     names the thing, what was expected and the way out.
//   - Progress is drawn on a terminal alone, and never with --no-progress.
//   - Colour is used on a terminal alone, and never where NO_COLOR is set
//     (no-color.org) or TERM is dumb.
//   - What came from outside is escaped before it is shown.

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/internal/escape"
)

// level is how much is said; the flag --log-level.
type level slog.Level

const (
	levelDebug = level(slog.LevelDebug)
	levelInfo  = level(slog.LevelInfo)
	levelWarn  = level(slog.LevelWarn)
	levelError = level(slog.LevelError)
)

func (l *level) String() string { return strings.ToLower(slog.Level(*l).String()) }
func (l *level) Type() string   { return "LEVEL" }

func (l *level) Set(text string) error {
	var names []string
	for _, known := range []level{levelDebug, levelInfo, levelWarn, levelError} {
		if text == known.String() {
			*l = known
			return nil
		}
		names = append(names, known.String())
	}
	return fmt.Errorf("%q is not a level; expected %s", text, strings.Join(names, ", "))
}

type ui struct {
	out      io.Writer
	err      io.Writer
	errMu    sync.Mutex // orders run beside probes, and both have something to say
	least    level
	progress bool
	colour   bool

	barMu sync.Mutex
	bars  map[string]bar // of tasks that are under way
}

// bar is drawn progress.
type bar struct {
	update func(done, total int64)
	end    func()
}

func newUI(s surroundings, least level) *ui {
	return &ui{
		out: s.out, err: s.err, least: least,
		progress: terminal(s.err), bars: map[string]bar{},
		colour: terminal(s.out) && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb",
	}
}

func (u *ui) say(at level, format string, args ...any) {
	if at >= u.least {
		u.errMu.Lock()
		defer u.errMu.Unlock()
		fmt.Fprintln(u.err, "landfall: "+oneLine(fmt.Sprintf(format, args...)))
	}
}

// tell shows an event.
func (u *ui) tell(e event.Event) {
	switch e := e.(type) {
	case event.Progress:
		u.draw(e)
	case event.Finished:
		u.barMu.Lock()
		drawn, ok := u.bars[e.Task]
		delete(u.bars, e.Task)
		u.barMu.Unlock()
		if ok {
			drawn.end()
		}
	case event.Problem:
		u.problem(e.Err)
	default:
		u.say(level(e.Level()), "%s", e)
	}
}

// draw draws progress where it is wanted.
func (u *ui) draw(e event.Progress) {
	if !u.progress {
		return
	}
	u.barMu.Lock()
	drawn, ok := u.bars[e.Task]
	if !ok {
		drawn = u.newBar(e.Task)
		u.bars[e.Task] = drawn
	}
	u.barMu.Unlock()
	drawn.update(e.Done, e.Total)
}

func (u *ui) debug(format string, args ...any) { u.say(levelDebug, format, args...) }
func (u *ui) note(format string, args ...any)  { u.say(levelInfo, format, args...) }
func (u *ui) warn(format string, args ...any)  { u.say(levelWarn, format, args...) }

// problem shows an error; one that joins several gets a line for each.
func (u *ui) problem(err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) && err.Error() == errors.Join(joined.Unwrap()...).Error() {
		for _, one := range joined.Unwrap() {
			u.problem(one)
		}
		return
	}
	for _, line := range strings.Split(strings.TrimRight(err.Error(), "\n"), "\n") {
		u.say(levelError, "%s", line)
	}
}

// oneLine makes text from outside fit for one line.
func oneLine(text string) string { return escape.Line(text) }

// width is the number of columns of the terminal that results go to.
func (u *ui) width() int {
	const usual = 80
	f, ok := u.out.(*os.File)
	if !ok {
		return usual
	}
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		return columns
	}
	return usual
}

// newBar begins to draw progress. Done and total may grow; end ends it.
func (u *ui) newBar(what string) bar {
	pool := mpb.New(mpb.WithOutput(u.err), mpb.WithWidth(32))
	drawn := pool.AddBar(0,
		mpb.PrependDecorators(decor.Name(what+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.Name(" "), decor.Elapsed(decor.ET_STYLE_GO)),
		mpb.BarRemoveOnComplete(),
	)
	return bar{
		update: func(done, total int64) {
			drawn.SetTotal(total, false)
			drawn.SetCurrent(done)
		},
		end: func() {
			drawn.Abort(true)
			pool.Wait()
		},
	}
}
