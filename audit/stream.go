package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// Stream judges one evidence file of this machine while it is read. It writes the
// verdicts while they are reached, so that memory does not grow with them. A broken
// last line is reported and the rest is used. The document that it returns has no
// verdicts. The garbage collector of the process works harder meanwhile.
func Stream(o JudgeOptions, w io.Writer, file string) (*verdict.Document, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("opening the evidence: %w", err)
	}
	defer f.Close()
	lines, err := evidence.NewReader(file, f)
	if err != nil {
		return nil, err
	}
	defer lines.Close()
	waiting, err := os.CreateTemp("", "landfall-verdicts-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file for the verdicts: %w", err)
	}
	defer func() { waiting.Close(); os.Remove(waiting.Name()) }()
	defer debug.SetGCPercent(debug.SetGCPercent(thriftyGC))
	return judge.Options{Window: o.Window}.Stream(w, waiting, o.Sheets, lines.Header, func(add func(evidence.Observation), aside func(evidence.Aside)) error {
		return readLines(o.Events, lines, add, aside)
	})
}

// readLines reads all lines of a file. One that cannot be used is set aside, and
// costs none of the others.
func readLines(events event.Handler, lines *evidence.Reader, add func(evidence.Observation), aside func(evidence.Aside)) error {
	for {
		o, err := lines.Read()
		var bad *evidence.LineError
		switch {
		case err == nil:
			add(o)
		case errors.Is(err, io.EOF):
			spendIfSmall()
			return nil
		case errors.As(err, &bad):
			events.Send(event.LineSetAside{Aside: bad.Aside(lines.Header.Run)})
			aside(bad.Aside(lines.Header.Run))
		default:
			return archive.UnlessCut(events, err)
		}
	}
}

// How much garbage is let lie, in percent of what is used: little where millions
// of replies are kept, much where there is room.
const (
	thriftyGC  = 30
	generousGC = 200
	smallBytes = 128 << 20
)

// spendIfSmall lets more garbage lie where what was read takes little room.
func spendIfSmall() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc < smallBytes {
		debug.SetGCPercent(generousGC)
	}
}
