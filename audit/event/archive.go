package event

import (
	"fmt"
	"log/slog"

	"github.com/landfall-audit/landfall/evidence"
)

// RunKept says where an earlier run in the same folder is kept.
type RunKept struct{ Dir, To string }

// Level is that of information.
func (RunKept) Level() slog.Level { return slog.LevelInfo }

func (e RunKept) String() string {
	return fmt.Sprintf("the earlier run in %s is kept in %s", e.Dir, e.To)
}

// RunLeftOut says that the report goes without a run.
type RunLeftOut struct{ Err error }

// Level is that of warnings.
func (RunLeftOut) Level() slog.Level { return slog.LevelWarn }

func (e RunLeftOut) String() string {
	return fmt.Sprintf("%v; the report goes without that run", e.Err)
}

// EvidenceLeftOut says that the report goes without the evidence of a run.
type EvidenceLeftOut struct{ Err error }

// Level is that of warnings.
func (EvidenceLeftOut) Level() slog.Level { return slog.LevelWarn }

func (e EvidenceLeftOut) String() string {
	return fmt.Sprintf("%v; the report goes without this evidence", e.Err)
}

// NotThinned says that the evidence of old runs is kept as it is.
type NotThinned struct{ Err error }

// Level is that of warnings.
func (NotThinned) Level() slog.Level { return slog.LevelWarn }

func (e NotThinned) String() string { return fmt.Sprintf("%v; nothing was thinned", e.Err) }

// EvidenceNotThinned says that the evidence of one old run is kept as it is.
type EvidenceNotThinned struct{ Err error }

// Level is that of warnings.
func (EvidenceNotThinned) Level() slog.Level { return slog.LevelWarn }

func (e EvidenceNotThinned) String() string {
	return fmt.Sprintf("%v; this evidence is kept as it is", e.Err)
}

// EvidenceCut says that the last line of a bundle is cut. The rest is used.
type EvidenceCut struct{ Err error }

// Level is that of warnings.
func (EvidenceCut) Level() slog.Level { return slog.LevelWarn }

func (e EvidenceCut) String() string { return e.Err.Error() }

// LineSetAside is a line or a file that cannot be used. The others are.
type LineSetAside struct{ Aside evidence.Aside }

// Level is that of warnings.
func (LineSetAside) Level() slog.Level { return slog.LevelWarn }

func (e LineSetAside) String() string { return e.Aside.String() }

// EvidenceKept says where the evidence of a run is that was given no folder.
type EvidenceKept struct{ Path string }

// Level is that of information.
func (EvidenceKept) Level() slog.Level { return slog.LevelInfo }

func (e EvidenceKept) String() string {
	return "the evidence is kept in " + e.Path + "; give --out DIR for the report"
}

// Uploaded says where in object storage the evidence is.
type Uploaded struct{ To string }

// Level is that of information.
func (Uploaded) Level() slog.Level { return slog.LevelInfo }

func (e Uploaded) String() string { return "the evidence is " + e.To }
