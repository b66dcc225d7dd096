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
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
	"os"
)

// level is how much is said; the flag --log-level.
type level int

const (
	levelDebug level = iota
	levelInfo
	levelWarn
	levelError
)

var levelNames = []string{"debug", "info", "warn", "error"}

func (l *level) String() string { return levelNames[*l] }
func (l *level) Type() string   { return "LEVEL" }

func (l *level) Set(text string) error {
	for i, name := range levelNames {
		if text == name {
			*l = level(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a level; expected %s", text, strings.Join(levelNames, ", "))
}

type ui struct {
	out      io.Writer
	err      io.Writer
	errMu    sync.Mutex // orders run beside probes, and both have something to say
	least    level
	progress bool
	colour   bool
}

func newUI(s surroundings, least level) *ui {
	return &ui{
		out: s.out, err: s.err, least: least,
		progress: terminal(s.err),
		colour:   terminal(s.out) && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb",
	}
}

func (u *ui) say(at level, format string, args ...any) {
	if at >= u.least {
		u.errMu.Lock()
		defer u.errMu.Unlock()
		fmt.Fprintln(u.err, "landfall: "+oneLine(fmt.Sprintf(format, args...)))
	}
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

// oneLine shows control characters, and those that turn the direction of
// text, as escapes: nothing from outside moves the cursor.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != ' ' && !unicode.IsPrint(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

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

// bar draws progress where it is wanted. Done and total may grow; end ends it.
func (u *ui) bar(what string) (update func(done, total int64), end func()) {
	if !u.progress {
		return func(int64, int64) {}, func() {}
	}
	pool := mpb.New(mpb.WithOutput(u.err), mpb.WithWidth(32))
	bar := pool.AddBar(0,
		mpb.PrependDecorators(decor.Name(what+" "), decor.CountersNoUnit("%d / %d")),
		mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.Name(" "), decor.Elapsed(decor.ET_STYLE_GO)),
		mpb.BarRemoveOnComplete(),
	)
	update = func(done, total int64) {
		bar.SetTotal(total, false)
		bar.SetCurrent(done)
	}
	end = func() {
		bar.Abort(true)
		pool.Wait()
	}
	return update, end
}
