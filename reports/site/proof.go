package site

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/site/worldmap"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// disksOf returns the disks of an argument, the smallest first. They are
// those of its proof or, where it has none, those of the replies that it cites. What
// neither holds is not drawn.
func (s *site) disksOf(run string, row *view.Row) []worldmap.Disk {
	if row.Proof == nil {
		return s.evidenceOf(run).disksOf(row)
	}
	var out []worldmap.Disk
	for i := range row.Proof.Disks {
		if d, ok := s.proofDisk(run, &row.Proof.Disks[i]); ok {
			out = append(out, d)
		}
	}
	return out
}

func (r *evidenceIndex) disksOf(row *view.Row) []worldmap.Disk {
	var out []worldmap.Disk
	for _, reason := range row.Because {
		for _, id := range reason.Evidence {
			o, ok := r.byID[id].(*evidence.RTT)
			if !ok || slices.ContainsFunc(out, func(d worldmap.Disk) bool { return d.Evidence == id }) {
				continue
			}
			if d, ok := r.disk(o); ok {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b worldmap.Disk) int { return cmp.Compare(a.RadiusKM, b.RadiusKM) })
	return out
}

// disk returns the reach of one timed reply, if its vantage has a position.
func (r *evidenceIndex) disk(o *evidence.RTT) (worldmap.Disk, bool) {
	v := r.vantage(o)
	if v == nil || o.MinMS <= 0 {
		return worldmap.Disk{}, false
	}
	lat, lon, ok := v.Position()
	if !ok {
		return worldmap.Disk{}, false
	}
	d := worldmap.Disk{
		Vantage: sanitize.Name(cmp.Or(v.Name, v.ID)), Country: sanitize.Name(v.Country), Lat: lat, Lon: lon, RTTMS: o.MinMS,
		AwayKM: geo.ReachKM(o.MinMS, geo.FibreKMPerMS), PlaceKM: v.RadiusKM, Evidence: o.ID,
	}
	d.RadiusKM = d.AwayKM + d.PlaceKM
	return d, true
}

// proofDisk returns a disk as a proof has it. A document may come from anyone, so
// that one which no place and no reply can have is left out.
func (s *site) proofDisk(run string, p *verdict.ProofDisk) (worldmap.Disk, bool) {
	if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 && p.RTTMS > 0 && p.RTTMS < 1e6 && p.RadiusKM >= 0 && p.RadiusKM < 1e8) {
		return worldmap.Disk{}, false
	}
	d := worldmap.Disk{
		Vantage: p.Vantage, Lat: p.Lat, Lon: p.Lon, RTTMS: p.RTTMS, RadiusKM: p.RadiusKM, Ratio: p.Ratio,
		AwayKM: geo.ReachKM(p.RTTMS, geo.FibreKMPerMS), Evidence: p.Evidence, FrontEnd: p.Door,
	}
	if v := s.vantages[lineKey{run, p.Vantage}]; v != nil {
		d.Vantage, d.Country = v.Name, v.Country
	}
	if d.FrontEnd != "" {
		d.WayKM = max(0, d.AwayKM-d.RadiusKM)
	}
	d.PlaceKM = max(0, d.RadiusKM-d.AwayKM)
	return d, true
}

// proofView is what a result by round trips comes down to, in sentences and
// figures.
type proofView struct {
	Text     []string // how the disks are to be read
	Disks    []diskRow
	More     int // disks that were left out
	Ratios   bool
	Speed    string // heads the column of ratios
	Survives string
	Anycast  *anycastView
}

// diskRow is a disk with where its evidence is on the page.
type diskRow struct {
	worldmap.Disk
	Line, FrontEndLine lineRef
}

// anycastView are the hosts that share an address.
type anycastView struct {
	Text string
	Rows []anycastRow
	More int // hosts that were left out
}

type anycastRow struct {
	Result    verdict.Result
	Countries []string
	From      string
	Lines     []lineRef
}

// newProofView returns the proof of a row, what it survives and the hosts behind it.
// It is nil where there is nothing to show. The anchors are those of the page.
func newProofView(s *site, item targetItem, anchors map[lineKey]string) *proofView {
	run, r := item.Claim.Run, item.Row
	line := func(id string) lineRef { return lineRef{cmp.Or(id, "(no id)"), anchors[lineKey{run, id}]} }
	disks := s.disksOf(run, r)
	nearest := ""
	if len(disks) > 0 {
		nearest = disks[0].Vantage
	}
	out := &proofView{
		Speed:    text.SpeedNeeded(item.Finding.Result),
		Text:     text.Proof(item.Finding.Result, r.Proof, len(disks), nearest),
		Survives: text.Survival(r.Survives, vantagesOf(disks)), Anycast: newAnycastView(s, run, r.Sites, line),
	}
	out.More = max(0, len(disks)-view.MaxDisks)
	for _, d := range disks[:len(disks)-out.More] {
		out.Ratios = out.Ratios || d.Ratio > 0
		out.Disks = append(out.Disks, diskRow{Disk: d, Line: line(d.Evidence), FrontEndLine: line(d.FrontEnd)})
	}
	if len(out.Text) == 0 && len(out.Disks) == 0 && out.Survives == "" && out.Anycast == nil {
		return nil
	}
	return out
}

func newAnycastView(s *site, run string, sites *verdict.Sites, line func(string) lineRef) *anycastView {
	if sites == nil {
		return nil
	}
	out := &anycastView{Text: text.AnycastSites(sites.AtLeast, s.vantageNames(run, sites.UnlessWrong)), More: max(0, sites.AtLeast-len(sites.Groups))}
	for _, g := range sites.Groups {
		row := anycastRow{Result: g.Result, Countries: g.Countries, From: s.vantageNames(run, g.Vantages)}
		for _, id := range g.Evidence[:min(len(g.Evidence), anycastLines)] {
			row.Lines = append(row.Lines, line(id))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// vantageNames returns the names of a run's vantages, as many as are shown.
func (s *site) vantageNames(run string, ids []string) string {
	names := slices.Clone(ids)
	for i, id := range ids {
		if v := s.vantages[lineKey{run, id}]; v != nil {
			names[i] = v.Name
		}
	}
	return sanitize.Brief(strings.Join(names, ", "), sanitize.MaxText)
}

// anycastLines is how many replies of a host are named.
const anycastLines = 4

// proofIDs returns the evidence of a row's proof, and then that of its sites.
func proofIDs(r *view.Row) []string {
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
			out = append(out, g.Evidence[:min(len(g.Evidence), anycastLines)]...)
		}
	}
	return out
}

// vantagesOf counts the vantages of disks.
func vantagesOf(disks []worldmap.Disk) int {
	names := map[string]bool{}
	for _, d := range disks {
		names[d.Vantage] = true
	}
	return len(names)
}
