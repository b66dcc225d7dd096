package text

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
)

// Hop is a host on a path, with its place and the source of that.
type Hop struct {
	TTL    int
	Name   string
	Place  string
	Source string
	Amid   bool // nothing but a country is known: it is drawn in the middle of that
}

// Disk says how far from its vantage the sender of a reply was.
func Disk(radiusKM float64, vantage string) string {
	return fmt.Sprintf("Within %s of %s.", figures.Kilometres(radiusKM), vantage)
}

// CommonArea says what a number of disks have in common; empty for one disk.
func CommonArea(disks int, nothing bool) string {
	switch {
	case nothing:
		return "No place lies within all of these: more than one host answers, or the position of a vantage is wrong."
	case disks > 1:
		return "The darkest area lies within all of these."
	}
	return ""
}

// Reach names the countries that replies can have come from.
func Reach(countries []string) string {
	return "Possible countries, by round trips alone: " + Countries(countries) + "."
}

// CountryList says how many addresses can be in each country, for the first few.
func CountryList(w *view.Landings, most int) []string {
	var out []string
	for _, country := range w.Countries[:min(len(w.Countries), most)] {
		text := country.Name + ": "
		switch {
		case country.Only == country.Hosts:
			text += figures.Plural(country.Only, "address", "addresses") + ", there and nowhere else."
		case country.Only > 0:
			text += fmt.Sprintf("%s, of which %d nowhere else.", figures.Plural(country.Hosts, "address", "addresses")+" can be there", country.Only)
		default:
			text += figures.Plural(country.Hosts, "address", "addresses") + " can be there, or in another country."
		}
		out = append(out, text)
	}
	if left := len(w.Countries) - most; left > 0 {
		out = append(out, figures.Plural(left, "further country", "further countries")+" that addresses can be in.")
	}
	if w.Open > 0 {
		out = append(out, figures.Plural(w.Open, "address is", "addresses are")+" not narrowed down to ten countries or fewer.")
	}
	return out
}

// Path describes a path hop by hop. It counts the hosts without a known place, and
// those that did not answer.
func Path(from, evidence string, path []Hop, unplaced, silent int) string {
	var hops, left []string
	amid := 0
	for _, h := range path {
		hops = append(hops, fmt.Sprintf("hop %d %s (%s, %s)", h.TTL, h.Name, h.Place, h.Source))
		if h.Amid {
			amid++
		}
	}
	if unplaced > 0 {
		left = append(left, figures.Plural(unplaced, "host", "hosts")+" without a known place")
	}
	if silent > 0 {
		left = append(left, figures.Plural(silent, "host", "hosts")+" that did not answer")
	}
	text := "The path from " + from + " (" + evidence + "): "
	if len(hops) == 0 {
		return sanitize.Brief(text+strings.Join(left, ", ")+"; not drawn", sanitize.MaxText) + "."
	}
	text = sanitize.Brief(text+strings.Join(hops, "; "), sanitize.MaxText) + "."
	if len(left) > 0 {
		text += " Not drawn: " + strings.Join(left, ", ") + "."
	}
	if amid > 0 {
		text += " Of " + fmt.Sprintf("%d", amid) + " only the country is known: drawn in the middle of it."
	}
	return text + " Names and databases are written by their owners: this shows a possible path and proves nothing."
}
