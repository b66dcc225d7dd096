package site

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/site/worldmap"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

// How much of an address its page shows. The evidence file has all of it.
const (
	addressItems = 60 // verdicts
	addressLines = 80 // observations that are cited
	addressOther = 32 // further ones
	maxRaw       = 2500
)

// addressPage is the page of one address or store.
type addressPage struct {
	frame
	Target     *target
	Endpoints  []string
	Items      []addressItem
	More       int
	Map        *worldmap.Drawing
	Lines      []line
	LinesMore  int
	Commands   []command
	NoEvidence bool // the evidence is not at hand
}

// addressItem is a verdict on an address with its argument in full.
type addressItem struct {
	targetItem
	Sentence    string
	Steps       []step
	Proof       *proofView // nil where nothing is timed
	Assumptions []string
	Limits      []string
}

// step is one step of an argument; its evidence links to where it is below.
type step struct {
	Text string
	IDs  []lineRef
	More int
}

// line is one observation as it is in the evidence.
type line struct {
	ID, Anchor string
	Kind       string
	From       string // the vantage
	At         string
	Summary    string
	Raw        string
}

func newAddressPage(s *site, p *target) *addressPage {
	out := &addressPage{
		frame:  frame{Title: "landfall: " + p.Name, Up: "../", Style: "address", Site: s},
		Target: p, More: max(0, len(p.Items)-addressItems),
	}
	shown := p.Items[:min(len(p.Items), addressItems)]
	anchors := out.lines(s, shown)
	for _, item := range shown {
		if e := item.Row.Endpoint; e != p.Name && e != "" && !slices.Contains(out.Endpoints, e) && len(out.Endpoints) < sanitize.MaxTexts {
			out.Endpoints = append(out.Endpoints, e)
		}
		out.Items = append(out.Items, newAddressItem(s, item, anchors))
	}
	out.Map = addressMap(s, shown)
	out.NoEvidence = len(out.Lines) == 0
	out.Commands = commands(s, p, out)
	return out
}

// addressMap draws the replies of the first verdict that has any, and the paths
// to the address.
func addressMap(s *site, items []targetItem) *worldmap.Drawing {
	var paths *worldmap.Drawing
	for _, item := range items {
		run := item.Claim.Run
		traced := s.paths(run, item.Row)
		disks := s.disksOf(run, item.Row)
		if len(disks) > 0 {
			return worldmap.ReachMap("reach", disks, item.Row.Countries, traced)
		}
		if paths == nil {
			paths = worldmap.ReachMap("reach", nil, item.Row.Countries, traced)
		}
	}
	return paths
}

func newAddressItem(s *site, item targetItem, anchors map[lineKey]string) addressItem {
	c, f, r := item.Claim, item.Finding, item.Row
	out := addressItem{targetItem: item, Sentence: text.Row(c.Started, f, r), Assumptions: text.Assumptions(f), Limits: text.RowLimits(f, r)}
	for i := range r.Because {
		reason := &r.Because[i]
		own := step{Text: text.Step(reason), More: reason.More}
		for _, id := range reason.Evidence {
			own.IDs = append(own.IDs, lineRef{cmp.Or(id, "(no id)"), anchors[lineKey{c.Run, id}]})
		}
		out.Steps = append(out.Steps, own)
	}
	if r.StepsLeft > 0 {
		out.Steps = append(out.Steps, step{Text: text.FurtherSteps(r)})
	}
	out.Proof = newProofView(s, item, anchors)
	return out
}

// lines lists the observations behind the verdicts, those that are cited first,
// and returns where on the page each is.
func (a *addressPage) lines(s *site, items []targetItem) map[lineKey]string {
	anchors, used := map[lineKey]string{}, map[string]int{}
	var runs []string
	cited := map[string][]string{}
	for _, item := range items {
		run := item.Claim.Run
		if !slices.Contains(runs, run) {
			runs = append(runs, run)
		}
		cited[run] = append(cited[run], proofIDs(item.Row)...)
		for _, reason := range item.Row.Because {
			cited[run] = append(cited[run], reason.Evidence...)
		}
	}
	for _, run := range runs {
		r := s.evidenceOf(run)
		shown, more := r.of(a.Target.Name, cited[run])
		a.LinesMore += more
		for _, o := range shown {
			l := newLine(r, o)
			l.Anchor = view.Unique(used, lineAnchor(o.Common().ID))
			anchors[lineKey{run, l.ID}] = l.Anchor
			a.Lines = append(a.Lines, l)
		}
	}
	return anchors
}

func newLine(r *evidenceIndex, o evidence.Observation) line {
	meta := o.Common()
	l := line{ID: sanitize.Name(meta.ID), Kind: sanitize.Name(string(meta.Kind)), Summary: sanitize.Clip(text.Observation(o), sanitize.MaxText)}
	if v := r.vantage(o); v != nil {
		l.From = sanitize.Name(v.Name)
	}
	if !meta.At.IsZero() {
		l.At = meta.At.UTC().Format("2006-01-02 15:04:05Z")
	}
	if raw, err := evidence.Line(o); err == nil {
		l.Raw = sanitize.Clip(indented(raw), maxRaw)
	}
	return l
}

// indented puts a line of JSON on several, one for each field.
func indented(raw []byte) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return string(raw)
	}
	return strings.ReplaceAll(string(raw), `,"`, ",\n\"")
}
