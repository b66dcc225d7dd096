package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
)

// disk is the reach of one reply: the host that gave it is no further from the
// vantage than this.
type disk struct {
	Vantage  string
	Country  string
	Lat, Lon float64
	RTTMS    float64
	AwayKM   float64 // how far light in fibre gets in half of that
	PlaceKM  float64 // how far off the vantage's own position may be
	WayKM    float64 // what the way to a front door of known region takes off; 0 where the disk is around the vantage
	RadiusKM float64 // what the three come to
	Ratio    float64 // the speed a reply that would overturn the result needs, over that of light in fibre; 0 where it is not told
	Evidence string
	Door     string // the evidence that tells the front door's region
}

// disksOf returns the disks that an argument rests on: those of its proof or,
// where it has none, those of the replies that it cites, the smallest first.
// What neither holds is not drawn.
func (s *site) disksOf(run string, row *Row) []disk {
	if row.Proof == nil {
		return s.record(run).disksOf(row)
	}
	var out []disk
	for i := range row.Proof.Disks {
		if d, ok := s.proofDisk(run, &row.Proof.Disks[i]); ok {
			out = append(out, d)
		}
	}
	return out
}

func (r *record) disksOf(row *Row) []disk {
	var out []disk
	for _, reason := range row.Because {
		for _, id := range reason.Evidence {
			o, ok := r.byID[id].(*evidence.RTT)
			if !ok || slices.ContainsFunc(out, func(d disk) bool { return d.Evidence == id }) {
				continue
			}
			if d, ok := r.disk(o); ok {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b disk) int { return cmp.Compare(a.RadiusKM, b.RadiusKM) })
	return out
}

// disk returns the reach of one timed reply, if its vantage has a place.
func (r *record) disk(o *evidence.RTT) (disk, bool) {
	v := r.vantage(o)
	if v == nil || o.MinMS <= 0 {
		return disk{}, false
	}
	lat, lon, ok := v.Position()
	if !ok {
		return disk{}, false
	}
	d := disk{
		Vantage: name(cmp.Or(v.Name, v.ID)), Country: name(v.Country), Lat: lat, Lon: lon, RTTMS: o.MinMS,
		AwayKM: geo.ReachKM(o.MinMS, geo.FibreKMPerMS), PlaceKM: v.RadiusKM, Evidence: o.ID,
	}
	d.RadiusKM = d.AwayKM + d.PlaceKM
	return d, true
}

// proofDisk returns a disk as a proof has it. A document may come from anyone, so
// that one which no place and no reply can have is left out.
func (s *site) proofDisk(run string, p *verdict.ProofDisk) (disk, bool) {
	if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 && p.RTTMS > 0 && p.RTTMS < 1e6 && p.RadiusKM >= 0 && p.RadiusKM < 1e8) {
		return disk{}, false
	}
	d := disk{
		Vantage: p.Vantage, Lat: p.Lat, Lon: p.Lon, RTTMS: p.RTTMS, RadiusKM: p.RadiusKM, Ratio: p.Ratio,
		AwayKM: geo.ReachKM(p.RTTMS, geo.FibreKMPerMS), Evidence: p.Evidence, Door: p.Door,
	}
	if v := s.vantages[lineKey{run, p.Vantage}]; v != nil {
		d.Vantage, d.Country = v.Name, v.Country
	}
	if d.Door != "" {
		d.WayKM = max(0, d.AwayKM-d.RadiusKM)
	}
	d.PlaceKM = max(0, d.RadiusKM-d.AwayKM)
	return d, true
}

// caps returns disks as areas on the earth.
func caps(disks []disk) []geo.Disk {
	out := make([]geo.Disk, len(disks))
	for i, d := range disks {
		out[i] = geo.Disk{At: geo.Point(d.Lat, d.Lon), RadiusKM: d.RadiusKM}
	}
	return out
}

// proofTold is what a result by round trips comes down to, in words and
// figures.
type proofTold struct {
	Words    []string // how the disks are to be read
	Disks    []diskRow
	More     int // disks that were left out
	Ratios   bool
	Survives string
	Sites    *sitesTold
}

// diskRow is a disk with where its evidence stands on the page.
type diskRow struct {
	disk
	Line, DoorLine lineRef
}

// sitesTold are the hosts that share an address.
type sitesTold struct {
	Words string
	Rows  []siteRow
	More  int // hosts that were left out
}

type siteRow struct {
	Result    verdict.Result
	Countries []string
	From      string
	Lines     []lineRef
}

