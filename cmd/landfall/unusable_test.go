package main

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// twoCities is evidence that refutes a claim about China: two vantages, nothing to
// complain of.
func twoCities() string {
	frankfurt, paris := spot{50.11, 8.68}, spot{48.86, 2.35}
	return evidenceText("GOOD", resolvedText, vantageText("fra", "local", frankfurt, ""), vantageText("par", "local", paris, ""), replyText("e1", "fra", "203.0.113.7", 5), replyText("e2", "par", "203.0.113.7", 9))
}

const allowChina = "allow: [CN]"

// No line stops the rest: one that cannot be used is named with its file and line,
// on standard error and in the document, the others are judged, and the status is 3.
func TestUnusableLines(t *testing.T) {
	good := twoCities()
	lines := strings.Count(good, "\n")
	for name, c := range map[string]struct{ line, reason string }{
		"shorter than anything": {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","port":443,"method":"tcp","min_ms":5e-324}`, "min_ms"},
		"below all samples":     {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","port":443,"method":"tcp","sent":2,"min_ms":1,"samples_ms":[4,5]}`, "min_ms"},
		"all lost":              {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","port":443,"method":"tcp","sent":3,"lost":3,"min_ms":1}`, "lost"},
		"more lost than sent":   {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","port":443,"method":"tcp","sent":3,"lost":4,"min_ms":1}`, "lost"},
		"negative":              {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","port":443,"method":"tcp","min_ms":-1}`, "min_ms"},
		"no number":             {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","method":"tcp","min_ms":NaN}`, "JSON"},
		"beyond numbers":        {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.7","method":"tcp","min_ms":1e999}`, "min_ms"},
		"no address":            {`{"kind":"rtt","id":"x","vantage":"fra","addr":"203.0.113.700","method":"tcp","min_ms":1}`, "203.0.113.700"},
		"no object":             {`[1,2]`, "JSON"},
		"a range beside it":     {`{"kind":"range","id":"x","addr":"203.0.113.7","prefix":"198.51.100.0/24","provider":"aws","region":"cn-north-1","source":"ip-ranges.json"}`, "prefix"},
		"a place off the globe": {`{"kind":"vantage","id":"x","lat":91,"lon":0,"network":"local"}`, "lat"},
		"a name that acts":      {`{"kind":"vantage","id":"x","name":"\u0007","lat":1,"lon":0,"network":"local"}`, "U+0007"},
	} {
		for _, alone := range []bool{true, false} {
			files := []namedText{{"bad.jsonl", good + c.line + "\n"}}
			if !alone {
				files = []namedText{{"bad.jsonl", evidenceText("BAD", c.line)}, {"good.jsonl", good}}
			}
			got := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), files)
			at := map[bool]string{true: "bad.jsonl:" + strconv.Itoa(lines+1), false: "bad.jsonl:2"}[alone]
			if got.status != exitIncomplete || !strings.Contains(got.said, at+": set aside: ") || !strings.Contains(got.said, c.reason) {
				t.Errorf("%s: status %d, want %d and %q, %q: %s", name, got.status, exitIncomplete, at, c.reason, got.said)
				continue
			}
			if i := slices.IndexFunc(got.doc.SetAside, func(a evidence.Aside) bool { return a.Line > 0 }); i < 0 || !strings.Contains(got.doc.SetAside[i].Reason, c.reason) {
				t.Errorf("%s: %+v", name, got.doc.SetAside)
			}
			if v := got.of(t, "allow-cn"); v.Result != verdict.Refuted {
				t.Errorf("%s: the others are judged as %s: %q", name, v.Result, v.Limits)
			}
		}
	}
}

// A file that cannot be used costs itself, whatever is in it and wherever it stands
// among the others, and the bytes do not depend on that.
func TestUnusableFiles(t *testing.T) {
	good := namedText{"good.jsonl", twoCities()}
	want := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), []namedText{good}).of(t, "allow-cn").Result
	bad := map[string]string{
		"empty.jsonl":    "",
		"text.jsonl":     "hello\nworld\n",
		"verdicts.jsonl": `{"schema":"landfall.verdicts/v1","run":{"run":"r"}}` + "\n",
		"slash.jsonl":    strings.Replace(twoCities(), `"GOOD"`, `"GOOD/fra"`, 1),
		"up.jsonl":       strings.Replace(twoCities(), `"GOOD"`, `"../GOOD"`, 1),
		"control.jsonl":  strings.Replace(twoCities(), `"GOOD"`, `"a\u001b[2Jb"`, 1),
		"nameless.jsonl": strings.Replace(twoCities(), `"GOOD"`, `""`, 1),
		"old.jsonl":      strings.Replace(twoCities(), "evidence/v1", "evidence/v9", 1),
	}
	for name, text := range bad {
		files := []namedText{{name, text}, good, {"again-" + name, text}}
		got := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), files)
		if got.status != exitIncomplete || !strings.Contains(got.said, name) || got.doc == nil {
			t.Errorf("%s: status %d, want %d: %s", name, got.status, exitIncomplete, got.said)
			continue
		}
		if strings.ContainsAny(got.said, "\x1b") || len(got.doc.SetAside) == 0 {
			t.Errorf("%s: %q, set aside %+v", name, got.said, got.doc.SetAside)
		}
		if v := got.of(t, "allow-cn"); v.Result != want {
			t.Errorf("%s: the others are judged as %s", name, v.Result)
		}
		slices.Reverse(files)
		if again := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), files); !bytes.Equal(again.text, got.text) {
			t.Errorf("%s: the order of the files changes the verdicts", name)
		}
		if alone := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), files[:1]); alone.status != exitUsage {
			t.Errorf("%s alone: status %d, want %d: %s", name, alone.status, exitUsage, alone.said)
		}
	}
}

