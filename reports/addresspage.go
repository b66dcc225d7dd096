package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// How much of an address its page shows. The evidence file has all of it.
const (
	addressItems = 60 // verdicts
	addressLines = 80 // observations that are cited
	addressOther = 32 // further ones
	maxRaw       = 2500
)

// addressPage is all that is known of one address or store.
type addressPage struct {
	frame
	Place     *place
	Endpoints []string
	Items     []addressItem
	More      int
	Map       *drawing
	Lines     []line
	LinesMore int
	Commands  []command
	NoRecord  bool // the evidence is not at hand
}

// addressItem is a verdict on an address with its argument in full.
type addressItem struct {
	placeItem
	Sentence string
	Steps    []step
	Proof    *proofTold // nil where nothing is timed
	Limits   []string
}

// step is one step of an argument; its evidence links to where it stands below.
type step struct {
	Text string
	IDs  []lineRef
	More int
}

type lineRef struct {
	ID     string
	Anchor string // empty where the line is not on the page
}

// line is one observation as it stands in the evidence.
type line struct {
	ID, Anchor string
	Kind       string
	From       string // the vantage
	At         string
	Told       string // the gist in words
	Raw        string
}

// command is something that a reader can run to see for themselves.
type command struct{ Why, Line string }

func newAddressPage(s *site, p *place) *addressPage {
	out := &addressPage{
		frame: frame{Title: "landfall: " + p.Name, Up: "../", Style: "address", Site: s},
		Place: p, More: max(0, len(p.Items)-addressItems),
	}
	shown := p.Items[:min(len(p.Items), addressItems)]
	anchors := out.lines(s, shown)
	for _, item := range shown {
		if e := item.Row.Endpoint; e != p.Name && e != "" && !slices.Contains(out.Endpoints, e) && len(out.Endpoints) < maxTexts {
			out.Endpoints = append(out.Endpoints, e)
		}
		out.Items = append(out.Items, newAddressItem(s, item, anchors))
	}
	out.Map = addressMap(s, shown)
	out.NoRecord = len(out.Lines) == 0
	out.Commands = commands(s, p, out)
	return out
}

// addressMap draws the replies of the first verdict that rests on any, and the
// paths that were traced to the address.
func addressMap(s *site, items []placeItem) *drawing {
	var paths *drawing
	for _, item := range items {
		run := item.Claim.Run
		traced := s.paths(run, item.Row)
		disks := s.disksOf(run, item.Row)
		if len(disks) > 0 {
			return reachMap("reach", disks, item.Row.Countries, traced)
		}
		if paths == nil {
			paths = reachMap("reach", nil, item.Row.Countries, traced)
		}
	}
	return paths
}

func newAddressItem(s *site, item placeItem, anchors map[lineKey]string) addressItem {
	c, f, r := item.Claim, item.Finding, item.Row
	out := addressItem{placeItem: item, Sentence: rowSentence(c.Started, f, r), Limits: untold("", append(slices.Clone(f.Limits), r.Limits...))}
	out.Limits = untold(out.Sentence, out.Limits)
	for _, reason := range r.Because {
		own := step{Text: reason.Text, More: reason.More}
		for _, id := range reason.Evidence {
			own.IDs = append(own.IDs, lineRef{cmp.Or(id, "(no id)"), anchors[lineKey{c.Run, id}]})
		}
		out.Steps = append(out.Steps, own)
	}
	out.Proof = newProofTold(s, item, anchors)
	return out
}

// lineKey finds a line of the evidence: ids are unique in their run alone.
type lineKey struct{ run, id string }

