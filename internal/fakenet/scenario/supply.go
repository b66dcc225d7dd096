package scenario

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Supplied is a file of evidence that somebody adds to that of the vantages:
// landfall.evidence/v1, or lines of it. What stands in ${…} is filled in after
// the vantages have looked, see [Supplied.Fill].
type Supplied struct {
	Name string `yaml:"name"` // of the file, without an ending
	Text string `yaml:"text"`
}

// Looked is what a vantage's own file of evidence is known by.
type Looked struct {
	Run    string // the id of the run
	Header string // the first line of the file
}

// Fill returns the text with these filled in:
//
//	${run NAME}       the id of the run from the vantage of that name
//	${header NAME}    the first line of the file of that run
//	${now}            the time, as evidence writes it
//	${now -72h}       so much earlier
func (s *Supplied) Fill(looked map[string]Looked, now time.Time) (string, error) {
	var wrong error
	filled := os.Expand(s.Text, func(field string) string {
		what, of, _ := strings.Cut(field, " ")
		seen, known := looked[of]
		earlier, err := time.ParseDuration(of)
		switch {
		case what == "run" && known:
			return seen.Run
		case what == "header" && known:
			return seen.Header
		case what == "now" && (of == "" || err == nil):
			return now.UTC().Add(earlier).Format(time.RFC3339)
		}
		wrong = fmt.Errorf("supply %s: ${%s} is not known; run or header and the name of a vantage, or now and a duration are expected", s.Name, field)
		return ""
	})
	return filled, wrong
}
