package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/view"
)

// Observation returns an observation in a short line.
func Observation(o evidence.Observation) string {
	switch x := o.(type) {
	case *evidence.RTT:
		text := fmt.Sprintf("the fastest of %s took %s", figures.Plural(max(x.Sent-x.Lost, 1), "reply", "replies"), figures.Milliseconds(x.MinMS))
		if x.Sent > 0 {
			text += fmt.Sprintf(" (%s, %d sent)", x.Method, x.Sent)
		}
		return text
	case *evidence.DNS:
		text := fmt.Sprintf("%s %s: %s", x.Name, x.Type, x.Rcode)
		if x.ClientCountry != "" {
			text += ", for users in " + view.CountryName(x.ClientCountry)
		}
		return text
	case *evidence.GeoIP:
		return fmt.Sprintf("%s places it in %s", x.Database, strings.Join(slices.DeleteFunc([]string{x.City, view.CountryName(x.Country)}, func(t string) bool { return t == "" }), ", "))
	case *evidence.Network:
		return fmt.Sprintf("AS%d, registered to %s", x.ASN, x.Organisation)
	case *evidence.Range:
		return fmt.Sprintf("%s publishes %s for %s %s", x.Provider, x.Prefix, x.Service, x.Region)
	case *evidence.TLS:
		return "certificate of " + x.Subject + ", by " + x.Issuer
	case *evidence.HTTP:
		return fmt.Sprintf("%s answers %d", x.URL, x.Status)
	case *evidence.Hint:
		return fmt.Sprintf("%s in a %s names %s", x.Text, x.From, x.Place)
	case *evidence.Trace:
		return fmt.Sprintf("the path, %s", figures.Plural(len(x.Hops), "hop", "hops"))
	case *evidence.Storage:
		return storageSummary(x)
	case *evidence.Retrieval:
		return fmt.Sprintf("a stored object was read in %s, %d times", figures.Milliseconds(x.TTFBMinMS), x.Challenges)
	case *evidence.Error:
		return x.Probe + ": " + x.Error
	}
	return ""
}

// storageSummary says what a provider says of a store: places, copies, and notes.
func storageSummary(x *evidence.Storage) string {
	parts := slices.Clone(x.Locations)
	for _, r := range x.Replicas {
		parts = append(parts, strings.TrimSpace("a copy "+r.Target+" "+r.Location))
	}
	parts = append(parts, x.Notes...)
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	text := x.Provider + " says"
	if x.API != "" {
		text += " (" + x.API + ")"
	}
	return text + ": " + strings.Join(parts, ", ")
}
