package evidence

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func read(t *testing.T, name, text string) *Bundle {
	t.Helper()
	b, err := ReadUsable(name, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const oneHeader = `{"schema":"landfall.evidence/v1","run":"one","tool":"t","started":"2026-11-22T07:00:00Z"}` + "\n"

const ownVantage = `{"kind":"vantage","id":"v1","lat":60.17,"lon":24.94,"network":"local"}
{"kind":"rtt","id":"e1","vantage":"v1","addr":"198.51.100.4","method":"tcp","min_ms":3}
`

// merged returns what a merge writes, in each order of the files, which must not
// matter.
func merged(t *testing.T, texts ...string) (*Bundle, string) {
	t.Helper()
	var first *Bundle
	var want string
	for turn := range texts {
		var parts []*Bundle
		for i := range texts {
			parts = append(parts, read(t, "file", texts[(i+turn)%len(texts)]))
		}
		b, err := Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := b.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		for _, a := range b.Aside {
			out.WriteString(a.String() + "\n")
		}
		if turn == 0 {
			first, want = b, out.String()
		} else if out.String() != want {
			t.Fatalf("the order of the files changes what is merged:\n%s\n%s", want, out.String())
		}
	}
	return first, want
}

// A second file of a run that speaks of the first one's vantages is not used,
// whatever it says of them.
func TestNoFileSpeaksForAnother(t *testing.T) {
	for name, second := range map[string]string{
		"RoundTrip": `{"kind":"rtt","id":"x","vantage":"v1","addr":"198.51.100.4","method":"tcp","min_ms":0.1}` + "\n",
		"Selfcheck": `{"kind":"selfcheck","id":"x","vantage":"v1","result":"failed"}` + "\n",
		"Unknown":   `{"kind":"of-next-year","id":"x","vantage":"v1"}` + "\n",
		"WithOwn": `{"kind":"vantage","id":"w","lat":1,"lon":1,"network":"local"}
{"kind":"rtt","id":"y","vantage":"w","addr":"198.51.100.4","method":"tcp","min_ms":0.1}
{"kind":"retrieval","id":"x","vantage":"v1","target":"s3://b","addr":"198.51.100.4","challenges":9}
`,
	} {
		b, text := merged(t, oneHeader+ownVantage, oneHeader+second)
		if len(b.Observations) != 2 || b.Observations[0].Common().ID != "v1" || len(b.Sources) != 0 || len(b.Aside) != 1 || !strings.Contains(b.Aside[0].Reason, "no file speaks for the vantages of another") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Files of one run that each stand by themselves stay apart, and neither takes
// the other's ids.
func TestFilesOfOneRun(t *testing.T) {
	other := strings.ReplaceAll(ownVantage, "198.51.100.4", "198.51.100.5")
	b, text := merged(t, oneHeader+ownVantage, oneHeader+other)
	if len(b.Sources) != 2 || len(b.Observations) != 4 || b.Sources[0].Name == b.Sources[1].Name || !strings.HasPrefix(b.Sources[0].Name, "one~") {
		t.Errorf("%d sources: %s", len(b.Sources), text)
	}
	b, text = merged(t, oneHeader+ownVantage, oneHeader+ownVantage)
	if len(b.Sources) != 0 || len(b.Observations) != 2 {
		t.Errorf("one file given twice: %s", text)
	}
	newer := strings.Replace(oneHeader, "2026-11-22", "2026-11-23", 1)
	if b, text = merged(t, oneHeader+ownVantage, newer+ownVantage); len(b.Sources) != 2 {
		t.Errorf("two headers: %s", text)
	}
}

// A file without an observation changes nothing, whatever its header says.
func TestHeaderAlone(t *testing.T) {
	b, text := merged(t, oneHeader+ownVantage, strings.Replace(strings.Replace(oneHeader, "one", "000", 1), "2026", "2019", 1))
	if b.Header.Run != "one" || b.Observations[0].Common().ID != "v1" || len(b.Aside) != 1 {
		t.Errorf("%+v %s", b.Header, text)
	}
}

func TestRunNames(t *testing.T) {
	for _, run := range []string{"", "one/v1", "a b", "one\\u0000", strings.Repeat("x", 300), "../up"} {
		text := strings.Replace(oneHeader, `"one"`, `"`+run+`"`, 1) + ownVantage
		if _, err := ReadUsable("named", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "named:1: ") {
			t.Errorf("%q: %v", run, err)
		}
	}
}

// One bad line costs itself: the others are read, and it is named.
func TestBadLineCostsItself(t *testing.T) {
	addr := `"addr":"198.51.100.4","method":"tcp"`
	for name, line := range map[string]string{
		"Denormal":     `{"kind":"rtt","id":"x","vantage":"v1",` + addr + `,"min_ms":5e-324}`,
		"BelowSamples": `{"kind":"rtt","id":"x","vantage":"v1",` + addr + `,"min_ms":2,"samples_ms":[3,4]}`,
		"AllLost":      `{"kind":"rtt","id":"x","vantage":"v1",` + addr + `,"min_ms":2,"sent":3,"lost":3}`,
		"NotJSON":      `{"kind":`,
		"TooLong":      `{"kind":"rtt","id":"` + strings.Repeat("x", maxLineBytes) + `"}`,
		"ForeignRange": `{"kind":"range","id":"x","addr":"198.51.100.4","prefix":"203.0.113.0/24","provider":"aws","source":"x"}`,
		"Nobody":       `{"kind":"rtt","id":"x","vantage":"v1",` + addr + `,"min_ms":2,"authenticated":{"server_name":"","how":"tls"}}`,
		"NoWay":        `{"kind":"rtt","id":"x","vantage":"v1",` + addr + `,"min_ms":2,"authenticated":{"server_name":"a.example","how":"tcp"}}`,
	} {
		b := read(t, "bad.jsonl", oneHeader+line+"\n"+ownVantage)
		if len(b.Observations) != 2 || len(b.Aside) != 1 || b.Aside[0].Line != 2 || b.Aside[0].File != "bad.jsonl" || len(b.Aside[0].Reason) > 300 {
			t.Errorf("%s: %d lines, %v", name, len(b.Observations), b.Aside)
		}
	}
}

func TestRangeHoldsItsAddress(t *testing.T) {
	for prefix, ok := range map[string]bool{"198.51.100.0/24": true, "198.51.100.4/32": true, "198.51.101.0/24": false, "2001:db8::/32": false} {
		r := &Range{Meta: Meta{Kind: KindRange, ID: "x"}, Addr: netip.MustParseAddr("::ffff:198.51.100.4"), Prefix: netip.MustParsePrefix(prefix)}
		if got := Validate(r); (got == nil) != ok {
			t.Errorf("%s: %v", prefix, got)
		}
	}
}
