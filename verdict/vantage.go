package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// supplier is a file of evidence, and the run that it is of. Files of one run
// are one supplier where results are said to rest on several, and each is its own
// where what others saw contradicts it.
type supplier struct {
	name   string // before the ids of its lines; empty where there is one file
	header evidence.Header
}

// vantage is a place that was measured from, and whether it can be used.
type vantage struct {
	*evidence.Vantage
	supplier *supplier
	network  string  // one of the known words; missing or unknown is an import
	at       *origin // the declared place; nil where there is none, or it is refuted
	setAside string  // why its round trips are not used
	number   int     // place in caseFile.vantages
	twins    []*vantage

	landmarks []landmarkReply // hosts of published place that answered it, the nearest first
	misplaced string          // why its declared place is not used; disks via landmarks still are
	relayed   string          // why its replies are used only where the endpoint's own key gave them

	measured     int  // how many addresses answered it
	contradicted bool // set aside since others contradict it
	checked      bool // known hosts bear out its declared place, as worked out from their replies
	credible     bool // its neighbours bear it out, and it is at odds with nobody
	longRecord   bool // what it said could have been found out so often that its neighbours do not matter
}

func (c *caseFile) addVantage(v *evidence.Vantage) {
	own := &vantage{Vantage: v, number: len(c.vantages), network: evidence.NetworkOf(v.Network).Name, supplier: c.supplierOf(v.ID)}
	lat, lon, ok := v.Position()
	switch {
	case !ok:
	case !(v.RadiusKM >= 0):
		own.setAside = fmt.Sprintf("its position is said to be known to %v km, which is no distance", v.RadiusKM)
	default:
		own.at = c.newOrigin(geo.Point(lat, lon), v.RadiusKM)
	}
	c.vantages = append(c.vantages, own)
	if _, known := c.byID[v.ID]; !known {
		c.byID[v.ID] = own
	}
}

// newOrigin returns a place that disks can be drawn around.
func (c *caseFile) newOrigin(at geo.Place, radiusKM float64) *origin {
	c.origins++
	return &origin{Place: at, radiusKM: radiusKM, number: c.origins - 1}
}

// sameMachine reports whether two vantages are one, as the contract has it: by
// the id that a machine keeps; else, of different runs, by place and network. The
// ids of one run tell its vantages apart.
func (v *vantage) sameMachine(w *vantage) bool {
	switch {
	case v.Machine != "" && w.Machine != "":
		return v.Machine == w.Machine
	case v.supplier == w.supplier && evidence.SourceOf(v.ID) == evidence.SourceOf(w.ID):
		return false
	case v.supplier != w.supplier && v.supplier.header.Run == w.supplier.header.Run:
		return localID(v.ID) == localID(w.ID)
	case v.ASN != 0 && w.ASN != 0 && v.ASN != w.ASN:
		return false
	}
	latV, lonV, placedV := v.Position()
	latW, lonW, placedW := w.Position()
	return !placedV || !placedW || geo.AtLeastKM(geo.Point(latV, lonV), geo.Point(latW, lonW)) <= max(v.RadiusKM, w.RadiusKM)
}

// localID returns an id as its own file has it.
func localID(id string) string {
	if source := evidence.SourceOf(id); source != "" {
		return id[len(source)+1:]
	}
	return id
}

// findTwins notes which vantages are one machine. A machine is one vantage
// however often it looks, and however many files carry it.
func (c *caseFile) findTwins() {
	if !c.severalMachinesNamedOrFiles() {
		return
	}
	for i, v := range c.vantages {
		for _, w := range c.vantages[:i] {
			if v.sameMachine(w) {
				v.twins, w.twins = append(v.twins, w), append(w.twins, v)
			}
		}
	}
}

// severalMachinesNamedOrFiles reports whether two vantages can be one at all: in
// one file that names no machines each is its own.
func (c *caseFile) severalMachinesNamedOrFiles() bool {
	return len(c.suppliers) > 1 || slices.ContainsFunc(c.vantages, func(v *vantage) bool { return v.Machine != "" || evidence.SourceOf(v.ID) != "" })
}

