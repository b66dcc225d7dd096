package atlas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Probes are where probes are, as RIPE Atlas says.
type Probes []machine

// ReadProbes reads the places of probes: the answer of the API to
// /api/v2/probes/, page by page; the archive of a day (objects); a list; or one
// probe a line. It is pure.
func ReadProbes(data []byte) (Probes, error) {
	documents, err := platform.Documents(data)
	if err != nil {
		return nil, fmt.Errorf("the list of probes: %w", err)
	}
	var out Probes
	for _, document := range documents {
		var page struct {
			ID      platform.Integer `json:"id"`
			Results Probes           `json:"results"`
			Objects Probes           `json:"objects"`
		}
		if err := json.Unmarshal(document, &page); err != nil {
			return nil, fmt.Errorf("the list of probes: %w", platform.ExplainJSON(err))
		}
		out = append(append(out, page.Results...), page.Objects...)
		if page.ID > 0 {
			var one machine
			if err := json.Unmarshal(document, &one); err != nil {
				return nil, fmt.Errorf("the list of probes: %w", platform.ExplainJSON(err))
			}
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the list of probes has no probe; the answer of RIPE Atlas to /api/v2/probes/?id__in=… is expected, or its archive of probes")
	}
	return out, nil
}

// ReadFile returns what a file of results holds: results one after the other, in
// lists or behind "results", and the originals that a run keeps. What is wrong
// with some costs those alone, and is the error. It is pure.
func ReadFile(data []byte, probes Probes) ([]platform.Reading, error) {
	documents, err := platform.Documents(data)
	problems := platform.Problems{}
	problems.Add(err)
	var list []json.RawMessage
	for _, document := range documents {
		var whole answer
		lists := latestOf(document)
		if json.Unmarshal(document, &whole) == nil && len(whole.Results) > 0 {
			lists, probes = []json.RawMessage{whole.Results}, append(probes, whole.Probes...)
		}
		for _, some := range lists {
			inside, err := platform.Documents(some)
			problems.Add(err)
			list = append(list, inside...)
		}
		if lists == nil {
			list = append(list, document)
		}
	}
	if len(list) == 0 && problems.Err() == nil {
		return nil, errors.New("there are no results of RIPE Atlas in it")
	}
	where := byNumber(probes)
	var out []platform.Reading
	for i, raw := range list {
		reading, err := readOne(platform.Ask{}, raw, where)
		if err != nil {
			problems.Add(fmt.Errorf("result %d: %w", i+1, err))
			continue
		}
		out = append(out, reading)
	}
	return out, problems.Err()
}

// Unplaced returns how many of the vantages of readings have no place.
func Unplaced(readings []platform.Reading) int {
	keys := map[string]bool{}
	for i := range readings {
		v := &readings[i].Vantage
		if _, _, placed := v.Position(); !placed && v.Network == evidence.NetworkAtlas {
			keys[readings[i].Key] = true
		}
	}
	return len(keys)
}

// Holds reports whether a document is a result, or holds results in a way that
// only RIPE Atlas's do.
func Holds(document json.RawMessage) bool {
	var r struct {
		Probe   json.RawMessage `json:"prb_id"`
		Results json.RawMessage `json:"results"`
		Probes  json.RawMessage `json:"probes"`
	}
	if json.Unmarshal(document, &r) != nil {
		return false
	}
	return r.Probe != nil || r.Results != nil && r.Probes != nil || len(latestOf(document)) > 0
}

// latestOf returns the lists of a document in the form of the API's /latest/, a
// list for each probe by its number; none for other documents.
func latestOf(document json.RawMessage) []json.RawMessage {
	var byProbe map[string]json.RawMessage
	if json.Unmarshal(document, &byProbe) != nil {
		return nil
	}
	var out []json.RawMessage
	for _, key := range slices.Sorted(maps.Keys(byProbe)) {
		if strings.Trim(key, "0123456789") != "" || !bytes.HasPrefix(byProbe[key], []byte("[")) {
			return nil
		}
		out = append(out, byProbe[key])
	}
	return out
}
