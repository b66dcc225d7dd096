package sentence

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
)

// formats write an argument, by the name that templates have for the way. Numbers
// are rounded here and nowhere else.
var formats = map[string]func(to []byte, v any) []byte{
	"":        plain,
	"ms":      func(to []byte, v any) []byte { return append(strconv.AppendFloat(to, number(v), 'g', 4, 64), " ms"...) },
	"reach":   reach,
	"down":    func(to []byte, v any) []byte { return strconv.AppendFloat(to, math.Floor(number(v)), 'f', 0, 64) },
	"tenth":   func(to []byte, v any) []byte { return strconv.AppendFloat(to, number(v), 'f', 1, 64) },
	"figures": func(to []byte, v any) []byte { return strconv.AppendFloat(to, number(v), 'g', 3, 64) },
	"exact":   func(to []byte, v any) []byte { return fmt.Append(to, v) },
	"percent": percent,
	"quoted":  func(to []byte, v any) []byte { return strconv.AppendQuote(to, fmt.Sprint(v)) },
	"or":      joined(" or "),
	"and":     joined(" and "),
	"list":    joined(", "),
	"shares":  shares,
	"present": func(to []byte, _ any) []byte { return to }, // whether it is there decides a choice
	"says":    word(says),
	"holds":   word(holds),
}

// says are how a statement about a place ends, by what it is to the claim.
var says = map[string]string{
	"inside":      "; the claim allows that",
	"outside":     "; the claim does not allow that",
	"cannot-tell": "; that does not settle the claim",
	"ruled-out":   ", which the round trips rule out",
}

// holds are what a copy is of.
var holds = map[string]string{
	"everything": "its copy",
	"metadata":   "the copy of its metadata",
}

func word(words map[string]string) func(to []byte, v any) []byte {
	return func(to []byte, v any) []byte { return append(to, words[fmt.Sprint(v)]...) }
}

// number returns the number that an argument is; one that was read from JSON is a
// float64.
func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	case uint32:
		return float64(n)
	}
	return math.NaN()
}

func plain(to []byte, v any) []byte {
	switch x := v.(type) {
	case string:
		return append(to, x...)
	case float64:
		if x == math.Trunc(x) {
			return strconv.AppendFloat(to, x, 'f', 0, 64)
		}
	case nil:
		return to
	}
	return fmt.Append(to, v)
}

// reach writes how far something can be at the most, never less than it is.
func reach(to []byte, v any) []byte {
	km := number(v)
	if km >= geo.HalfwayKM {
		return append(to, "anywhere on earth"...)
	}
	return append(strconv.AppendFloat(to, math.Ceil(km), 'f', 0, 64), " km"...)
}

// percent writes a part of a whole.
func percent(to []byte, v any) []byte {
	text := strconv.FormatFloat(number(v), 'f', 2, 64)
	return append(append(to, strings.TrimRight(strings.TrimRight(text, "0"), ".")...), " %"...)
}

func joined(by string) func(to []byte, v any) []byte {
	return func(to []byte, v any) []byte {
		for i, item := range items(v) {
			if i > 0 {
				to = append(to, by...)
			}
			to = plain(to, item)
		}
		return to
	}
}

// shares writes a list of countries, each with a share of hosts.
func shares(to []byte, v any) []byte {
	for i, item := range items(v) {
		if i > 0 {
			to = append(to, ", "...)
		}
		args := object(item)
		to = fmt.Appendf(to, "%v (%.3g %%)", args["country"], number(args["share_percent"]))
	}
	return to
}

// nested writes the sentence that an argument is.
func nested(to []byte, v any) []byte {
	if c, ok := v.(verdict.Coded); ok {
		return append(to, Of(c.Code, c.Args)...)
	}
	read := object(v)
	code, _ := read["code"].(string)
	return append(to, Of(code, object(read["args"]))...)
}

// items returns the items of a list, as it is made or as it is read from JSON.
func items(v any) []any {
	switch list := v.(type) {
	case []any:
		return list
	case []string:
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = item
		}
		return out
	case []verdict.Args:
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = item
		}
		return out
	}
	return nil
}

// object returns the fields of an object, as it is made or as it is read from JSON.
func object(v any) verdict.Args {
	switch fields := v.(type) {
	case verdict.Args:
		return fields
	case map[string]any:
		return fields
	}
	return nil
}
