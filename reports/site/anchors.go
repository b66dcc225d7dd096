package site

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/reports/view"
)

// target is an address, or a store, that verdicts are on.
type target struct {
	Name  string
	File  string
	Items []targetItem // worst first
}

// targetItem is one verdict on a target.
type targetItem struct {
	Claim   *view.Claim
	Finding *view.Finding
	Row     *view.Row
}

// gatherTargets lists the targets of all verdicts, the worst first.
func (s *site) gatherTargets() {
	used := map[string]int{}
	for _, c := range s.view.AllClaims() {
		for i := range c.Findings {
			f := &c.Findings[i]
			for j := range f.Rows {
				s.addTarget(used, targetItem{c, f, &f.Rows[j]})
			}
		}
	}
	for _, p := range s.targets {
		slices.SortStableFunc(p.Items, func(a, b targetItem) int {
			return cmp.Or(cmp.Compare(view.Rank(a.Finding.Result), view.Rank(b.Finding.Result)), strings.Compare(a.Claim.Vendor, b.Claim.Vendor), strings.Compare(a.Claim.ID, b.Claim.ID))
		})
	}
}

func (s *site) addTarget(used map[string]int, item targetItem) {
	key := item.Row.Name()
	p := s.targetOf[key]
	if p == nil {
		if key == "" || len(s.targets) == maxTargets {
			return
		}
		p = &target{Name: key, File: view.Unique(used, fileName(key)) + ".html"}
		s.targets, s.targetOf[key] = append(s.targets, p), p
	}
	p.Items = append(p.Items, item)
}

// VendorFile is the page of a vendor, from the front page.
func (s *site) VendorFile(id string) string { return vendorsFolder + "/" + s.pages[id] }

// ClaimFile is where a claim is, from the front page.
func (s *site) ClaimFile(c *view.Claim) string { return s.VendorFile(c.Vendor) + "#" + c.Anchor }

// TargetFile is the page of an address or a store, from the front page; empty
// where it has none.
func (s *site) TargetFile(r *view.Row) string {
	if p := s.targetOf[r.Name()]; p != nil {
		return addressesFolder + "/" + p.File
	}
	return ""
}

// targetLink is an address or a store with its page, if it has one.
type targetLink struct{ Name, File string }

// fileName returns a file name that is safe everywhere and stays the same from run
// to run. Addresses and plain ids can be read in it; anything else is hashed.
func fileName(text string) string {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return strings.ReplaceAll(addr.String(), ":", "-")
	}
	if view.IsPlain(text) && !isDevice(text) {
		return text
	}
	return strings.TrimPrefix(view.Anchor("verdict", text), "verdict.")
}

// isDevice reports whether Windows takes a name, whatever its ending, for that of a
// device. Such a file can neither be written nor copied there.
func isDevice(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port, digit := strings.CutPrefix(name, "com")
	if !digit {
		port, digit = strings.CutPrefix(name, "lpt")
	}
	return digit && len(port) == 1 && port[0] >= '0' && port[0] <= '9'
}

// lineRef names a line of the evidence, and where on the page it is.
type lineRef struct {
	ID     string
	Anchor string // empty where the line is not on the page
}

// lineKey finds a line of the evidence: ids are unique in their run alone.
type lineKey struct{ run, id string }

var plainID = regexp.MustCompile(`^[A-Za-z0-9]{1,40}(/[A-Za-z0-9]{1,40})?$`)

// lineAnchor is where on a page a line of the evidence is. The ids that
// this program makes can be read in it.
func lineAnchor(id string) string {
	if plainID.MatchString(id) {
		return "line." + strings.ReplaceAll(id, "/", ".")
	}
	return "line." + fileName(id)
}
