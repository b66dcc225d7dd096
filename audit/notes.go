package audit

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/escape"
	"github.com/landfall-audit/landfall/providers"
)

// maxStoreNotes bounds how many buckets without a claim are reported.
const maxStoreNotes = 15

// storeNotes tells where buckets are about which nothing was claimed: nobody else
// does.
func storeNotes(sheets []*providers.Sheet, seen *evidence.Bundle) []string {
	said := map[string][]*evidence.Storage{}
	for _, o := range seen.Observations {
		if s, ok := o.(*evidence.Storage); ok {
			said[s.Target] = append(said[s.Target], s)
		}
	}
	var out []string
	left := 0
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			bucket, ok := e.Bucket()
			if !ok || len(sheet.Claims) > 0 {
				continue
			}
			if len(out) == maxStoreNotes {
				left++
				continue
			}
			out = append(out, whereIs(bucket.String(), said[bucket.String()])+"; nothing was claimed of it (--allow, --deny, --claims)")
		}
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("%d more buckets of which nothing was claimed; the evidence has where they are", left))
	}
	return out
}

// whereIs returns what was said of one bucket.
func whereIs(bucket string, said []*evidence.Storage) string {
	var places, copies []string
	for _, s := range said {
		for _, place := range s.Locations {
			places = append(places, fmt.Sprintf("%s (%s)", place, s.API))
		}
		for _, r := range s.Replicas {
			copies = append(copies, strings.TrimSpace(r.Target+" "+r.Location))
		}
	}
	text := "where " + escape.Line(bucket) + " is kept is not known"
	if len(places) > 0 {
		text = escape.Line(bucket) + " is in " + escape.Line(strings.Join(places, ", "))
	}
	if len(copies) > 0 {
		text += ", copied to " + escape.Line(strings.Join(copies, ", "))
	}
	return text
}