// distinct returns the vantages without those that are one machine with another
// that is left: those first that are one with the fewest of them, and of these those
// that say most of who they are. One that could be any of two does not make one of
// them.
func distinct(vantages []*vantage) []*vantage {
	if !slices.ContainsFunc(vantages, func(v *vantage) bool { return len(v.twins) > 0 }) {
		return vantages
	}
	among := make(map[*vantage]bool, len(vantages))
	for _, v := range vantages {
		among[v] = true
	}
	ones := make(map[*vantage]int, len(vantages))
	for v := range among {
		for _, twin := range v.twins {
			if among[twin] {
				ones[v]++
			}
		}
	}
	sorted := slices.SortedStableFunc(slices.Values(vantages), func(a, b *vantage) int {
		return cmp.Or(cmp.Compare(ones[a], ones[b]), compareIdentity(a, b))
	})
	var out []*vantage
	for _, v := range sorted {
		if !slices.ContainsFunc(v.twins, func(twin *vantage) bool { return slices.Contains(out, twin) }) {
			out = append(out, v)
		}
	}
	return out
}

// compareIdentity puts first whose identity is narrowest: a vantage with a vague
// place must not make one of two that are apart.
func compareIdentity(a, b *vantage) int {
	rank := func(v *vantage) int {
		switch {
		case v.Machine != "":
			return 0
		case v.at != nil || v.misplaced != "":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.RadiusKM, b.RadiusKM), cmp.Compare(a.ID, b.ID))
}

// distinctDisks returns the disks without those of vantages that are one machine
// with another's.
func distinctDisks(disks []*disk) []*disk {
	if !slices.ContainsFunc(disks, func(d *disk) bool { return len(d.from.twins) > 0 }) {
		return disks
	}
	var all []*vantage
	for _, d := range disks {
		all = append(all, d.from)
	}
	kept := distinct(all)
	return slices.DeleteFunc(slices.Clone(disks), func(d *disk) bool { return !slices.Contains(kept, d.from) })
}

func (c *caseFile) addSelfcheck(s *evidence.Selfcheck) {
	v, known := c.byID[s.Vantage]
	if !known || s.Result != evidence.CheckFailed || v.setAside != "" {
		return
	}
	// What a supplier says against its own vantage is taken; what it says for it
	// is worked out again.
	v.setAside = "its self-check failed (" + s.ID + ")" + whyFailed(s)
}

// whyFailed returns the first check that failed, in its own words.
func whyFailed(s *evidence.Selfcheck) string {
	for _, check := range s.Checks {
		if check.Result == evidence.CheckFailed && check.Text != "" {
			return ": " + check.Text
		}
	}
	return ""
}

func (c *caseFile) summaries() []VantageSummary {
	out := make([]VantageSummary, len(c.vantages))
	for i, v := range c.vantages {
		out[i] = VantageSummary{
			ID: v.ID, Name: v.Name, Lat: v.Lat, Lon: v.Lon, RadiusKM: v.RadiusKM,
			Country: v.Country, Network: v.Network, SetAside: v.setAside, Misplaced: v.misplaced,
		}
	}
	return out
}

// named returns a vantage as a reader knows it.
func (v *vantage) named() string {
	name := cmp.Or(v.Name, v.ID)
	if v.Country != "" {
		return fmt.Sprintf("%s (%s)", name, v.Country)
	}
	return name
}

// liarShare is how many of the vantages may lie, one in so many.
const liarShare = 5

// countMachines counts the machines of each file.
func (c *caseFile) countMachines() {
	of := map[*supplier][]*vantage{}
	for _, v := range c.vantages {
		of[v.supplier] = append(of[v.supplier], v)
	}
	c.machines = make(map[*supplier]int, len(of))
	for file, vantages := range of {
		c.machines[file] = len(distinct(vantages))
	}
}

// mostLiars is how many of the machines may lie that the files with these disks have.
// A file that saw nothing of an endpoint changes nothing there.
func (c *caseFile) mostLiars(disks []disk) int {
	seen, n := map[*supplier]bool{}, 0
	for i := range disks {
		if file := disks[i].from.supplier; !seen[file] {
			seen[file], n = true, n+c.machines[file]
		}
	}
	return n / liarShare
}
