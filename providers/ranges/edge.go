package ranges

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/evidence"
)

// edgesCSV lists the ranges that answer from many places, by what their
// providers write of them at the source. A service is a pattern: * is any, none
// included, and ?* any that is named. The region is * for any, and empty for what
// is published without one: AWS writes GLOBAL for its edge locations, Google
// global for its front ends.
//
//go:embed edges.csv
var edgesCSV []byte

// edgeForm is a row of the table.
type edgeForm struct {
	provider, service string
	anyRegion         bool
}

var loadEdges = sync.OnceValues(func() ([]edgeForm, error) {
	rows, err := csv.NewReader(bytes.NewReader(edgesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("edges.csv: %w", err)
	}
	var forms []edgeForm
	for _, row := range rows[1:] {
		if row[2] != "" && row[2] != "*" {
			return nil, fmt.Errorf("edges.csv: the region %q; nothing or * is expected", row[2])
		}
		forms = append(forms, edgeForm{provider: row[0], service: row[1], anyRegion: row[2] == "*"})
	}
	return forms, nil
})

// fits reports whether the pattern of a row is for a service.
func (f edgeForm) fits(service string) bool {
	start, open := strings.CutSuffix(f.service, "*")
	if start == "?" && open {
		return service != ""
	}
	return service == f.service || open && strings.HasPrefix(service, start)
}

// edgeForms is the embedded table. It is tested, so that it cannot be read is a
// broken build.
func edgeForms() []edgeForm {
	forms, err := loadEdges()
	if err != nil {
		panic(err)
	}
	return forms
}

// IsEdge reports whether a provider's ranges for a service and region are of
// its network edge: who answers is near to who asks, one address is many hosts,
// and a region says nothing of where content is. For a line of evidence there is
// [EdgeLine], which can tell those of geofeeds: they have neither service nor
// region.
func IsEdge(provider, service, region string) bool {
	return isEdge(provider, service, region == "" || strings.EqualFold(region, "global"))
}

func isEdge(provider, service string, global bool) bool {
	return slices.ContainsFunc(edgeForms(), func(f edgeForm) bool {
		return f.provider == provider && (f.anyRegion || global) && f.fits(service)
	})
}

// Edge reports whether the prefix belongs to the provider's network edge, see
// [IsEdge].
func (e Entry) Edge() bool {
	if e.Geofeed {
		return isEdge(e.Provider, e.Service, false)
	}
	return IsEdge(e.Provider, e.Service, e.Region)
}

// EdgeLine reports whether a line of evidence speaks of a network edge: it says
// so, or, being older than that mark, speaks of what is known to be one.
func EdgeLine(r *evidence.Range) bool {
	e := Entry{Provider: r.Provider, Service: r.Service, Region: r.Region, Geofeed: r.Country != "" || r.City != ""}
	return r.Edge || e.Edge()
}
