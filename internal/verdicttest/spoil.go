package verdicttest

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/verify"
)

// Proof is a verdict with what it was judged from.
type Proof struct {
	Verdict map[string]any // decoded JSON
	Bundle  *evidence.Bundle
	Sheets  []*providers.Sheet
}

// Proofs returns the verdicts of a document that rest on physics and are refuted or
// proven.
func Proofs(doc []byte, b *evidence.Bundle, sheets []*providers.Sheet) ([]Proof, error) {
	var all struct {
		Verdicts []json.RawMessage `json:"verdicts"`
	}
	if err := json.Unmarshal(doc, &all); err != nil {
		return nil, err
	}
	var out []Proof
	for _, raw := range all.Verdicts {
		var v map[string]any
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, err
		}
		if v["basis"] == "physics" && (v["result"] == "refuted" || v["result"] == "proven") {
			out = append(out, Proof{v, b, sheets})
		}
	}
	return out, nil
}

// Check checks the proof.
func (p Proof) Check() (verify.Finding, error) {
	doc, err := json.Marshal(map[string]any{"schema": "landfall.verdicts/v1", "verdicts": []any{p.Verdict}})
	if err != nil {
		return verify.Finding{}, err
	}
	findings, err := verify.Document(bytes.NewReader(doc), p.Bundle, p.Sheets)
	if err != nil || len(findings) == 0 {
		return verify.Finding{}, err
	}
	return findings[0], nil
}

// Spoiled is a proof of which one thing was changed, so that it is none.
type Spoiled struct {
	What string
	Proof
}

// Spoiled returns the proof with each thing changed in turn that a proof hangs on.
func (p Proof) Spoiled() []Spoiled {
	var out []Spoiled
	for _, s := range spoilers {
		for i := range min(len(p.disks()), 2) {
			if changed := p.clone(); s.change(&changed, i) {
				out = append(out, Spoiled{s.what, changed})
			}
		}
	}
	return out
}

// SpoiledBy returns the names of all changes.
func SpoiledBy() []string {
	var out []string
	for _, s := range spoilers {
		out = append(out, s.what)
	}
	return out
}

// spoilers change a proof at one of its disks; false where it has not the thing.
var spoilers = []struct {
	what   string
	change func(p *Proof, disk int) bool
}{
	{"a disk shrunk", func(p *Proof, i int) bool { return p.scale(i, "radius_km", 0.99) }},
	{"a disk shrunk to nothing", func(p *Proof, i int) bool { return p.scale(i, "radius_km", 0) }},
	{"a shorter time", func(p *Proof, i int) bool { return p.scale(i, "rtt_ms", 0.99) }},
	{"a shorter time and its reach", func(p *Proof, i int) bool {
		ms, _ := p.disks()[i]["rtt_ms"].(float64)
		km, _ := p.disks()[i]["radius_km"].(float64)
		p.disks()[i]["rtt_ms"], p.disks()[i]["radius_km"] = ms/2, km-ms/4*199.86163866666667
		return true
	}},
	{"a middle moved", func(p *Proof, i int) bool {
		lat, _ := p.disks()[i]["lat"].(float64)
		p.disks()[i]["lat"] = lat + 0.01
		return true
	}},
	{"an unknown vantage", func(p *Proof, i int) bool { return p.append(i, "vantage", "x") }},
	{"the vantage of another reply", (*Proof).swapVantage},
	{"an id changed", func(p *Proof, i int) bool { return p.append(i, "evidence", "x") }},
	{"the id of another line", (*Proof).swapEvidence},
	{"an id of a landmark's reply changed", func(p *Proof, i int) bool { return p.append(i, "landmark_evidence", "x") }},
	{"the name of a landmark changed", func(p *Proof, i int) bool { return p.append(i, "landmark", "x") }},
	{"a region's line changed", func(p *Proof, i int) bool { return p.append(i, "door", "x") }},
	{"a supporting disk dropped", (*Proof).dropSupport},
	{"a line dropped", (*Proof).dropLine},
	{"a vantage moved", (*Proof).moveVantage},
	{"a landmark moved", (*Proof).moveLandmark},
	{"a time measured changed", (*Proof).changeTime},
	{"the port of the verdict changed", (*Proof).changeVerdictPort},
	{"the port of a reply changed", (*Proof).changeReplyPort},
	{"the key of another name", (*Proof).changeKey},
	{"a claim's country changed", (*Proof).changeClaim},
	{"another day", func(p *Proof, _ int) bool {
		p.Verdict["measured"] = map[string]any{"from": "2001-01-01T00:00:00Z", "until": "2001-01-01T00:00:00Z"}
		return true
	}},
	{"the opposite", func(p *Proof, _ int) bool {
		p.Verdict["result"] = map[any]string{"refuted": "proven", "proven": "refuted"}[p.Verdict["result"]]
		return true
	}},
	{"a ratio raised", (*Proof).raiseRatio},
	{"no assumption said", (*Proof).dropAssumptions},
}

