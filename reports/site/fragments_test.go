package site

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
)

// TestGoldenFragments holds the parts of the pages that carry their meaning. A
// whole page is not a golden file: a change of one style would rewrite it all.
func TestGoldenFragments(t *testing.T) {
	v := view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t))
	s := newSite(&v)
	front, method := newFrontPage(s), newMethodPage(s)
	vendor, address := newVendorPage(s, &v.Vendors[1]), newAddressPage(s, s.targetOf["203.0.113.7"])
	if vendor.Vendor.ID != "lotus-cloud" {
		vendor = newVendorPage(s, &v.Vendors[0])
	}
	vendor.Claims[0].Map = nil // its outlines are those of another test
	fragments := map[string]struct {
		part string
		data any
	}{
		"vendors.html":   {"vendors", front},
		"changes.html":   {"changes", front},
		"gaps.html":      {"gaps", front},
		"measured.html":  {"measured", front},
		"reading.html":   {"reading", method},
		"claim.html":     {"claim", vendor.Claims[0]},
		"matrix.html":    {"matrix", vendor.Matrix},
		"endpoints.html": {"hosts", vendor},
		"owners.html":    {"owners", vendor},
		"argument.html":  {"argument", itemOnPage{address, address.Items[0]}},
		"credit.html":    {"credit", reporttest.Credits()[0]},
	}
	for file, f := range fragments {
		var out bytes.Buffer
		if err := loadPages().ExecuteTemplate(&out, f.part, f.data); err != nil {
			t.Fatal(err)
		}
		reporttest.CheckGolden(t, filepath.Join("testdata", "fragments", file), out.String()+"\n")
	}
}