// Files in any order give the same bytes: of several runs, two of one run that are
// alike in part or not at all, and with lines that are set aside.
func TestOrderOfFiles(t *testing.T) {
	good := twoCities()
	head, _, _ := strings.Cut(good, "\n")
	tokyo := evidenceText("TOKYO", vantageText("tyo", "local", spot{35.68, 139.69}, ""), replyText("e1", "tyo", "203.0.113.7", 230))
	files := []namedText{
		{"a.jsonl", good}, {"b.jsonl", tokyo}, {"c.jsonl", good},
		{"part.jsonl", head + "\n" + resolvedText + "\n"},
		{"other.jsonl", strings.Replace(good, `"tool":"t"`, `"tool":"another"`, 1)},
		{"more.jsonl", head + "\n" + replyText("new", "fra", "203.0.113.7", 0.5) + "\n"},
		{"worse.jsonl", evidenceText("WORSE", `{"kind":"rtt","id":"x","vantage":"v","addr":"203.0.113.7","method":"tcp","min_ms":-1}`)},
	}
	var first judgedFiles
	for turn := range files {
		turned := slices.Concat(files[turn:], files[:turn])
		if turn%2 == 1 {
			slices.Reverse(turned)
		}
		got := judgeTexts(t, claimsOf("host: sync.example.com", allowChina, "deny: [JP]", "allow: [EU]"), turned)
		if turn == 0 {
			first = got
			if v := got.of(t, "allow-cn"); v.Result != verdict.Refuted {
				t.Errorf("%s, %q: %s", v.Result, v.Limits, got.said)
			}
			continue
		}
		if !bytes.Equal(got.text, first.text) || got.status != first.status {
			t.Fatalf("turned by %d: other bytes\n%s\n%s", turn, first.text, got.text)
		}
	}
}

// Replies further apart than --window carry no verdict together, and the newest
// decide.
func TestWindowFlag(t *testing.T) {
	dayLater := strings.Replace(twoCities(), `"at":"2026-11-22T07:00:01Z","addr":"203.0.113.7","port":443,"method":"tcp","min_ms":9`, `"at":"2026-11-23T07:00:01Z","addr":"203.0.113.7","port":443,"method":"tcp","min_ms":9`, 1)
	far := strings.NewReplacer("2026-11-22T07:00:01Z", "2026-11-29T07:00:01Z", "5.000", "150", "9.000", "150", `"GOOD"`, `"LATER"`).Replace(twoCities())
	for name, c := range map[string]struct {
		text   []string
		args   []string
		result verdict.Result
	}{
		"one time":             {[]string{twoCities()}, nil, verdict.Refuted},
		"a day apart":          {[]string{dayLater}, nil, verdict.Refuted},
		"a day, within a day":  {[]string{dayLater}, []string{"--window", "24h"}, verdict.Refuted},
		"a day, within hours":  {[]string{dayLater}, []string{"--window", "23h59m"}, verdict.Disputed},
		"a week later it is":   {[]string{twoCities(), far}, nil, verdict.Inconclusive},
		"a week, within weeks": {[]string{twoCities(), far}, []string{"--window", "200h"}, verdict.Refuted},
	} {
		if strings.Contains(name, "day") && dayLater == twoCities() || strings.Contains(name, "week") && !strings.Contains(far, "150") {
			t.Fatal("the files are alike")
		}
		var files []namedText
		for i, text := range c.text {
			files = append(files, namedText{strconv.Itoa(i) + ".jsonl", text})
		}
		got := judgeTexts(t, claimsOf("host: sync.example.com", allowChina), files, c.args...)
		if v := got.of(t, "allow-cn"); v.Result != c.result {
			t.Errorf("%s: %s, want %s; held back by %q, measured %+v", name, v.Result, c.result, heldBackBy(v), v.Measured)
		}
	}
}
