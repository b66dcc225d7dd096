package event

import (
	"fmt"
	"log/slog"
)

// DataFetched says that a newer data set was fetched.
type DataFetched struct{ Name, Holds string }

// Level is that of information.
func (DataFetched) Level() slog.Level { return slog.LevelInfo }

func (e DataFetched) String() string { return fmt.Sprintf("fetched %s: %s", e.Name, e.Holds) }

// DataUnchanged says that a data set is the newest.
type DataUnchanged struct{ Name string }

// Level is that of information.
func (DataUnchanged) Level() slog.Level { return slog.LevelInfo }

func (e DataUnchanged) String() string { return e.Name + " is the newest" }

// DataLacking says that a run goes on without some data sets.
type DataLacking struct{}

// Level is that of warnings.
func (DataLacking) Level() slog.Level { return slog.LevelWarn }

func (DataLacking) String() string { return "going on without the data sets that could not be fetched" }

// DataLeftOut says that a data set cannot be used.
type DataLeftOut struct{ Err error }

// Level is that of warnings.
func (DataLeftOut) Level() slog.Level { return slog.LevelWarn }

func (e DataLeftOut) String() string {
	return fmt.Sprintf("%v; it is left out: fetch it again with `landfall data update`", e.Err)
}

// DataOutOfReach says that this machine cannot reach the sources of data sets.
type DataOutOfReach struct{ Err error }

// Level is that of warnings.
func (DataOutOfReach) Level() slog.Level { return slog.LevelWarn }

func (e DataOutOfReach) String() string {
	return fmt.Sprintf("%v to the sources of data sets: those that are lacking were not fetched", e.Err)
}