// newProofTold tells the proof of a row, what it outlasts and the hosts behind
// it; nil where there is nothing to tell. The anchors are those of the page.
func newProofTold(s *site, item placeItem, anchors map[lineKey]string) *proofTold {
	run, r := item.Claim.Run, item.Row
	line := func(id string) lineRef { return lineRef{cmp.Or(id, "(no id)"), anchors[lineKey{run, id}]} }
	disks := s.disksOf(run, r)
	out := &proofTold{Words: proofWords(item.Finding.Result, r.Proof, disks), Survives: survivalWords(r.Survives), Sites: newSitesTold(s, run, r.Sites, line)}
	out.More = max(0, len(disks)-maxDisks)
	for _, d := range disks[:len(disks)-out.More] {
		out.Ratios = out.Ratios || d.Ratio > 0
		out.Disks = append(out.Disks, diskRow{disk: d, Line: line(d.Evidence), DoorLine: line(d.Door)})
	}
	if len(out.Words) == 0 && len(out.Disks) == 0 && out.Survives == "" && out.Sites == nil {
		return nil
	}
	return out
}

// proofWords says what the disks of a proof show, and how.
func proofWords(result verdict.Result, p *verdict.Proof, disks []disk) []string {
	if p == nil || len(disks) == 0 {
		return nil
	}
	what, nearest := "where the claim allows it", "that the claim does not allow"
	if result == verdict.Refuted {
		what, nearest = "where the claim does not allow it", "that the claim may allow"
	}
	var out []string
	switch {
	case p.Regions != "" && p.Together:
		out = append(out, "The store is taken to be in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of at least one of these replies.")
	case p.Regions != "":
		out = append(out, "The store is taken to be in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of "+each(disks, "this reply", "every one of these replies")+".")
	case p.Together:
		out = append(out, "Taken together, as if one host had answered, these replies can only have come from "+what+".")
	default:
		out = append(out, each(disks, "This reply alone", "Each of these replies, by itself,")+" can only have come from "+what+".")
	}
	if n := p.Nearest; n != nil {
		out = append(out, fmt.Sprintf("The nearest place %s is in %s, at %s: at least %s from %s.", nearest, cmp.Or(n.Area, "an area without a name"), position(n.Lat, n.Lon, 0), kilometres(n.KM), disks[0].Vantage))
	}
	if w := p.Within; w != nil {
		out = append(out, "One place that lies within all of these disks is "+position(w.Lat, w.Lon, 0)+".")
	}
	return out
}

func each(disks []disk, one, many string) string {
	if len(disks) == 1 {
		return one
	}
	return many
}

// survivalWords says what a result outlasts; empty where nothing is told.
func survivalWords(s *verdict.Survival) string {
	if s == nil {
		return ""
	}
	var outlasts, lacks []string
	for _, of := range []struct {
		n         int
		one, many string
	}{{s.Vantages, "vantage", "vantages"}, {s.Networks, "network", "networks"}, {s.Platforms, "measurement platform", "measurement platforms"}} {
		switch {
		case of.n <= 0:
			lacks = append(lacks, of.one)
		case of.n == 1:
			outlasts = append(outlasts, "of any one "+of.one)
		default:
			outlasts = append(outlasts, "of any "+plural(of.n, of.one, of.many))
		}
	}
	switch {
	case len(outlasts) == 0:
		return "The result is not shown to outlast the loss of any one vantage."
	case len(lacks) == 0:
		return "The result outlasts the loss " + strings.Join(outlasts, ", ") + "."
	}
	return "The result outlasts the loss " + strings.Join(outlasts, ", ") + ", but not that of every " + strings.Join(lacks, " or ") + "."
}

func newSitesTold(s *site, run string, sites *verdict.Sites, line func(string) lineRef) *sitesTold {
	if sites == nil {
		return nil
	}
	out := &sitesTold{
		Words: "At least " + plural(sites.AtLeast, "host shares", "hosts share") + " this address: those told apart here stand too far from one another to be one. Each is judged by the replies that only it can have given.",
		More:  max(0, sites.AtLeast-len(sites.Groups)),
	}
	if len(sites.UnlessWrong) > 0 {
		out.Words += " One host would explain all replies if the vantages " + s.vantageNames(run, sites.UnlessWrong) + " were not where they say, or if something near them had answered."
	}
	for _, g := range sites.Groups {
		row := siteRow{Result: g.Result, Countries: g.Countries, From: s.vantageNames(run, g.Vantages)}
		for _, id := range g.Evidence[:min(len(g.Evidence), siteLines)] {
			row.Lines = append(row.Lines, line(id))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// vantageNames returns the names of a run's vantages, as many as are told.
func (s *site) vantageNames(run string, ids []string) string {
	names := slices.Clone(ids)
	for i, id := range ids {
		if v := s.vantages[lineKey{run, id}]; v != nil {
			names[i] = v.Name
		}
	}
	return brief(strings.Join(names, ", "), maxText)
}

// siteLines is how many replies of a host are named.
const siteLines = 4

// proofIDs returns the evidence of a row's proof, and then that of its sites.
func (r *Row) proofIDs() []string {
	var out []string
	if r.Proof != nil {
		for _, d := range r.Proof.Disks {
			out = append(out, d.Evidence)
			if d.Door != "" {
				out = append(out, d.Door)
			}
		}
	}
	if r.Sites != nil {
		for _, g := range r.Sites.Groups {
			out = append(out, g.Evidence[:min(len(g.Evidence), siteLines)]...)
		}
	}
	return out
}
