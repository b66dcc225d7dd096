package event

import (
	"fmt"
	"log/slog"
)

// StepFailed is a step of a probe that failed.
type StepFailed struct{ Probe, Target, Reason, Class string }

// Level is that of details.
func (StepFailed) Level() slog.Level { return slog.LevelDebug }

func (e StepFailed) String() string {
	return fmt.Sprintf("%s %s: %s (%s)", e.Probe, e.Target, e.Reason, e.Class)
}

// Resumed says that a run goes on with the evidence of an earlier one.
type Resumed struct {
	File         string
	Observations int
}

// Level is that of information.
func (Resumed) Level() slog.Level { return slog.LevelInfo }

func (e Resumed) String() string {
	return fmt.Sprintf("going on with %s: %d observations are there", e.File, e.Observations)
}

// OtherMachine says that the run was begun on another machine.
type OtherMachine struct {
	Variable string // that sets the id of a machine
}

// Level is that of warnings.
func (OtherMachine) Level() slog.Level { return slog.LevelWarn }

func (e OtherMachine) String() string {
	return "the run was begun on another machine: this one is a vantage of its own, and asks for itself. If it is the same and only keeps no files, set $" + e.Variable + " to a word of yours in both"
}

// TooManyDerived says that an endpoint leads to more endpoints than are looked at.
type TooManyDerived struct {
	Host string
	Most int
}

// Level is that of warnings.
func (TooManyDerived) Level() slog.Level { return slog.LevelWarn }

func (e TooManyDerived) String() string {
	return fmt.Sprintf("%s sends its clients to more than %d endpoints; the others are not looked at", e.Host, e.Most)
}

// CloudsNotAsked says that buckets are among the targets and nobody looks from this
// machine.
type CloudsNotAsked struct{}

// Level is that of warnings.
func (CloudsNotAsked) Level() slog.Level { return slog.LevelWarn }

func (CloudsNotAsked) String() string {
	return "clouds are asked about buckets from this machine alone: give --vantage here too"
}

// CloudRefused is a reason for which a cloud did not answer about buckets.
type CloudRefused struct {
	Target string // the first that it happened to
	More   int    // others that it happened to
	Reason string
}

// Level is that of warnings.
func (CloudRefused) Level() slog.Level { return slog.LevelWarn }

func (e CloudRefused) String() string {
	if e.More > 0 {
		return fmt.Sprintf("%s and %d more: %s", e.Target, e.More, e.Reason)
	}
	return e.Target + ": " + e.Reason
}

// CountriesUnknown says for how many countries it is not known where users are sent.
type CountriesUnknown struct{ Text string }

// Level is that of warnings.
func (CountriesUnknown) Level() slog.Level { return slog.LevelWarn }

func (e CountriesUnknown) String() string { return e.Text }

// PlatformNote is what the client of a platform says, such as that it waits.
type PlatformNote struct{ Platform, Text string }

// Level is that of information.
func (PlatformNote) Level() slog.Level { return slog.LevelInfo }

func (e PlatformNote) String() string { return e.Platform + ": " + e.Text }

// Balance says what may still be ordered of a platform.
type Balance struct {
	Platform string
	When     string // before, after, now
	Left     string // what may still be ordered
	Vantages int    // on offer
}

// Level is that of information.
func (Balance) Level() slog.Level { return slog.LevelInfo }

func (e Balance) String() string {
	return fmt.Sprintf("%s, %s: %s; %s", e.Platform, e.When, e.Left, Count(e.Vantages, "vantage"))
}

// BalanceUnknown says that a platform did not tell what may be ordered.
type BalanceUnknown struct {
	Platform string
	Err      error
}

// Level is that of warnings.
func (BalanceUnknown) Level() slog.Level { return slog.LevelWarn }

func (e BalanceUnknown) String() string {
	return fmt.Sprintf("%s: what is left is not known: %v", e.Platform, e.Err)
}

// Ordering says that a round of measurements is ordered.
type Ordering struct {
	Cost     int
	Standing Standing
}

// Level is that of information.
func (Ordering) Level() slog.Level { return slog.LevelInfo }

func (e Ordering) String() string {
	return fmt.Sprintf("ordering %d measurements: %s", e.Cost, e.Standing)
}

// NothingToOrder says that no further measurement would decide anything.
type NothingToOrder struct{ Standing Standing }

// Level is that of information.
func (NothingToOrder) Level() slog.Level { return slog.LevelInfo }

func (e NothingToOrder) String() string { return "nothing more to order: " + e.Standing.String() }

// Reused says that a measurement of others is used.
type Reused struct {
	Platform, Measurement string
	Vantages              int
}

// Level is that of information.
func (Reused) Level() slog.Level { return slog.LevelInfo }

func (e Reused) String() string {
	return fmt.Sprintf("%s: measurement %s of others tells of %s, for nothing", e.Platform, e.Measurement, Count(e.Vantages, "vantage"))
}

// NotReused says that a platform did not show what others have measured.
type NotReused struct{ Err error }

// Level is that of warnings.
func (NotReused) Level() slog.Level { return slog.LevelWarn }

func (e NotReused) String() string {
	return fmt.Sprintf("%v; what others have measured is not used", e.Err)
}

// Vetting says that vantages are tested against hosts of known place.
type Vetting struct{ Vantages int }

// Level is that of information.
func (Vetting) Level() slog.Level { return slog.LevelInfo }

func (e Vetting) String() string {
	return fmt.Sprintf("testing %s against hosts of known place", Count(e.Vantages, "vantage"))
}

// NotVetted says that the budget does not suffice to test vantages.
type NotVetted struct{ Vantages int }

// Level is that of warnings.
func (NotVetted) Level() slog.Level { return slog.LevelWarn }

func (e NotVetted) String() string {
	return fmt.Sprintf("%s not tested against hosts of known place: the budget is used up; a larger --budget and --resume test them", Count(e.Vantages, "vantage"))
}

// VantageSetAside says that a vantage failed its test.
type VantageSetAside struct{ Vantage, Network string }

// Level is that of warnings.
func (VantageSetAside) Level() slog.Level { return slog.LevelWarn }

func (e VantageSetAside) String() string {
	return fmt.Sprintf("%s is set aside: it is not where %s says", e.Vantage, e.Network)
}

// Standing is how far a campaign is.
type Standing struct {
	Open            int // verdicts that physics has not decided
	Undecidable     int // of these, those that no vantage on offer could decide
	Ordered, Budget int // measurements
}

func (s Standing) String() string {
	return fmt.Sprintf("%s open, of which no vantage on offer could decide %d; %d of %d ordered so far", Count(s.Open, "verdict"), s.Undecidable, s.Ordered, s.Budget)
}
