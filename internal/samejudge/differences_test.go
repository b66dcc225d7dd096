package main

import (
	"slices"
	"testing"
)

// A changed result, number, id or length is a difference; other words and added
// fields are none.
func TestDifferences(t *testing.T) {
	const older = `{"verdicts":[{"result":"refuted","ratio":2.5,"because":[{"evidence":["e1"],"text":"so"}],"limits":["a"]}],"set_aside":[{"why":"x"}]}`
	for newer, want := range map[string][]string{
		older: nil,
		`{"verdicts":[{"result":"refuted","ratio":2.5,"because":[{"evidence":["e1"],"text":"thus","code":"c"}],"limits":["b","c"]}],"set_aside":[{"why":"y"}],"landings":[]}`: nil,
		`{"verdicts":[{"result":"disputed","ratio":2.5,"because":[{"evidence":["e1"],"text":"so"}],"limits":["a"]}],"set_aside":[]}`:                                          {".verdicts[0].result: refuted became disputed"},
		`{"verdicts":[{"result":"refuted","ratio":2.6,"because":[{"evidence":["e2"],"text":"so"}],"limits":["a"]}],"set_aside":[]}`:                                           {".verdicts[0].because[0].evidence[0]: e1 became e2", ".verdicts[0].ratio: 2.5 became 2.6"},
		`{"verdicts":[],"set_aside":[]}`: {".verdicts: a list of 1 became 0"},
		`{"set_aside":[]}`:               {".verdicts: a list of 1 became <nil>"},
	} {
		a, err := read([]byte(older))
		if err != nil {
			t.Fatal(err)
		}
		b, err := read([]byte(newer))
		if err != nil {
			t.Fatal(err)
		}
		if got := differences(a, b); !slices.Equal(got, want) {
			t.Errorf("%s\ndiffers by %q, want %q", newer, got, want)
		}
	}
}
