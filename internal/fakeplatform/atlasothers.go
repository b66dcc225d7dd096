package fakeplatform

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Publish lets somebody else measure a target from all probes, or from those of
// the ids, for everybody to see, and gives the measurement's id once all of them
// have answered.
func (a *Atlas) Publish(kind, target string, probes ...int) (id string) {
	chosen := slices.DeleteFunc(slices.Clone(a.machines), func(m *machine) bool {
		return len(probes) > 0 && !slices.Contains(probes, m.Remote.ID)
	})
	m := a.start(atlasDefinition{Type: kind, AF: 4, Target: target, Packets: 3, Protocol: "ICMP", Description: "by somebody else"}, chosen, true)
	for len(m.copied()) < len(chosen) {
		time.Sleep(time.Millisecond)
	}
	return strconv.Itoa(m.id)
}

// copied returns the results so far.
func (m *atlasMeasurement) copied() []map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]map[string]any{}, m.results...)
}

// shown returns the results as they are sent.
func (a *Atlas) shown(m *atlasMeasurement) []map[string]any {
	list := m.copied()
	if a.Twist != nil {
		for _, result := range list {
			a.Twist(result)
		}
	}
	return list
}

func (a *Atlas) results(w http.ResponseWriter, r *http.Request) {
	if m := a.find(w, r); m != nil {
		write(w, http.StatusOK, a.shown(m))
	}
}

// latest answers with the newest result of each probe, by its number.
func (a *Atlas) latest(w http.ResponseWriter, r *http.Request) {
	m := a.find(w, r)
	if m == nil {
		return
	}
	byProbe := map[string][]any{}
	for _, result := range a.shown(m) {
		byProbe[fmt.Sprint(result["prb_id"])] = []any{result}
	}
	write(w, http.StatusOK, byProbe)
}

// list answers with the public measurements of an address, the newest first.
func (a *Atlas) list(w http.ResponseWriter, r *http.Request) {
	list := []any{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range slices.Backward(a.measurements) {
		if target := r.URL.Query().Get("target_ip"); m.public && (target == "" || target == m.def.Target) {
			list = append(list, map[string]any{
				"id": m.id, "type": m.def.Type, "status": map[string]any{"id": 4, "name": "Stopped"}, "start_time": m.began.Unix(), "stop_time": m.began.Unix(),
				"participant_count": len(m.machines), "target_ip": m.def.Target, "is_public": true,
			})
		}
	}
	write(w, http.StatusOK, map[string]any{"count": len(list), "next": nil, "previous": nil, "results": list})
}
