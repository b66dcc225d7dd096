package providers

import (
	"fmt"
	"time"
)

// dateLayout is the calendar date of RFC 3339 section 5.6 (full-date).
const dateLayout = "2006-01-02"

// Date is a calendar date without time of day or time zone, written
// YYYY-MM-DD. The zero value means that no date is given. Dates are comparable
// with ==.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date written YYYY-MM-DD. A date that does not exist, such as
// 2026-02-30, is an error.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateLayout, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date, expected YYYY-MM-DD such as 2026-01-31", text)
	}
	return DateOf(t), nil
}

// DateOf is the calendar date of t in UTC.
func DateOf(t time.Time) Date {
	year, month, day := t.UTC().Date()
	return Date{Year: year, Month: month, Day: day}
}

// IsZero reports whether no date is given.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than other. The zero date is before
// every other.
func (d Date) Before(other Date) bool {
	if d.Year != other.Year {
		return d.Year < other.Year
	}
	if d.Month != other.Month {
		return d.Month < other.Month
	}
	return d.Day < other.Day
}

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return other.Before(d) }

// String is the date as YYYY-MM-DD, or the empty text for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes the date as [Date.String] does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [Date.MarshalText] writes: the empty text is the zero
// date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
