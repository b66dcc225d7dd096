package event

import (
	"fmt"
	"log/slog"
)

// CanariesSwept says that what earlier runs left was deleted.
type CanariesSwept struct {
	Objects int
	Target  string
}

// Level is that of information.
func (CanariesSwept) Level() slog.Level { return slog.LevelInfo }

func (e CanariesSwept) String() string {
	return fmt.Sprintf("%s of earlier runs deleted from %s", Count(e.Objects, "object"), e.Target)
}

// CanaryElsewhere says that an earlier run left objects in another place.
type CanaryElsewhere struct{ Err error }

// Level is that of warnings.
func (CanaryElsewhere) Level() slog.Level { return slog.LevelWarn }

func (e CanaryElsewhere) String() string { return e.Err.Error() }

// PlaceUnknown says that the place of this machine was not given.
type PlaceUnknown struct{}

// Level is that of warnings.
func (PlaceUnknown) Level() slog.Level { return slog.LevelWarn }

func (PlaceUnknown) String() string {
	return "the place of this machine is not known, so the times bound nothing: give --vantage here@LAT,LON"
}

// CanaryPlanned says what is written and read, and what it costs.
type CanaryPlanned struct{ Target, Plan string }

// Level is that of information.
func (CanaryPlanned) Level() slog.Level { return slog.LevelInfo }

func (e CanaryPlanned) String() string { return e.Target + ": " + e.Plan }

// CanaryStopped says that the run was stopped, and deletes what it wrote.
type CanaryStopped struct{}

// Level is that of information.
func (CanaryStopped) Level() slog.Level { return slog.LevelInfo }

func (CanaryStopped) String() string { return "stopped: deleting what was written" }

// CanaryKept says what the store keeps of deleted objects.
type CanaryKept struct{ Text string }

// Level is that of information.
func (CanaryKept) Level() slog.Level { return slog.LevelInfo }

func (e CanaryKept) String() string { return e.Text }

// StoreUnbounded says that the reads through an address bound nothing.
type StoreUnbounded struct {
	Target, Addr string
	Used, Asked  int // reads
}

// Level is that of warnings.
func (StoreUnbounded) Level() slog.Level { return slog.LevelWarn }

func (e StoreUnbounded) String() string {
	return fmt.Sprintf("%s through %s: %d of %d reads can be used, which bounds nothing", e.Target, e.Addr, e.Used, e.Asked)
}

// StoreBounded says how far away the bytes can be that were read through an address.
type StoreBounded struct {
	Target, Addr string
	Used, Asked  int     // reads
	ReadMS       float64 // the second fastest read
	RoundTripMS  float64 // of the front end
	WithinKM     float64 // of this machine
	BehindKM     float64 // about how far behind the front end
}

// Level is that of information.
func (StoreBounded) Level() slog.Level { return slog.LevelInfo }

func (e StoreBounded) String() string {
	return fmt.Sprintf("%s through %s: the bytes are at most %.0f km from here (second fastest read: %.1f ms), or about %.0f km behind the front door, its round trip of %.1f ms taken at its word; %d of %d reads can be used",
		e.Target, e.Addr, e.WithinKM, e.ReadMS, e.BehindKM, e.RoundTripMS, e.Used, e.Asked)
}