// clone returns a copy whose verdict, lists of lines and sheets can be changed.
func (p Proof) clone() Proof {
	text, err := json.Marshal(p.Verdict)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	out := Proof{Bundle: new(*p.Bundle)}
	if err := json.Unmarshal(text, &out.Verdict); err != nil {
		panic(err)
	}
	out.Bundle.Observations = slices.Clone(p.Bundle.Observations)
	for _, s := range p.Sheets {
		own := *s
		own.Claims, own.Endpoints = slices.Clone(s.Claims), slices.Clone(s.Endpoints)
		out.Sheets = append(out.Sheets, &own)
	}
	return out
}

func (p *Proof) disks() []map[string]any {
	proof, _ := p.Verdict["proof"].(map[string]any)
	list, _ := proof["disks"].([]any)
	var out []map[string]any
	for _, d := range list {
		if d, ok := d.(map[string]any); ok {
			out = append(out, d)
		}
	}
	return out
}

func (p *Proof) setDisks(disks []map[string]any) {
	var list []any
	for _, d := range disks {
		list = append(list, d)
	}
	p.Verdict["proof"].(map[string]any)["disks"] = list
}

func (p *Proof) text(disk int, field string) string {
	text, _ := p.disks()[disk][field].(string)
	return text
}

func (p *Proof) together() bool { return p.Verdict["proof"].(map[string]any)["together"] == true }

func (p *Proof) scale(disk int, field string, by float64) bool {
	value, _ := p.disks()[disk][field].(float64)
	p.disks()[disk][field] = value * by
	return value != 0
}

func (p *Proof) append(disk int, field, text string) bool {
	value := p.text(disk, field)
	p.disks()[disk][field] = value + text
	return value != ""
}

// line returns a copy of a line, which takes its place in the bundle.
func line[T any](p *Proof, id string) *T {
	for i, o := range p.Bundle.Observations {
		if o.Common().ID != id {
			continue
		}
		if x, ok := any(o).(*T); ok {
			own := *x
			p.Bundle.Observations[i] = any(&own).(evidence.Observation)
			return &own
		}
	}
	return nil
}

func (p *Proof) swapVantage(disk int) bool {
	for _, o := range p.Bundle.Observations {
		if v, ok := o.(*evidence.Vantage); ok && v.ID != p.text(disk, "vantage") {
			p.disks()[disk]["vantage"] = v.ID
			return true
		}
	}
	return false
}

func (p *Proof) swapEvidence(disk int) bool {
	p.disks()[disk]["evidence"] = p.text(disk, "vantage")
	return true
}

// dropSupport leaves of disks that are needed together one less, and of others those
// of one vantage, where that may not carry alone.
func (p *Proof) dropSupport(disk int) bool {
	disks := p.disks()
	if p.together() {
		p.setDisks(slices.Delete(disks, disk, disk+1))
		return len(disks) > 1
	}
	own := slices.DeleteFunc(slices.Clone(disks), func(d map[string]any) bool { return d["vantage"] != disks[disk]["vantage"] })
	p.setDisks(own)
	return len(own) < len(disks) && !slices.ContainsFunc(own, func(d map[string]any) bool { return d["via"] != nil })
}

