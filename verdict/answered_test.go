package verdict_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// Which replies carry a verdict on a port that has a name: by who gave them.
func TestWhoAnswered(t *testing.T) {
	const refused = `{"kind":"error","vantage":"fra","probe":"tls","target":"203.0.113.7:443 api.example.com","error":"refused","class":"refused"}`
	for name, c := range map[string]struct {
		seen    []string
		claim   string // "" is allow: [CN]
		result  verdict.Result
		assumes []string
		why     []string // codes of what holds it back
	}{
		"by its key":                        {seen: []string{"at fra 5", "at par 12"}, result: verdict.Refuted},
		"without TLS":                       {seen: []string{"tcp fra 5", "tcp par 12"}, result: verdict.Refuted, assumes: []string{"no-interception"}},
		"by its port, and it speaks TLS":    {seen: []string{"tcp fra 5", "tcp par 12", "tls fra"}, result: verdict.Disputed, assumes: []string{"no-interception"}, why: []string{verdict.CodeTransportOnly, verdict.CodeUntrustedCertificate}},
		"by its port, and TLS is refused":   {seen: []string{"tcp fra 5", "tcp par 12", refused}, result: verdict.Disputed, assumes: []string{"no-interception"}, why: []string{verdict.CodeTransportOnly, verdict.CodeTLSFailed}},
		"its key is far":                    {seen: []string{"tcp fra 1", "tcp par 1", "at fra 180", "at par 180"}, result: verdict.Inconclusive},
		"its key is far, for one of two":    {seen: []string{"tcp fra 1", "tcp par 9", "at fra 180"}, result: verdict.Disputed, assumes: []string{"no-interception"}, why: []string{verdict.CodeOneVantage, verdict.CodeTransportOnly}},
		"by pings alone":                    {seen: []string{"ping fra 5", "ping par 12"}, result: verdict.Disputed, assumes: []string{"no-interception"}, why: []string{verdict.CodePingOnly}},
		"pings are near, connections far":   {seen: []string{"ping fra 1", "ping par 1", "tcp fra 180", "tcp par 180"}, result: verdict.Inconclusive},
		"another port is near":              {seen: []string{"other fra 1", "other par 1", "tcp fra 180", "tcp par 180"}, result: verdict.Inconclusive},
		"another port alone":                {seen: []string{"other fra 1", "other par 1"}, result: verdict.NotTested},
		"another's key":                     {seen: []string{"another fra 1", "another par 1"}, result: verdict.NotTested},
		"pings prove nothing of a port":     {seen: []string{"ping fra 5", "ping par 12"}, claim: "deny: [CN]", result: verdict.Consistent, assumes: []string{"one-host", "no-interception"}, why: []string{verdict.CodePingOnly}},
		"one, by a landmark":                {seen: []string{"at fra 5", "landmark fra 0.2"}, result: verdict.Refuted},
		"one, by a landmark, without keys":  {seen: []string{"tcp fra 5", "landmark fra 0.2"}, result: verdict.Disputed, assumes: []string{"no-interception"}, why: []string{verdict.CodeOneVantage}},
		"one, whose check is said to pass":  {seen: []string{"at fra 5", "passed fra"}, result: verdict.Disputed, why: []string{verdict.CodeOneVantage}},
		"one by a landmark, others far off": {seen: []string{"at fra 2", "landmark fra 0.2", "at tyo 2"}, claim: "allow: [JP]", result: verdict.Disputed, why: []string{verdict.CodeOneVantage}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.claim == "" {
				c.claim = "allow: [CN]"
			}
			s := story{name: "who", claim: c.claim + "\nstate: processing\ncovers: [metadata]", seen: c.seen}
			v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
			var why []string
			if v.HeldBack != nil {
				why = v.HeldBack.Why
			}
			if v.Result != c.result || !slices.Equal(v.Assumes, c.assumes) || !slices.Equal(why, c.why) {
				t.Errorf("%s, assumes %v, held back by %v; want %s, %v, %v: %+v %q", v.Result, v.Assumes, why, c.result, c.assumes, c.why, v.Because, v.Limits)
			}
		})
	}
}

// file is evidence of one vantage or several, as one file.
func file(run string, lines ...string) string {
	return fmt.Sprintf(`{"schema":"landfall.evidence/v1","run":%q,"tool":"t","started":"2026-11-22T07:00:00Z"}`, run) + "\n" + strings.Join(lines, "\n") + "\n"
}

func vantageLine(id, city, more string) string {
	return fmt.Sprintf(`{"kind":"vantage","id":%q,"name":%q,"radius_km":5,"network":"local",%s%s}`, id, city, place(city), more)
}

