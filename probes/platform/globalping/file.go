package globalping

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Holds reports whether a document is a measurement of the platform, or the
// answer to an order of one.
func Holds(document json.RawMessage) bool {
	var m struct {
		Probes  json.RawMessage `json:"probesCount"`
		Target  json.RawMessage `json:"target"`
		Results json.RawMessage `json:"results"`
	}
	return json.Unmarshal(document, &m) == nil && (m.Probes != nil || m.Target != nil && m.Results != nil)
}

// ReadFile returns what the measurements in a file hold, one after the other or in
// a list. What is wrong with some, or has not finished, costs those alone, and is
// the error. It is pure.
func ReadFile(data []byte) ([]platform.Reading, error) {
	documents, err := platform.Documents(data)
	problems := platform.Problems{}
	problems.Add(err)
	if len(documents) == 0 && err == nil {
		problems.Add(errors.New("there is no measurement of Globalping in it"))
	}
	var out []platform.Reading
	for _, document := range documents {
		readings, err := readDocument(document, &problems)
		problems.Add(err)
		out = append(out, readings...)
	}
	return out, problems.Err()
}

// readDocument reads one measurement. What single vantages could not deliver goes
// to the problems.
func readDocument(document json.RawMessage, problems *platform.Problems) ([]platform.Reading, error) {
	var m measurement
	if err := json.Unmarshal(document, &m); err != nil {
		return nil, fmt.Errorf("not a measurement of Globalping: %w", platform.ExplainJSON(err))
	}
	id := probe.Text(m.ID, maxNameBytes)
	switch {
	case m.Type == "" && m.Results == nil:
		return nil, fmt.Errorf("measurement %q is only ordered yet: this is the answer to the order, without a result; ask for /v1/measurements/%s and import that", id, id)
	case len(m.Results) == 0 && m.Status == inProgress:
		return nil, fmt.Errorf("measurement %q is in progress and has no result yet; ask for it again once its status is %q", id, finished)
	case len(m.Results) == 0:
		return nil, fmt.Errorf("measurement %q has no results", id)
	}
	ask, err := AskOf(document)
	if err != nil {
		return nil, err
	}
	readings, err := Read(ask, document)
	if err != nil {
		return nil, fmt.Errorf("measurement %q: %w", id, err)
	}
	var out []platform.Reading
	for i, reading := range readings {
		switch {
		case reading.Pending:
			problems.Add(fmt.Errorf("measurement %q: %s has not finished; ask for it again once its status is %q", id, reading.Vantage.Name, finished))
		case unread(&reading):
			problems.Add(fmt.Errorf("measurement %q: result %d: %s", id, i+1, reading.Observations[0].(*evidence.Error).Error))
		default:
			out = append(out, reading)
		}
	}
	return out, nil
}

// unread reports whether a reading is only that its result could not be read.
func unread(r *platform.Reading) bool {
	if len(r.Observations) != 1 {
		return false
	}
	only, isError := r.Observations[0].(*evidence.Error)
	return isError && strings.HasPrefix(only.Error, unreadable)
}
