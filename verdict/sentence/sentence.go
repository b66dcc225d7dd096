package sentence

import (
	"maps"
	"slices"

	"github.com/landfall-audit/landfall/verdict"
)

// Of returns the sentence of a code; empty where the code is not known.
func Of(code string, args verdict.Args) string {
	s, known := compiled[code]
	if !known {
		return ""
	}
	return string(s.append(make([]byte, 0, usualBytes), args))
}

// usualBytes is how long most sentences are, at the most.
const usualBytes = 256

// Reason returns a step of an argument, with its sentence.
func Reason(ids []string, code string, args verdict.Args) verdict.Reason {
	args = withoutEmpty(args)
	return verdict.Reason{Evidence: ids, Text: Of(code, args), Code: code, Args: args}
}

// Limit returns a limit, with its sentence.
func Limit(code string, args verdict.Args) verdict.Limit {
	args = withoutEmpty(args)
	return verdict.Limit{Coded: verdict.Coded{Code: code, Args: args}, Text: Of(code, args)}
}

// withoutEmpty takes out what is no argument: an empty text, and false.
func withoutEmpty(args verdict.Args) verdict.Args {
	for name, v := range args {
		if v == "" || v == false {
			delete(args, name)
		}
	}
	return args
}

// Names are the names of arguments.
type Names struct{ Required, Optional []string }

// ArgsOf returns which arguments the sentence of a code takes; ok is false where the
// code is not known.
func ArgsOf(code string) (names Names, ok bool) {
	s, known := compiled[code]
	return s.names(), known
}

// Codes returns the codes that have a sentence, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(compiled)) }
