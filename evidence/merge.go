package evidence

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Merge joins bundles of any number of vantages and runs; their order does not
// matter. Ids stay as they are where one bundle is left; else each carries the
// name of its source in front (RUN/e1), so that a published id is found again in
// its own file.
//
// A line belongs to the file that it came in. Files of one run whose lines
// differ stay apart, each under the run's name and its own digest, and a file
// that speaks of a vantage which another file of that run holds is not used:
// nobody's file speaks for the vantages of another. What is not used stands in
// [Bundle.Aside], with the reason.
func Merge(bundles ...*Bundle) (*Bundle, error) {
	if len(bundles) == 1 {
		return bundles[0], nil
	}
	out := &Bundle{}
	parts, err := partsOf(bundles, out)
	if err != nil {
		return nil, err
	}
	parts = out.withoutForeign(parts)
	switch len(parts) {
	case 0:
		out.Header = earliest(bundles)
	case 1:
		out.Header, out.Observations = parts[0].bundle.Header, parts[0].bundle.Observations
	default:
		if err := out.join(parts); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out.Aside, CompareAside)
	return out, nil
}

// part is a bundle that is to be merged.
type part struct {
	bundle *Bundle
	digest string // of header and lines, hex
}

// partsOf returns the bundles that hold anything, each content once, in an order
// that does not depend on that of the files.
func partsOf(bundles []*Bundle, out *Bundle) ([]part, error) {
	var parts []part
	for _, b := range bundles {
		out.Aside = append(out.Aside, b.Aside...)
		if len(b.Observations) == 0 {
			out.Aside = append(out.Aside, Aside{Run: b.Header.Run, Reason: "the file holds no observation"})
			continue
		}
		digest, err := digestOf(b)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{b, digest})
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.bundle.Header.Run, b.bundle.Header.Run), cmp.Compare(a.digest, b.digest))
	})
	return slices.CompactFunc(parts, func(a, b part) bool { return a.digest == b.digest }), nil
}

// digestOf returns the SHA-256 of a bundle as it would be written, in hex.
func digestOf(b *Bundle) (string, error) {
	hash := sha256.New()
	if _, err := b.WriteTo(hash); err != nil {
		return "", fmt.Errorf("run %s: %w", b.Header.Run, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// withoutForeign leaves out the files that speak of vantages which another file
// of the same run holds and they do not.
func (b *Bundle) withoutForeign(parts []part) []part {
	holders := map[string]map[string]bool{} // by run: the vantages of all its files
	for _, p := range parts {
		run := p.bundle.Header.Run
		if holders[run] == nil {
			holders[run] = map[string]bool{}
		}
		for id := range vantagesOf(p.bundle) {
			holders[run][id] = true
		}
	}
	return slices.DeleteFunc(parts, func(p part) bool {
		own, run := vantagesOf(p.bundle), p.bundle.Header.Run
		for _, o := range p.bundle.Observations {
			if id := o.Common().Vantage; id != "" && !own[id] && holders[run][id] {
				b.Aside = append(b.Aside, Aside{Run: run, ID: o.Common().ID, Reason: fmt.Sprintf("a second file of this run speaks of the vantage %s, which it does not hold; none of it is used, since no file speaks for the vantages of another", id)})
				return true
			}
		}
		return false
	})
}

func vantagesOf(b *Bundle) map[string]bool {
	ids := map[string]bool{}
	for _, o := range b.Observations {
		if v, ok := o.(*Vantage); ok {
			ids[v.ID] = true
		}
	}
	return ids
}

// earliest returns the header of the run with the first name.
func earliest(bundles []*Bundle) Header {
	if len(bundles) == 0 {
		return Header{Schema: Schema}
	}
	return slices.MinFunc(bundles, func(a, b *Bundle) int {
		return cmp.Or(cmp.Compare(a.Header.Run, b.Header.Run), a.Header.Started.Compare(b.Header.Started), cmp.Compare(a.Header.Tool, b.Header.Tool))
	}).Header
}

// digestChars is how much of a digest tells the files of one run apart.
const digestChars = 12

// join takes the lines of several files, each under its source's name. The
// header is that of the file with most lines: it names the run in reports, and
// nothing else goes by it.
func (b *Bundle) join(parts []part) error {
	files := map[string]int{}
	for _, p := range parts {
		files[p.bundle.Header.Run]++
	}
	b.Header = slices.MaxFunc(parts, func(x, y part) int {
		return cmp.Or(cmp.Compare(len(x.bundle.Observations), len(y.bundle.Observations)), cmp.Compare(y.bundle.Header.Run, x.bundle.Header.Run), cmp.Compare(y.digest, x.digest))
	}).bundle.Header
	for _, p := range parts {
		name := p.bundle.Header.Run
		if files[name] > 1 {
			name += "~" + p.digest[:digestChars]
		}
		b.Sources = append(b.Sources, Source{Name: name, Header: p.bundle.Header})
		if err := b.take(name, p.bundle); err != nil {
			return err
		}
	}
	return nil
}

// take adds the lines of one file. Of two different lines with one id the first
// is used.
func (b *Bundle) take(name string, from *Bundle) error {
	seen := map[string]Observation{}
	for _, o := range from.Observations {
		id := o.Common().ID
		if before, dup := seen[id]; dup {
			if !equalLines(before, o) {
				b.Aside = append(b.Aside, Aside{Run: from.Header.Run, ID: id, Reason: "another line of the file has the same id; the first of them is used"})
			}
			continue
		}
		seen[id] = o
		moved, err := inSource(name, o)
		if err != nil {
			return err
		}
		b.Observations = append(b.Observations, moved)
	}
	return nil
}

// inSource returns a copy of o whose ids carry the name of their source.
func inSource(name string, o Observation) (Observation, error) {
	line, err := encode(o)
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", o.Common().ID, err)
	}
	moved, err := decode(line)
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", o.Common().ID, err)
	}
	prefix := func(id string) string { return name + "/" + id }
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
