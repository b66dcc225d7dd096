package index

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Supplier is a file of evidence, and the run that it is of. Files of one run
// are one supplier where results are said to rest on several, and each is its own
// where what others saw contradicts it.
type Supplier struct {
	Name   string // before the ids of its lines; empty where there is one file
	Header evidence.Header
}

// Vantage is a place that was measured from, and whether it can be used.
type Vantage struct {
	*evidence.Vantage
	Supplier     *Supplier
	KnownNetwork string             // one of the known words; missing or unknown is an import
	Origin       *constraint.Origin // the declared place; nil where there is none, or it is refuted
	SetAside     verdict.Limit      // why its round trips are not used; without a code where they are
	Number       int                // place in Index.Vantages
	Twins        []*Vantage

	Landmarks []LandmarkReply // hosts of published place that answered it, the nearest first
	misplaced verdict.Limit   // why its declared place is not used; disks via landmarks still are
	relayed   bool            // somebody near it answers for others: its replies are used only where the endpoint's own key gave them

	Measured     int  // how many addresses answered it
	Contradicted bool // set aside since others contradict it
	Checked      bool // known hosts bear out its declared place, as worked out from their replies
	Credible     bool // its neighbours bear it out, and it is at odds with nobody
	LongRecord   bool // what it said could have been found out so often that its neighbours do not matter
}

func (c *Index) addVantage(v *evidence.Vantage) {
	own := &Vantage{Vantage: v, Number: len(c.Vantages), KnownNetwork: evidence.NetworkOf(v.Network).Name, Supplier: c.SupplierOf(v.ID)}
	lat, lon, ok := v.Position()
	switch {
	case !ok:
	case !(v.RadiusKM >= 0):
		own.SetAside = sentence.Limit(verdict.CodeRadiusNoDistance, verdict.Args{"radius_km": fmt.Sprint(v.RadiusKM)}) // JSON has no number for some
	default:
		own.Origin = c.newOrigin(geo.Point(lat, lon), v.RadiusKM)
	}
	c.Vantages = append(c.Vantages, own)
	if _, known := c.ByID[v.ID]; !known {
		c.ByID[v.ID] = own
	}
}

// newOrigin returns a place that disks can be drawn around.
func (c *Index) newOrigin(at geo.Place, radiusKM float64) *constraint.Origin {
	c.origins++
	return &constraint.Origin{Place: at, RadiusKM: radiusKM, Number: c.origins - 1}
}

