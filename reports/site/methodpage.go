package site

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/reports/view"
)

// methodView says how we decide, how often they are wrong, and what
// data they use.
type methodView struct {
	frame
	Rates   [][]string // the first row names the columns
	Sources []Dated
	Credits []view.Attribution
}

// ratesCSV is how verdicts come out on measurements between places of known
// position: the table of the README, from which a test writes it.
//
//go:embed rates.csv
var ratesCSV string

var rates = sync.OnceValues(func() ([][]string, error) { return csv.NewReader(strings.NewReader(ratesCSV)).ReadAll() })

func newMethodPage(s *site) *methodView {
	table, err := rates()
	if err != nil {
		panic("embedded error rates: " + err.Error()) // a broken build; a test excludes it
	}
	p := &methodView{
		frame: frame{Title: "landfall: how we decide, and the limits", Up: "./", Style: "method", Site: s},
		Rates: table, Credits: s.Credits(),
	}
	for _, r := range s.evidence {
		for _, d := range r.sources() {
			if !slices.Contains(p.Sources, d) && len(p.Sources) < maxSources {
				p.Sources = append(p.Sources, d)
			}
		}
	}
	slices.SortFunc(p.Sources, func(a, b Dated) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Built, b.Built))
	})
	return p
}

// maxCredits bounds the attributions of a page; real ones are a handful.
const maxCredits = 20

// Credits are the attributions that the licences of the data ask for.
func (s *site) Credits() []view.Attribution {
	all := s.view.Options.Attributions
	return all[:min(len(all), maxCredits)]
}

// Evidence is the name of the evidence beside the front page; empty where there is none.
func (s *site) Evidence() string { return s.view.Options.EvidenceFile }

// Verdicts is the name of the verdicts file beside the front page.
func (s *site) Verdicts() string { return s.view.Options.VerdictsFile }

// Runs are the runs of the view, newest first.
func (s *site) Runs() []view.Run { return s.view.Runs }