func keyedReply(id, vantage, ms string) string {
	return fmt.Sprintf(`{"kind":"rtt","id":%q,"vantage":%q,"addr":"203.0.113.7","port":443,"method":"tls","min_ms":%s,"authenticated":{"server_name":"api.example.com","how":"tls"}}`, id, vantage, ms)
}

const answerLine = `{"kind":"dns","id":"d","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"]}`

// mergedVerdicts judges files together, in each order, which must not matter.
func mergedVerdicts(t fatal, claim string, files ...string) *verdict.Document {
	s := story{name: "merged", claim: claim + "\nstate: processing\ncovers: [metadata]"}
	var first *verdict.Document
	var bytesOf []byte
	for turn := range files {
		var bundles []*evidence.Bundle
		for i := range files {
			b, err := evidence.ReadUsable("file", strings.NewReader(files[(i+turn)%len(files)]))
			if err != nil {
				t.Fatal(err)
			}
			bundles = append(bundles, b)
		}
		b, err := evidence.Merge(bundles...)
		if err != nil {
			t.Fatal(err)
		}
		doc := judged(t, b, s.sheetOf(t))
		var out bytes.Buffer
		if _, err := doc.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		if turn == 0 {
			first, bytesOf = doc, out.Bytes()
		} else if !bytes.Equal(bytesOf, out.Bytes()) {
			t.Fatalf("the order of the files changes the verdicts:\n%s", firstDifference(string(bytesOf), out.String()))
		}
	}
	return first
}

// One machine is one vantage, however many files carry it; and no file overturns
// what others saw.
func TestSuppliers(t *testing.T) {
	fra, par := vantageLine("v1", "fra", ""), vantageLine("v1", "par", "")
	inEurope := []string{file("A", fra, answerLine, keyedReply("e1", "v1", "5")), file("B", par, answerLine, keyedReply("e1", "v1", "12"))}
	both := file("C", fra, vantageLine("v2", "par", ""), answerLine, keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4"))
	inAsia := file("D", vantageLine("v1", "tyo", ""), vantageLine("v2", "osa", ""), keyedReply("e1", "v1", "0.5"), keyedReply("e2", "v2", "4"))
	for name, c := range map[string]struct {
		claim  string
		files  []string
		result verdict.Result
		code   string
	}{
		"two places":                        {"allow: [CN]", inEurope, verdict.Refuted, ""},
		"one place, two nights":             {"allow: [CN]", []string{inEurope[0], file("N", fra, answerLine, keyedReply("e1", "v1", "5"))}, verdict.Disputed, verdict.CodeOneVantage},
		"one place, two networks":           {"allow: [CN]", []string{file("A", vantageLine("v1", "fra", `,"asn":64500`), answerLine, keyedReply("e1", "v1", "5")), file("N", vantageLine("v1", "fra", `,"asn":64501`), answerLine, keyedReply("e1", "v1", "5"))}, verdict.Refuted, ""},
		"one machine that moved":            {"allow: [CN]", []string{file("A", vantageLine("v1", "fra", `,"machine":"m"`), answerLine, keyedReply("e1", "v1", "5")), file("N", vantageLine("v1", "par", `,"machine":"m"`), answerLine, keyedReply("e1", "v1", "5"))}, verdict.Disputed, verdict.CodeOneVantage},
		"two machines in one place":         {"allow: [CN]", []string{file("A", vantageLine("v1", "fra", `,"machine":"m"`), answerLine, keyedReply("e1", "v1", "5")), file("N", vantageLine("v1", "fra", `,"machine":"n"`), answerLine, keyedReply("e1", "v1", "5"))}, verdict.Refuted, ""},
		"one supplier alone":                {"allow: [CN]", []string{both}, verdict.Refuted, ""},
		"one against another":               {"allow: [DE, FR, BE, NL, LU, CH, GB]", []string{both, inAsia}, verdict.Disputed, verdict.CodeOneSupplier},
		"an honest file beside it":          {"allow: [CN]", []string{both, file("E", vantageLine("v1", "ber", ""), keyedReply("e1", "v1", "9"))}, verdict.Refuted, ""},
		"a file that tells of another name": {"allow: [CN]", append(slices.Clone(inEurope), file("F", vantageLine("v1", "lon", ""), strings.Replace(answerLine, "api", "www", 1))), verdict.Refuted, ""},
		"an address of one file alone":      {"allow: [CN]", append(slices.Clone(inEurope), file("G", vantageLine("v1", "tyo", ""), vantageLine("v2", "osa", ""), strings.Replace(answerLine, ".7", ".9", 1), strings.Replace(keyedReply("e1", "v1", "0.5"), ".7", ".9", 1), strings.Replace(keyedReply("e2", "v2", "4"), ".7", ".9", 1))), verdict.Disputed, verdict.CodeAddressByOneSupplier},
	} {
		t.Run(name, func(t *testing.T) {
			doc := mergedVerdicts(t, c.claim, c.files...)
			v := doc.Verdicts[len(doc.Verdicts)-1]
			why := []string{""}
			if v.HeldBack != nil {
				why = v.HeldBack.Why
			}
			if v.Result != c.result || !slices.Contains(why, c.code) {
				t.Errorf("%s, held back by %v; want %s, %q: %+v", v.Result, why, c.result, c.code, v.Because)
			}
		})
	}
}

// Replies months apart carry nothing together: the newest decide, and the claim is
// judged as of their day, whatever a header says.
func TestWindow(t *testing.T) {
	at := func(line, day string) string {
		return strings.Replace(line, `{"kind"`, `{"at":"`+day+`T08:00:00Z","kind"`, 1)
	}
	fra, par := vantageLine("v1", "fra", ""), vantageLine("v2", "par", "")
	near := []string{at(keyedReply("e1", "v1", "0.6"), "2026-01-10"), at(keyedReply("e2", "v2", "4"), "2026-01-10")}
	far := []string{at(keyedReply("e3", "v1", "150"), "2026-11-20"), at(keyedReply("e4", "v2", "150"), "2026-11-21")}
	for name, c := range map[string]struct {
		lines  []string
		result verdict.Result
		from   string
	}{
		"January":  {near, verdict.Refuted, "2026-01-10T08:00:00Z"},
		"November": {far, verdict.Inconclusive, ""},
		"both":     {slices.Concat(near, far), verdict.Inconclusive, ""},
		"apart":    {[]string{near[0], at(keyedReply("e2", "v2", "4"), "2026-01-20")}, verdict.Disputed, "2026-01-20T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			text := file("A", slices.Concat([]string{fra, par, at(answerLine, "2026-01-10")}, c.lines)...)
			v := mergedVerdicts(t, "allow: [CN]", text).Verdicts[0]
			from := ""
			if v.Measured != nil {
				from = v.Measured.From
			}
			if v.Result != c.result || from != c.from {
				t.Errorf("%s, measured from %q; want %s, %q", v.Result, from, c.result, c.from)
			}
			other := mergedVerdicts(t, "allow: [CN]", text, file("0", `{"kind":"page","id":"p","url":"https://example.com/","status":200,"at":"2019-06-01T00:00:00Z"}`))
			if got := other.Verdicts[0]; got.Result != v.Result {
				t.Errorf("beside a file of 2019 it is %s", got.Result)
			}
		})
	}
	for claim, want := range map[string]verdict.Result{"allow: [CN]\nsince: 2026-01-11": verdict.NotTested, "allow: [CN]\nuntil: 2026-02-01": verdict.Refuted, "allow: [CN]\nuntil: 2026-01-01": verdict.NotTested} {
		text := file("A", slices.Concat([]string{fra, par, at(answerLine, "2026-01-10")}, near)...)
		if got := mergedVerdicts(t, claim, text).Claims[0].Result; got != want {
			t.Errorf("%q is %s, want %s", claim, got, want)
		}
	}
}

