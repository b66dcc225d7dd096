package atlas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/probes/remote"
)

// ReadFile gives what a file of results holds: a list, one result a line, or an
// original that a run kept. Places is the API's list of the probes, or nothing.
// It is pure.
func ReadFile(data, places []byte) ([]remote.Reading, error) {
	var probes []machine
	if len(places) > 0 {
		var list struct {
			Results []machine `json:"results"`
		}
		if err := json.Unmarshal(places, &list); err != nil {
			return nil, fmt.Errorf("the list of probes: %w", err)
		}
		probes = list.Results
	}
	var whole answer
	if json.Unmarshal(data, &whole) == nil && len(whole.Results) > 0 {
		return ReadResults(remote.Ask{}, whole.Results, append(probes, whole.Probes...))
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		joined, err := join(data)
		if err != nil {
			return nil, err
		}
		data = joined
	}
	return ReadResults(remote.Ask{}, data, probes)
}

// join makes a list of objects that follow one another.
func join(data []byte) ([]byte, error) {
	var list []json.RawMessage
	for in := json.NewDecoder(bytes.NewReader(data)); ; {
		var one json.RawMessage
		err := in.Decode(&one)
		if errors.Is(err, io.EOF) {
			return json.Marshal(list)
		}
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", len(list)+1, err)
		}
		list = append(list, one)
	}
}
