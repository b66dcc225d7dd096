package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/landfall-audit/landfall/internal/quickjson"
)

// maxLineBytes bounds one line of a bundle. The longest that this program
// writes is a trace with names, some 20 KiB.
const maxLineBytes = 4 << 20

// Line returns o as it stands in a bundle, without the line's end.
func Line(o Observation) ([]byte, error) {
	line, err := encode(o)
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// encode returns the line for o, newline included.
func encode(o Observation) ([]byte, error) {
	if u, ok := o.(*Unknown); ok {
		return append(bytes.Clone(u.Raw), '\n'), nil // byte for byte
	}
	line, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encoding %s %s: %w", o.Common().Kind, o.Common().ID, err)
	}
	return append(line, '\n'), nil
}

// decode reads one line. A kind that is not known gives [Unknown].
func decode(line []byte) (Observation, error) {
	if o, ok := decodeQuickly(line); ok {
		return o, o.check()
	}
	return decodeByMeta(line)
}

// decodeQuickly reads a line as this program writes them, in less than half the
// time. Of what it does not take, the standard library tells what is wrong.
func decodeQuickly(line []byte) (o Observation, ok bool) {
	kind := firstKind(line)
	make, known := blank[kind]
	if !known {
		return nil, false
	}
	o = make()
	return o, quickjson.Unmarshal(line, o) && o.Common().Kind == kind
}

// firstKind returns the kind of a line that begins with it, as those do that this
// program writes: they need not be read twice.
func firstKind(line []byte) Kind {
	rest, found := bytes.CutPrefix(line, []byte(`{"kind":"`))
	kind, _, whole := bytes.Cut(rest, []byte(`"`))
	if !found || !whole {
		return ""
	}
	return Kind(kind)
}

func decodeByMeta(line []byte) (Observation, error) {
	var meta Meta
	if err := json.Unmarshal(line, &meta); err != nil {
		return nil, explain(err)
	}
	if meta.Kind == "" {
		return nil, errors.New(`no "kind"; every line after the header names one`)
	}
	make, known := blank[meta.Kind]
	if !known {
		return &Unknown{Meta: meta, Raw: bytes.Clone(bytes.TrimSpace(line))}, nil
	}
	o := make()
	if err := json.Unmarshal(line, o); err != nil {
		return nil, explain(err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return o, nil
}

// explain puts a JSON error into words for the author of a file.
func explain(err error) error {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fmt.Errorf("%s is a JSON %s; %s is expected: %w", typ.Field, typ.Value, typ.Type, err)
	}
	return fmt.Errorf("not a JSON object: %w", err)
}

func decodeHeader(line []byte) (Header, error) {
	var h Header
	if err := json.Unmarshal(line, &h); err != nil {
		return h, fmt.Errorf("the first line is not the header of an evidence file (%q is expected in it): %w", Schema, explain(err))
	}
	if h.Schema != Schema {
		return h, fmt.Errorf("schema is %q; %q is expected in the first line of an evidence file", h.Schema, Schema)
	}
	return h, firstError(checkRun(h.Run), checkText("tool", h.Tool))
}