// Files in any order give the same bytes, those of one run included, and a file
// that is added never turns one conclusive result into the opposite.
func TestNoFileOverturns(t *testing.T) {
	opposite := map[verdict.Result]verdict.Result{verdict.Refuted: verdict.Proven, verdict.Proven: verdict.Refuted}
	cities := []string{"fra", "ber", "par", "lon", "tyo", "osa", "pek"}
	rapid.Check(t, func(t *rapid.T) {
		drawFile := func(name string) string {
			lines := []string{answerLine}
			for i := range rapid.IntRange(1, 4).Draw(t, "vantages") {
				city := rapid.SampledFrom(cities).Draw(t, "city")
				lines = append(lines, vantageLine(fmt.Sprintf("v%d", i), city, ""),
					keyedReply(fmt.Sprintf("e%d", i), fmt.Sprintf("v%d", i), rapid.SampledFrom([]string{"0.3", "2", "4", "9", "30", "200"}).Draw(t, "ms")))
			}
			return file(name, lines...)
		}
		claim := rapid.SampledFrom([]string{"allow: [EU, GB]", "deny: [JP]", "allow: [JP]", "allow: [CN]"}).Draw(t, "claim")
		own := drawFile("own")
		alone := mergedVerdicts(t, claim, own).Verdicts[0].Result
		added := drawFile(rapid.SampledFrom([]string{"own", "other"}).Draw(t, "run"))
		if got := mergedVerdicts(t, claim, own, added).Verdicts[0].Result; opposite[alone] != "" && got == opposite[alone] {
			t.Fatalf("%s became %s", alone, got)
		}
	})
}
