package verdict_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// producedCodes are the codes in what the tests of this package judged, and how often
// each was.
var producedCodes = struct {
	sync.Mutex
	times map[string]int
}{times: map[string]int{}}

// looksAt is how often the sentence of one code is looked at.
const looksAt = 100

// TestMain runs the tests. Where all of them ran, each code must have been produced.
func TestMain(m *testing.M) {
	status := m.Run()
	if chosen := flag.Lookup("test.run").Value.String() + flag.Lookup("test.skip").Value.String() + flag.Lookup("test.list").Value.String(); chosen == "" {
		for _, code := range sentence.Codes() {
			if producedCodes.times[code] == 0 {
				fmt.Printf("no test produces %s\n", code)
				status = 1
			}
		}
	}
	os.Exit(status)
}

// checkCodes checks that each reason and each limit is the sentence of its code with
// its arguments, as a program reads them.
func checkCodes(t fatal, doc *verdict.Document) {
	t.Helper()
	for _, v := range doc.Vantages {
		if (v.SetAside == "") != (v.SetAsideCode == "") || (v.Misplaced == "") != (v.MisplacedCode == "") {
			t.Fatalf("a vantage has a reason without a code, or a code without one: %+v", v)
		}
		checkSentence(t, v.SetAside, verdict.Coded{Code: v.SetAsideCode, Args: v.SetAsideArgs})
		checkSentence(t, v.Misplaced, verdict.Coded{Code: v.MisplacedCode, Args: v.MisplacedArgs})
	}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		for _, reason := range v.Because {
			checkSentence(t, reason.Text, verdict.Coded{Code: reason.Code, Args: reason.Args})
		}
		checkLimits(t, v.Limits, v.LimitCodes)
	}
	for _, c := range doc.Claims {
		checkLimits(t, c.Limits, c.LimitCodes)
	}
}

func checkLimits(t fatal, texts []string, codes []verdict.Coded) {
	t.Helper()
	if len(texts) != len(codes) {
		t.Fatalf("%d limits have %d codes: %q, %v", len(texts), len(codes), texts, codes)
	}
	for i, text := range texts {
		checkSentence(t, text, codes[i])
	}
}

func checkSentence(t fatal, text string, coded verdict.Coded) {
	t.Helper()
	if text == "" && coded.Code == "" {
		return
	}
	producedCodes.Lock()
	defer producedCodes.Unlock()
	if producedCodes.times[coded.Code]++; producedCodes.times[coded.Code] > looksAt {
		return
	}
	names, known := sentence.ArgsOf(coded.Code)
	if !known {
		t.Fatalf("%q has the code %q, which has no sentence", text, coded.Code)
	}
	for _, name := range names.Required {
		if _, given := coded.Args[name]; !given {
			t.Fatalf("%s lacks %s: %v", coded.Code, name, coded.Args)
		}
	}
	for name := range coded.Args {
		if !slices.Contains(names.Required, name) && !slices.Contains(names.Optional, name) {
			t.Fatalf("%s has %s, of which its sentence says nothing: %v", coded.Code, name, coded.Args)
		}
	}
	written, err := json.Marshal(coded)
	var read verdict.Coded
	if err != nil || json.Unmarshal(written, &read) != nil {
		t.Fatalf("%+v cannot be written and read: %v", coded, err)
	}
	if got := sentence.Of(read.Code, read.Args); got != text {
		t.Fatalf("%s is\n%q, and by what is read of it\n%q", written, text, got)
	}
}
