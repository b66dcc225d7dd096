package ranges

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// row takes one element of an array, and calls skip with each thing in it that
// makes no sense.
type row func(element json.RawMessage, skip func(error))

// document says what to do with the fields of a JSON object: call a function
// with each element of an array, or with the value of a text field. Other fields
// are passed over. Elements are read one at a time, so the memory needed is that
// of the entries and not that of the file.
type document struct {
	file  string
	feed  *Feed
	lists map[string]row
	texts map[string]func(value string)
}

// read reads the whole object. What makes no sense in an element is skipped; a
// syntax error ends the reading, and what was read before it is kept.
func (d document) read(r io.Reader) error {
	decoder := json.NewDecoder(bound(r))
	if err := d.object(decoder); err != nil {
		return fmt.Errorf("%s: octet %d: %w", d.file, decoder.InputOffset(), err)
	}
	return nil
}

func (d document) object(decoder *json.Decoder) error {
	if err := expect(decoder, '{'); err != nil {
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("%v where the name of a field was expected", key)
		}
		if err := d.field(decoder, name); err != nil {
			return fmt.Errorf("%s: %w", shown(name), err)
		}
	}
	if err := expect(decoder, '}'); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more behind the end of the document")
	}
	return nil
}

func (d document) field(decoder *json.Decoder, name string) error {
	if each, ok := d.lists[name]; ok {
		return d.list(decoder, each)
	}
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if take, ok := d.texts[name]; ok {
		var text string
		if err := json.Unmarshal(value, &text); err == nil {
			take(text)
		}
	}
	return nil
}

func (d document) list(decoder *json.Decoder, each row) error {
	if err := expect(decoder, '['); err != nil {
		return err
	}
	for decoder.More() {
		var element json.RawMessage
		if err := decoder.Decode(&element); err != nil {
			return err
		}
		each(element, func(err error) {
			d.feed.skip(Skipped{File: d.file, Offset: decoder.InputOffset(), Reason: err.Error()})
		})
	}
	return expect(decoder, ']')
}

func expect(decoder *json.Decoder, delimiter json.Delim) error {
	token, err := decoder.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token != delimiter {
		return fmt.Errorf("%v where %v was expected", token, delimiter)
	}
	return nil
}

// decode reads an element of an array, and says in the file's own words what is
// of the wrong kind.
func decode(element json.RawMessage, into any) error {
	err := json.Unmarshal(element, into)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		where := "the element"
		if kind.Field != "" {
			where = kind.Field
		}
		return fmt.Errorf("%s is a JSON %s, expected another kind", where, kind.Value)
	}
	return err
}
