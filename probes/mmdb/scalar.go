package mmdb

import (
	"math"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2/mmdbdata"

	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
)

// maxTextBytes bounds a text of a record: the longest names of organisations
// have some hundred bytes.
const maxTextBytes = 200

// Text is a text of a record, fit for evidence. Where the record has something
// else under the same key, as layouts differ, it stays empty.
type Text string

// UnmarshalMaxMindDBCursor reads a text.
func (t *Text) UnmarshalMaxMindDBCursor(at mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	kind, err := at.Kind()
	if err != nil {
		return mmdbdata.Cursor{}, err
	}
	if kind != mmdbdata.KindString {
		return at.Skip()
	}
	value, next, err := at.ReadString()
	*t = Text(probe.Text(strings.TrimSpace(value), maxTextBytes))
	return next, err
}

// Country returns the country that the text is the code of (ISO 3166-1 alpha-2),
// see [providers.CountryCode]; empty where it is none.
func (t Text) Country() string { return providers.CountryCode(string(t)) }

// Flag is a yes or no of a record; some files have it as text or as a number.
// What is neither says no.
type Flag bool

// UnmarshalMaxMindDBCursor reads a yes or no.
func (f *Flag) UnmarshalMaxMindDBCursor(at mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	kind, err := at.Kind()
	if err != nil {
		return mmdbdata.Cursor{}, err
	}
	switch kind {
	case mmdbdata.KindBool:
		value, next, err := at.ReadBool()
		*f = Flag(value && err == nil)
		return next, err
	case mmdbdata.KindUint16, mmdbdata.KindUint32, mmdbdata.KindUint64:
		value, next, err := at.ReadUint()
		*f = Flag(value == 1 && err == nil)
		return next, err
	case mmdbdata.KindString:
		value, next, err := at.ReadString()
		yes, parseErr := strconv.ParseBool(strings.ToLower(strings.TrimSpace(value)))
		*f = Flag(yes && err == nil && parseErr == nil)
		return next, err
	}
	return at.Skip()
}

// Number is a number of a record, whatever its type there; some files have
// numbers as text. Set is false where there is none.
type Number struct {
	Value float64
	Set   bool
}

// UnmarshalMaxMindDBCursor reads a number.
func (n *Number) UnmarshalMaxMindDBCursor(at mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	kind, err := at.Kind()
	if err != nil {
		return mmdbdata.Cursor{}, err
	}
	switch kind {
	case mmdbdata.KindFloat32, mmdbdata.KindFloat64:
		value, next, err := at.ReadFloat()
		n.set(value, err == nil)
		return next, err
	case mmdbdata.KindUint16, mmdbdata.KindUint32, mmdbdata.KindUint64:
		value, next, err := at.ReadUint()
		n.set(float64(value), err == nil)
		return next, err
	case mmdbdata.KindString:
		text, next, err := at.ReadString()
		value, parseErr := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(text), "AS"), 64)
		n.set(value, err == nil && parseErr == nil)
		return next, err
	}
	return at.Skip()
}

func (n *Number) set(value float64, ok bool) {
	if ok && !math.IsNaN(value) && !math.IsInf(value, 0) {
		n.Value, n.Set = value, true
	}
}