// lines lists the observations behind the verdicts, those that are cited first,
// and returns where on the page each stands.
func (a *addressPage) lines(s *site, items []placeItem) map[lineKey]string {
	anchors, used := map[lineKey]string{}, map[string]int{}
	var runs []string
	cited := map[string][]string{}
	for _, item := range items {
		run := item.Claim.Run
		if !slices.Contains(runs, run) {
			runs = append(runs, run)
		}
		cited[run] = append(cited[run], item.Row.proofIDs()...)
		for _, reason := range item.Row.Because {
			cited[run] = append(cited[run], reason.Evidence...)
		}
	}
	for _, run := range runs {
		r := s.record(run)
		shown, more := r.of(a.Place.Name, cited[run])
		a.LinesMore += more
		for _, o := range shown {
			l := newLine(r, o)
			l.Anchor = unique(used, lineAnchor(o.Common().ID))
			anchors[lineKey{run, l.ID}] = l.Anchor
			a.Lines = append(a.Lines, l)
		}
	}
	return anchors
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9]{1,40}(/[A-Za-z0-9]{1,40})?$`)

// lineAnchor is where on a page a line of the evidence stands. The ids that
// this program gives can be read in it.
func lineAnchor(id string) string {
	if plainID.MatchString(id) {
		return "line." + strings.ReplaceAll(id, "/", ".")
	}
	return "line." + fileName(id)
}

func newLine(r *record, o evidence.Observation) line {
	meta := o.Common()
	l := line{ID: name(meta.ID), Kind: name(string(meta.Kind)), Told: clip(gist(o), maxText)}
	if v := r.vantage(o); v != nil {
		l.From = name(v.Name)
	}
	if !meta.At.IsZero() {
		l.At = meta.At.UTC().Format("2006-01-02 15:04:05Z")
	}
	if raw, err := evidence.Line(o); err == nil {
		l.Raw = clip(indented(raw), maxRaw)
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

// gist tells an observation in a few words.
func gist(o evidence.Observation) string {
	switch x := o.(type) {
	case *evidence.RTT:
		text := fmt.Sprintf("the fastest of %s took %s", plural(max(x.Sent-x.Lost, 1), "reply", "replies"), milliseconds(x.MinMS))
		if x.Sent > 0 {
			text += fmt.Sprintf(" (%s, %d sent)", x.Method, x.Sent)
		}
		return text
	case *evidence.DNS:
		text := fmt.Sprintf("%s %s: %s", x.Name, x.Type, x.Rcode)
		if x.ClientCountry != "" {
			text += ", for users in " + countryName(x.ClientCountry)
		}
		return text
	case *evidence.GeoIP:
		return fmt.Sprintf("%s places it in %s", x.Database, strings.Join(slices.DeleteFunc([]string{x.City, countryName(x.Country)}, func(t string) bool { return t == "" }), ", "))
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
		return fmt.Sprintf("the path, %s", plural(len(x.Hops), "hop", "hops"))
	case *evidence.Storage:
		return storageWords(x)
	case *evidence.Retrieval:
		return fmt.Sprintf("a stored object was read in %s, %d times", milliseconds(x.TTFBMinMS), x.Challenges)
	case *evidence.Error:
		return x.Probe + ": " + x.Error
	}
	return ""
}

// storageWords tells what a provider says of a store: places, copies, and notes.
func storageWords(x *evidence.Storage) string {
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

// commands are what a reader can run to see for themselves. Nothing that came
// from outside gets into a command unless it is an address or a plain host name.
func commands(s *site, p *place, page *addressPage) []command {
	addr, err := netip.ParseAddr(p.Name)
	if err != nil || addr.Zone() != "" {
		return judgeAgain(s)
	}
	target := netip.AddrPortFrom(addr, 443).String()
	out := []command{
		{"Time the replies from where you are. Half of the time, times 199.86 km for each millisecond, is as far away as the host can be:", "ping -c 10 " + addr.String()},
		{"Or let landfall time them, with your own position:", "landfall probe " + target + " --vantage here@LAT,LON --out mine.jsonl"},
	}
	for _, item := range page.Items {
		if item.Proof != nil && len(item.Proof.Disks) > 0 {
			d := &item.Proof.Disks[0]
			out = append(out, command{"Or let machines of others time them, from around the place that the first reply came to:",
				fmt.Sprintf("landfall probe %s --vantage globalping:point:%.2f,%.2f,%d --out theirs.jsonl", target, d.Lat, d.Lon, aroundKM)})
			break
		}
	}
	for _, e := range page.Endpoints {
		if plainHost.MatchString(e) {
			out = append(out, command{"What the name leads to for you may differ:", "dig +short " + e})
			break
		}
	}
	return append(out, judgeAgain(s)...)
}

// aroundKM is how far from a vantage others are asked: as far as there is mostly
// somebody.
const aroundKM = 300

// plainHost is a host name that means nothing else to a shell.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

var plainPath = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,200}$`)

func judgeAgain(s *site) []command {
	o := &s.view.options
	if !plainPath.MatchString(o.EvidenceFile) || strings.HasPrefix(o.EvidenceFile, "-") {
		return nil
	}
	judge := "landfall judge "
	if plainPath.MatchString(o.ClaimsPath) && !strings.HasPrefix(o.ClaimsPath, "-") {
		judge += "--claims " + o.ClaimsPath + " "
	}
	return []command{{"Judge the evidence of this run again; the same verdicts come out, byte for byte:", judge + o.EvidenceFile}}
}
