// Package mtr reads the reports of mtr --json (mtr(8)).
package mtr

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// roundedMS is how far a figure may be below what was measured: mtr before
	// 0.94 prints hundredths.
	roundedMS = 0.005
	// digits are what later ones print of a figure (JSON_REAL_PRECISION(5)).
	digits = 5
	// maxNameBytes bounds what is kept of a name.
	maxNameBytes = 200
)

// report is the document.
type report struct {
	Report *struct {
		MTR struct {
			Dst string `json:"dst"`
		} `json:"mtr"`
		Hubs []hub `json:"hubs"`
	} `json:"report"`
}

// hub is all that was seen of one hop. Its figures may be of several hosts: mtr
// keeps one name, and one set of figures, however often the path changes.
type hub struct {
	Count json.RawMessage  `json:"count"` // text before 0.94
	Host  string           `json:"host"`
	Loss  platform.Number  `json:"Loss%"`
	Sent  platform.Integer `json:"Snt"`
	Last  platform.Number  `json:"Last"`
	Worst platform.Number  `json:"Wrst"`
}

// noHubs is what mtr before 0.94 writes where nothing answered: it opens the
// list and never closes it.
var noHubs = regexp.MustCompile(`("hubs"\s*:\s*\[)(\s*\})`)

// Mend closes the list of hubs that mtr before 0.94 leaves open where nothing
// answered, so that the text is JSON. Other texts stay as they are.
func Mend(data []byte) []byte { return noHubs.ReplaceAll(data, []byte("${1}]${2}")) }

// addr reads the host of a hub or of the report: an address, alone or in brackets
// behind a name, as mtr -b writes it.
func addr(text string) (netip.Addr, string, bool) {
	name := ""
	if before, inside, ok := strings.Cut(strings.TrimSuffix(text, ")"), " ("); ok {
		name, text = before, inside
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap(), name, err == nil
}

// Read returns the paths of the reports in a file and, where one reached its
// target, a round trip to it. Reports that cannot be used cost themselves alone:
// what is wrong with them is the error. It is pure. Where and when it measured
// and over which protocol mtr does not say, so the method is import.
func Read(data []byte) ([]evidence.Observation, error) {
	documents, err := platform.Documents(Mend(data))
	problems := platform.Problems{}
	problems.Add(err)
	if len(documents) == 0 && err == nil {
		problems.Add(errors.New("there is no report of mtr --json in it"))
	}
	var out []evidence.Observation
	for i, document := range documents {
		seen, err := readReport(document)
		if err != nil {
			problems.Add(fmt.Errorf("report %d: %w", i+1, err))
		}
		out = append(out, seen...)
	}
	return out, problems.Err()
}

func readReport(document []byte) ([]evidence.Observation, error) {
	var r report
	if err := json.Unmarshal(document, &r); err != nil {
		return nil, fmt.Errorf("not a report of mtr --json: %w", platform.ExplainJSON(err))
	}
	if r.Report == nil {
		return nil, errors.New("not a report of mtr --json: it has no \"report\"")
	}
	dst, hubs := r.Report.MTR.Dst, r.Report.Hubs
	if len(hubs) == 0 {
		return nil, fmt.Errorf("a report of mtr that saw no host on the way to %q", probe.Text(dst, maxNameBytes))
	}
	target, asked, err := targetOf(dst, hubs[len(hubs)-1])
	if err != nil {
		return nil, err
	}
	steps := make([]platform.PathStep, 0, len(hubs))
	for _, h := range hubs {
		step, err := h.step()
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: target, Method: evidence.MethodImport}
	var took []float64
	path.Hops, took = platform.Path(target, steps)
	path.Reached = len(took) > 0
	out := append(platform.Resolved(platform.Ask{Name: asked}, target), path)
	if path.Reached {
		out = append(out, hubs[len(hubs)-1].rtt(target, took[0]))
	}
	return out, nil
}

// targetOf returns the address that a report is about, and the name that was
// asked for where it was one. Of a name the address is known only if the last
// hub is said to be it.
func targetOf(dst string, last hub) (netip.Addr, string, error) {
	if target, _, ok := addr(dst); ok {
		return target, "", nil
	}
	target, name, known := addr(last.Host)
	if !known || !strings.EqualFold(strings.TrimSuffix(name, "."), strings.TrimSuffix(dst, ".")) {
		return netip.Addr{}, "", fmt.Errorf("the report is about %q, whose address it does not tell; use mtr --json -n, or -b, with an address", probe.Text(dst, maxNameBytes))
	}
	return target, platform.HostName(dst), nil
}

// step returns the hub as a step of the path.
func (h *hub) step() (platform.PathStep, error) {
	var count platform.Integer
	if err := json.Unmarshal(h.Count, &count); err != nil || count < 1 || count > platform.MaxHops {
		return platform.PathStep{}, fmt.Errorf("a hub's count is %q; a number from 1 to %d is expected", probe.Text(string(h.Count), maxNameBytes), platform.MaxHops)
	}
	out := platform.PathStep{TTL: int(count)}
	if at, name, known := addr(h.Host); known {
		out.Replies = []platform.PathReply{{From: at, Name: probe.Text(name, maxNameBytes), MS: h.certainMS()}}
	}
	return out, nil
}

// certainMS returns a time that is not below what a reply of the host that the
// hub names took; 0 where there is none.
//
// Best and Avg mix in the replies of whatever other host answered at this hop. Last
// is of the host that is named since 0.94, which keeps the latest host; before it,
// mtr kept the first one, and Last is of the latest (net_process_ping in its
// ui/net.c). Wrst is of no host in particular, and never below.
func (h *hub) certainMS() float64 {
	printed := float64(h.Worst)
	if latestNamed := h.Count[0] != '"'; latestNamed && h.Last > 0 {
		printed = float64(h.Last)
	}
	if printed <= 0 {
		return 0
	}
	return atMost(printed)
}

// atMost returns what a printed figure stands for at the most.
func atMost(printed float64) float64 {
	half := math.Pow(10, math.Floor(math.Log10(printed))-digits+1) / 2
	return math.Round((printed+max(roundedMS, half))*1e6) / 1e6
}

func (h *hub) rtt(dst netip.Addr, ms float64) *evidence.RTT {
	sent := int(min(max(h.Sent, 1), math.MaxInt32))
	lost := int(math.Round(float64(sent) * min(max(float64(h.Loss), 0), 100) / 100))
	return &evidence.RTT{
		Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Method: evidence.MethodImport, Sent: sent, Lost: min(lost, sent-1), MinMS: ms,
	}
}
