package figures

import "time"

// Day returns the date of a run, or what the run wrote where that is no
// time.
func Day(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		if started == "" {
			return "an unknown day"
		}
		return started
	}
	return t.UTC().Format("2 January 2006")
}

// Moment returns date and time of a run in words.
func Moment(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return Day(started)
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
