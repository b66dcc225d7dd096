package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bundle is all that one run saw, or several runs merged.
type Bundle struct {
	Header       Header
	Observations []Observation
}

// Merge joins bundles of any number of vantages and runs. Ids stay as they
// are where one bundle is given; else they are told apart by the run's name
// in front (RUN/e1), so that a published id is found again in its own file.
// A line that stands in two bundles of the same run is taken once.
func Merge(bundles ...*Bundle) (*Bundle, error) {
	if len(bundles) == 1 {
		return bundles[0], nil
	}
	sorted := slices.Clone(bundles)
	slices.SortStableFunc(sorted, func(a, b *Bundle) int { return strings.Compare(a.Header.Run, b.Header.Run) })
	out := &Bundle{Header: Header{Schema: Schema}}
	seen := map[string]Observation{}
	for i, b := range sorted {
		if i == 0 {
			out.Header = b.Header
		}
		if b.Header.Started.Before(out.Header.Started) {
			out.Header.Started = b.Header.Started
		}
		for _, o := range b.Observations {
			moved, err := inRun(b.Header.Run, o)
			if err != nil {
				return nil, err
			}
			id := moved.Common().ID
			if before, dup := seen[id]; dup {
				if !equalLines(before, moved) {
					return nil, fmt.Errorf("run %s: two lines have the id %s and differ; two files of one run are not the same run", b.Header.Run, o.Common().ID)
				}
				continue
			}
			seen[id] = moved
			out.Observations = append(out.Observations, moved)
		}
	}
	return out, nil
}

// inRun gives a copy of o whose ids carry the name of their run.
func inRun(run string, o Observation) (Observation, error) {
	line, err := encode(o)
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", o.Common().ID, err)
	}
	moved, err := decode(line)
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", o.Common().ID, err)
	}
	prefix := func(id string) string { return run + "/" + id }
	meta := moved.Common()
	meta.ID = prefix(meta.ID)
	if meta.Vantage != "" {
		meta.Vantage = prefix(meta.Vantage)
	}
	switch x := moved.(type) {
	case *Selfcheck:
		for i := range x.Checks {
			for j, id := range x.Checks[i].Evidence {
				x.Checks[i].Evidence[j] = prefix(id)
			}
		}
	case *Order:
		if x.Of != "" {
			x.Of = prefix(x.Of)
		}
	case *Unknown:
		if x.Raw, err = replaceIDs(x.Raw, meta); err != nil {
			return nil, err
		}
	}
	return moved, nil
}

// replaceIDs writes new ids into the raw line of an unknown kind; all other
// fields keep their bytes.
func replaceIDs(raw json.RawMessage, meta *Meta) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, explain(err)
	}
	for key, id := range map[string]string{"id": meta.ID, "vantage": meta.Vantage} {
		if _, has := fields[key]; !has {
			continue
		}
		text, err := json.Marshal(id)
		if err != nil {
			return nil, fmt.Errorf("encoding the id %q: %w", id, err)
		}
		fields[key] = text
	}
	return json.Marshal(fields)
}

func equalLines(a, b Observation) bool {
	x, errX := encode(a)
	y, errY := encode(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// WriteTo writes b as JSON Lines.
func (b *Bundle) WriteTo(w io.Writer) (int64, error) {
	line, err := json.Marshal(b.Header)
	if err != nil {
		return 0, fmt.Errorf("encoding the header: %w", err)
	}
	n, err := w.Write(append(line, '\n'))
	total := int64(n)
	for _, o := range b.Observations {
		if err != nil {
			break
		}
		if line, err = encode(o); err != nil {
			break
		}
		n, err = w.Write(line)
		total += int64(n)
	}
	return total, err
}
