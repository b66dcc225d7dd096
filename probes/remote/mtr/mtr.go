// Package mtr reads the report of mtr --json (mtr(8)).
package mtr

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// roundedMS is how far a figure may be below what was measured: mtr prints
	// hundredths.
	roundedMS = 0.005
	// maxHops is the furthest that packets go (RFC 791, 3.1).
	maxHops = 255
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

type hub struct {
	Count int     `json:"count"`
	Host  string  `json:"host"`
	Loss  float64 `json:"Loss%"`
	Sent  int     `json:"Snt"`
	Best  float64 `json:"Best"`
}

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

// Read gives the path of a report and, where it reached the host, the shortest
// round trip to it. It is pure. Where the machine was, the report does not say;
// over what it measured, neither, so the method is import.
func Read(data []byte) ([]evidence.Observation, error) {
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("not a report of mtr --json: %w", err)
	}
	if r.Report == nil || len(r.Report.Hubs) == 0 {
		return nil, fmt.Errorf("not a report of mtr --json: it has no hubs")
	}
	hubs := r.Report.Hubs[:min(len(r.Report.Hubs), maxHops)]
	dst, _, ok := addr(r.Report.MTR.Dst)
	if !ok {
		// A name: only if the last hub is told to be it, its address is known.
		last, name, known := addr(hubs[len(hubs)-1].Host)
		if !known || name != r.Report.MTR.Dst {
			return nil, fmt.Errorf("the report is about %q, whose address it does not tell; use mtr --json -n, or -b, with an address", r.Report.MTR.Dst)
		}
		dst = last
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: dst, Method: evidence.MethodImport}
	out := []evidence.Observation{path}
	for _, h := range hubs {
		if h.Count < 1 || h.Count > maxHops {
			continue
		}
		step := evidence.Hop{TTL: h.Count}
		if at, name, known := addr(h.Host); known && h.Best > 0 {
			step.Addr, step.Name = at, probe.Text(name, maxNameBytes)
			step.RTTMS = []float64{atMost(h.Best)}
			if at == dst && !path.Reached {
				path.Reached = true
				out = append(out, h.rtt(dst))
			}
		}
		path.Hops = append(path.Hops, step)
	}
	return out, nil
}

func atMost(printed float64) float64 { return math.Round((printed+roundedMS)*1e6) / 1e6 }

func (h *hub) rtt(dst netip.Addr) *evidence.RTT {
	sent := max(h.Sent, 1)
	lost := int(math.Round(float64(sent) * min(max(h.Loss, 0), 100) / 100))
	return &evidence.RTT{
		Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Method: evidence.MethodImport, Sent: sent, Lost: lost, MinMS: atMost(h.Best),
	}
}