func (p *Proof) dropLine(disk int) bool {
	id := p.text(disk, "evidence")
	p.Bundle.Observations = slices.DeleteFunc(p.Bundle.Observations, func(o evidence.Observation) bool { return o.Common().ID == id })
	return true
}

func (p *Proof) moveVantage(disk int) bool {
	v := line[evidence.Vantage](p, p.text(disk, "vantage"))
	if v == nil || v.Lat == nil || p.text(disk, "via") != "" || p.text(disk, "door") != "" {
		return false
	}
	v.Lat = new(*v.Lat - 0.01)
	return true
}

func (p *Proof) moveLandmark(disk int) bool {
	reply := line[evidence.RTT](p, p.text(disk, "landmark_evidence"))
	if reply == nil {
		return false
	}
	moved := false
	for i, o := range p.Bundle.Observations {
		if l, ok := o.(*evidence.Landmark); ok && l.Addr == reply.Addr {
			own := *l
			own.Lat = new(*l.Lat - 0.01)
			p.Bundle.Observations[i], moved = &own, true
		}
	}
	return moved
}

func (p *Proof) changeTime(disk int) bool {
	id := p.text(disk, "evidence")
	if x := line[evidence.RTT](p, id); x != nil {
		x.MinMS++
		return true
	}
	x := line[evidence.Retrieval](p, id)
	if x == nil {
		return false
	}
	x.TTFBMinMS += 1000
	return true
}

func (p *Proof) changeVerdictPort(int) bool {
	p.Verdict["port"] = 8443
	return p.Verdict["subject"] == "front-door"
}

// changeReplyPort changes the port of a reply that is of one.
func (p *Proof) changeReplyPort(disk int) bool {
	x := line[evidence.RTT](p, p.text(disk, "evidence"))
	if x == nil || x.Authenticated == nil && !x.OfPort() {
		return false
	}
	x.Port = 8443
	return true
}

func (p *Proof) changeKey(disk int) bool {
	x := line[evidence.RTT](p, p.text(disk, "evidence"))
	if x == nil || x.Authenticated == nil {
		return false
	}
	own := *x.Authenticated
	own.ServerName = "other." + own.ServerName
	x.Authenticated = &own
	return true
}

// changeClaim makes the claim one that the evidence speaks for where it was refuted,
// and against where it was proven: one far country alone is denied, or allowed.
func (p *Proof) changeClaim(int) bool {
	for _, s := range p.Sheets {
		for i := range s.Claims {
			c := &s.Claims[i]
			if s.Vendor != p.Verdict["vendor"] || c.ID != p.Verdict["claim"] {
				continue
			}
			far := providers.Place{Kind: providers.KindCountry, Code: "AQ"}
			if slices.Contains(slices.Concat(c.Allow, c.Deny), far) {
				far.Code = "IS"
			}
			c.Allow, c.Deny = nil, []providers.Place{far}
			if p.Verdict["result"] == "proven" {
				c.Allow, c.Deny = c.Deny, nil
			}
			return true
		}
	}
	return false
}

func (p *Proof) raiseRatio(int) bool {
	ratio, _ := p.Verdict["ratio"].(float64)
	p.Verdict["ratio"] = 1.02*ratio + 1 // beyond what distances halfway round the earth are known to
	return p.Verdict["result"] == "refuted"
}

// dropAssumptions takes away what a verdict says that it takes for granted, where its
// proof hangs on that.
func (p *Proof) dropAssumptions(int) bool {
	assumes, _ := p.Verdict["assumes"].([]any)
	p.Verdict["assumes"] = []any{}
	onlyOneHost := len(assumes) == 1 && assumes[0] == "one-host"
	return len(assumes) > 0 && !(onlyOneHost && p.Verdict["subject"] == "store" && !p.together())
}
