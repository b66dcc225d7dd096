package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number is a figure of a document. Older tools write figures as text ("10"),
// so both forms are read; null is zero.
type Number float64

// UnmarshalJSON reads a number, or a number in quotation marks.
func (n *Number) UnmarshalJSON(body []byte) error {
	text := strings.TrimSpace(strings.Trim(string(body), `"`))
	if text == "" || text == "null" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%.40s is no number", body)
	}
	*n = Number(v)
	return nil
}

// Integer is a whole figure of a document, in either form.
type Integer int64

// UnmarshalJSON reads a whole number, or one in quotation marks.
func (i *Integer) UnmarshalJSON(body []byte) error {
	var n Number
	if err := n.UnmarshalJSON(body); err != nil {
		return err
	}
	const exact = 1 << 53 // beyond it not every whole number is a float64
	if n != Number(math.Trunc(float64(n))) || math.Abs(float64(n)) > exact {
		return fmt.Errorf("%.40s is no whole number", body)
	}
	*i = Integer(n)
	return nil
}

// Port returns the figure as a port; 0 where it is none.
func (i Integer) Port() uint16 {
	if i < 0 || i > math.MaxUint16 {
		return 0
	}
	return uint16(i)
}

// ExplainJSON puts an error of encoding/json into words for whoever has the file.
func ExplainJSON(err error) error {
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ) && typ.Field != "":
		return fmt.Errorf("the field %q holds a %s, where another kind of value is expected", typ.Field, typ.Value)
	case errors.As(err, &typ):
		return fmt.Errorf("it is a %s, where another kind of value is expected", typ.Value)
	}
	return err
}