// sameMachine reports whether two vantages are one, as the contract has it: by
// the id that a machine keeps; else, of different runs, by place and network. The
// ids of one run tell its vantages apart.
func (v *Vantage) sameMachine(w *Vantage) bool {
	switch {
	case v.Machine != "" && w.Machine != "":
		return v.Machine == w.Machine
	case v.Supplier == w.Supplier && evidence.SourceOf(v.ID) == evidence.SourceOf(w.ID):
		return false
	case v.Supplier != w.Supplier && v.Supplier.Header.Run == w.Supplier.Header.Run:
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
func (c *Index) findTwins() {
	if !c.severalMachinesNamedOrFiles() {
		return
	}
	for i, v := range c.Vantages {
		for _, w := range c.Vantages[:i] {
			if v.sameMachine(w) {
				v.Twins, w.Twins = append(v.Twins, w), append(w.Twins, v)
			}
		}
	}
}

// severalMachinesNamedOrFiles reports whether two vantages can be one at all: in
// one file that names no machines each is its own.
func (c *Index) severalMachinesNamedOrFiles() bool {
	return len(c.Suppliers) > 1 || slices.ContainsFunc(c.Vantages, func(v *Vantage) bool { return v.Machine != "" || evidence.SourceOf(v.ID) != "" })
}

// Distinct returns the vantages without those that are one machine with another
// that is left: those first that are one with the fewest of them, and of these those
// that say most of who they are. One that could be any of two does not make one of
// them.
func Distinct(vantages []*Vantage) []*Vantage {
	if !slices.ContainsFunc(vantages, func(v *Vantage) bool { return len(v.Twins) > 0 }) {
		return vantages
	}
	among := make(map[*Vantage]bool, len(vantages))
	for _, v := range vantages {
		among[v] = true
	}
	ones := make(map[*Vantage]int, len(vantages))
	for v := range among {
		for _, twin := range v.Twins {
			if among[twin] {
				ones[v]++
			}
		}
	}
	sorted := slices.SortedStableFunc(slices.Values(vantages), func(a, b *Vantage) int {
		return cmp.Or(cmp.Compare(ones[a], ones[b]), compareIdentity(a, b))
	})
	var out []*Vantage
	for _, v := range sorted {
		if !slices.ContainsFunc(v.Twins, func(twin *Vantage) bool { return slices.Contains(out, twin) }) {
			out = append(out, v)
		}
	}
	return out
}

// compareIdentity puts first whose identity is narrowest: a vantage with a vague
// place must not make one of two that are apart.
func compareIdentity(a, b *Vantage) int {
	rank := func(v *Vantage) int {
		switch {
		case v.Machine != "":
			return 0
		case v.Origin != nil || v.misplaced.Code != "":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.RadiusKM, b.RadiusKM), cmp.Compare(a.ID, b.ID))
}

// DistinctDisks returns the disks without those of vantages that are one machine
// with another's.
func DistinctDisks(disks []*Disk) []*Disk {
	if !slices.ContainsFunc(disks, func(d *Disk) bool { return len(d.From.Twins) > 0 }) {
		return disks
	}
	var all []*Vantage
	for _, d := range disks {
		all = append(all, d.From)
	}
	kept := Distinct(all)
	return slices.DeleteFunc(slices.Clone(disks), func(d *Disk) bool { return !slices.Contains(kept, d.From) })
}

func (c *Index) addSelfcheck(s *evidence.Selfcheck) {
	v, known := c.ByID[s.Vantage]
	if !known || s.Result != evidence.CheckFailed || !v.InUse() {
		return
	}
	// What a supplier says against its own vantage is taken; what it says for it
	// is worked out again.
	v.SetAside = sentence.Limit(verdict.CodeSelfcheckFailed, verdict.Args{"evidence": s.ID, "check": whyFailed(s)})
}

// whyFailed returns the first check that failed, in its own words.
func whyFailed(s *evidence.Selfcheck) string {
	for _, check := range s.Checks {
		if check.Result == evidence.CheckFailed && check.Text != "" {
			return check.Text
		}
	}
	return ""
}

// Summaries returns the vantages as a document has them.
func (c *Index) Summaries() []verdict.VantageSummary {
	out := make([]verdict.VantageSummary, len(c.Vantages))
	for i, v := range c.Vantages {
		out[i] = verdict.VantageSummary{
			ID: v.ID, Name: v.Name, Lat: v.Lat, Lon: v.Lon, RadiusKM: v.RadiusKM,
			Country: v.Country, Network: v.Network,
			SetAside: v.SetAside.Text, SetAsideCode: v.SetAside.Code, SetAsideArgs: v.SetAside.Args,
			Misplaced: v.misplaced.Text, MisplacedCode: v.misplaced.Code, MisplacedArgs: v.misplaced.Args,
		}
	}
	return out
}

// NamedIn adds a vantage, as a reader knows it, to the arguments of a sentence.
func (v *Vantage) NamedIn(args verdict.Args) verdict.Args {
	args["vantage"], args["country"] = cmp.Or(v.Name, v.ID), v.Country
	return args
}

// InUse reports whether its round trips are used.
func (v *Vantage) InUse() bool { return v.SetAside.Code == "" }

// LiarShare is how many of the vantages may lie, one in so many.
const LiarShare = 5

// countMachines counts the machines of each file.
func (c *Index) countMachines() {
	of := map[*Supplier][]*Vantage{}
	for _, v := range c.Vantages {
		of[v.Supplier] = append(of[v.Supplier], v)
	}
	c.machines = make(map[*Supplier]int, len(of))
	for file, vantages := range of {
		c.machines[file] = len(Distinct(vantages))
	}
}

// MostLiars is how many of the machines may lie that the files with these disks have.
// A file that saw nothing of an endpoint changes nothing there.
func (c *Index) MostLiars(disks []Disk) int {
	seen, n := map[*Supplier]bool{}, 0
	for i := range disks {
		if file := disks[i].From.Supplier; !seen[file] {
			seen[file], n = true, n+c.machines[file]
		}
	}
	return n / LiarShare
}
