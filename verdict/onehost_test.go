package verdict_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// A proof that no two vantages carry by themselves stands where something speaks for
// one host, and no other result asks for it.
func TestOneHost(t *testing.T) {
	// Each is too far to tell, and no place in Russia or Ireland is within reach of all.
	seen := []string{"at fra 10", "at par 8", "at lon 9", "at ber 6"}
	with := func(more ...string) []string { return slices.Concat(seen, more) }
	through := func(router string, from ...string) []string {
		out := slices.Clone(seen)
		for _, v := range from {
			out = append(out, fmt.Sprintf(`{"kind":"trace","vantage":%q,"addr":"203.0.113.7","port":443,"method":"tcp","reached":true,"hops":[{"ttl":5,"addr":%q,"rtt_ms":[9]},{"ttl":6,"addr":"203.0.113.7","rtt_ms":[9]}]}`, v, router))
		}
		return out
	}
	for name, c := range map[string]struct {
		claim, host string
		seen        []string
		want        verdict.Result
		code        string
	}{
		"nothing speaks for it":           {"deny: [RU, IE]", "", seen, verdict.Consistent, verdict.CodeOneHostNotShown},
		"two by themselves":               {"deny: [JP]", "", with("at tyo 240", "at osa 245"), verdict.Proven, ""},
		"a refutation does without":       {"allow: [JP]", "", with("at tyo 240"), verdict.Refuted, ""},
		"a range of a region":             {"deny: [RU, IE]", "", with("range aws eu-central-1"), verdict.Proven, verdict.CodeOneHostByRange},
		"a range of a region elsewhere":   {"deny: [RU, IE]", "", with("range aws ap-northeast-1"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"a range of no region":            {"deny: [RU, IE]", "", with("range aws GLOBAL"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"a database":                      {"deny: [RU, IE]", "", with("db DE"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"a name of a region":              {"deny: [RU, IE]", "s3.eu-central-1.amazonaws.com", seen, verdict.Proven, verdict.CodeOneHostByName},
		"a name of a region elsewhere":    {"deny: [RU, IE]", "s3.ap-northeast-1.amazonaws.com", seen, verdict.Consistent, verdict.CodeOneHostNotShown},
		"a name and a range differ":       {"deny: [RU, IE]", "s3.eu-central-1.amazonaws.com", with("range aws eu-west-3"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"one router":                      {"deny: [RU, IE]", "", through("192.0.9.1", "fra", "par", "lon", "ber"), verdict.Proven, verdict.CodeOneHostByRouter},
		"one router, but for one vantage": {"deny: [RU, IE]", "", through("192.0.9.1", "fra", "par", "lon"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"an address that every house has": {"deny: [RU, IE]", "", through("192.168.0.1", "fra", "par", "lon", "ber"), verdict.Consistent, verdict.CodeOneHostNotShown},
		"an edge network":                 {"deny: [RU, IE]", "", with(`{"kind":"range","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"example","edge":true,"source":"ranges.json"}`, "range aws eu-central-1"), verdict.Consistent, verdict.CodeManyHosts},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: "one host", claim: c.claim + "\ncovers: [metadata]", seen: c.seen}
			if c.host != "" {
				s.endpoint = fmt.Sprintf("host: %q", c.host)
				s.seen = append(slices.Clone(c.seen), "no dns", fmt.Sprintf(`{"kind":"dns","vantage":"fra","name":%q,"type":"A","rcode":"NOERROR","answers":["203.0.113.7"],"ecs_scope":"0.0.0.0/0","countries_asked":200}`, c.host))
			}
			v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
			said := slices.ContainsFunc(v.Because, func(r verdict.Reason) bool { return r.Code == c.code }) || v.HeldBack != nil && slices.Contains(v.HeldBack.Why, c.code)
			if v.Result != c.want || c.code != "" && !said {
				t.Errorf("%s, held back %+v, because %+v; want %s by %q", v.Result, v.HeldBack, v.Because, c.want, c.code)
			}
			if v.Result == verdict.Proven && v.Survives.Assumptions == nil {
				t.Errorf("what it takes for granted is not counted: %+v", v.Survives)
			}
		})
	}
}

// withRanges returns the set with the range of its region that AWS publishes for each
// host whose name begins with one; no bundle where none does.
func (s labelledSet) withRanges() labelledSet {
	header := s.Bundle.Header
	header.Data = append(slices.Clone(header.Data), evidence.DataSet{Name: "ip-ranges.json"})
	b := &evidence.Bundle{Header: header, Observations: slices.Clone(s.Bundle.Observations)}
	for addr, place := range s.Places {
		region, _, _ := strings.Cut(place.Name, " ")
		if _, known := providers.LookupRegion("aws", region); known {
			b.Observations = append(b.Observations, &evidence.Range{
				Meta: evidence.Meta{Kind: evidence.KindRange, ID: "range " + addr.String()}, Addr: addr,
				Prefix: netip.PrefixFrom(addr, addr.BitLen()), Provider: "aws", Region: region, Source: "ip-ranges.json",
			})
		}
	}
	if len(b.Observations) == len(s.Bundle.Observations) {
		return labelledSet{&verdicttest.Set{}}
	}
	return labelledSet{&verdicttest.Set{Sheets: s.Sheets, Truths: s.Truths, Places: s.Places, Bundle: b}}
}

// hiddenAnycast draws runs of so many vantages, of which each is in a network of its
// own, from a labelled set.
func hiddenAnycast(set labelledSet, vantages int) (verdicttest.Score, error) {
	var all verdicttest.Score
	for seed := range uint64(10) {
		run := set.Draw(vantages, 50, evidence.NetworkGlobalping, seed)
		score, err := run.Score(run.Bundle)
		if err != nil {
			return all, err
		}
		all.Add(score)
	}
	return all, nil
}

// BenchmarkHiddenAnycast prints what so few vantages prove that addresses which many
// hosts share look like those of one, and what would be proven if nothing had to
// speak for one host. Hosts of a cloud are also judged with the published ranges of
// their regions:
//
//	go test ./verdict -run '^$' -bench HiddenAnycast -benchtime 1x
func BenchmarkHiddenAnycast(b *testing.B) {
	for _, folder := range labelledFolders() {
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		sets := map[string]labelledSet{"": set}
		if ranged := set.withRanges(); ranged.Bundle != nil {
			sets["/ranges"] = ranged
		}
		for name, set := range sets {
			for _, vantages := range []int{5, 10, 20} {
				b.Run(fmt.Sprintf("%s%s/%d", filepath.Base(folder), name, vantages), func(b *testing.B) {
					var s verdicttest.Score
					for b.Loop() {
						if s, err = hiddenAnycast(set, vantages); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(s.TrueRefuted), "true-refuted")
					b.ReportMetric(float64(s.FalseProven), "false-proven")
					b.ReportMetric(float64(s.FalseOfOneHost), "false-of-one-host")
					b.ReportMetric(percent(s.TrueProven, s.TrueClaims), "%true-proven")
					b.ReportMetric(percent(s.TrueOfOneHost, s.TrueClaims), "%true-of-one-host")
				})
			}
		}
	}
}

// What speaks for one host is held to the rules on who may say what, when, and of
// which port; a claim about what Frankfurt and Dublin share is not proven by it.
func TestWhatSpeaksForOneHost(t *testing.T) {
	lines := func() []string {
		return []string{vantageLine("v1", "fra", ""), vantageLine("v2", "ber", ""), vantageLine("v3", "par", ""), vantageLine("v4", "lon", ""), wideAnswer,
			at("2026-11-22", keyedReply("e1", "v1", "10")), at("2026-11-22", keyedReply("e2", "v2", "6")), at("2026-11-22", keyedReply("e3", "v3", "8")), at("2026-11-22", keyedReply("e4", "v4", "9"))}
	}
	traces := func(change ...string) (out []string) {
		for i := range 4 {
			line := at("2026-11-22", traceLine(fmt.Sprintf("t%d", i), fmt.Sprintf("v%d", i+1), "192.0.9.1"))
			out = append(out, strings.NewReplacer(append(change, `"rtt_ms":[1]`, `"rtt_ms":[9]`)...).Replace(line))
		}
		return out
	}
	ranged := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(`{"kind":"range","id":"g1","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"aws","region":"eu-central-1","source":"ranges.json"}`)
	}
	with := func(run string, lines ...string) string {
		return strings.Replace(file(run, lines...), `"started"`, `"data":[{"name":"ranges.json"}],"started"`, 1)
	}
	for name, c := range map[string]struct {
		files []string
		want  verdict.Result
	}{
		"its own range":                   {[]string{with("A", append(lines(), ranged())...)}, verdict.Proven},
		"a stranger's range":              {[]string{with("A", lines()...), with("X", ranged())}, verdict.Consistent},
		"a range of the same run":         {[]string{with("A", lines()...), with("A", ranged())}, verdict.Consistent},
		"a range of two regions":          {[]string{with("A", append(lines(), ranged(), ranged("g1", "g2", "eu-central-1", "eu-west-1"))...)}, verdict.Consistent},
		"of two regions, the other first": {[]string{with("A", append(lines(), ranged("g1", "g0", "eu-central-1", "eu-west-1"), ranged())...)}, verdict.Consistent},
		"a range of no published file":    {[]string{file("A", append(lines(), ranged())...)}, verdict.Consistent},
		"a range of ten years ago":        {[]string{with("A", append(lines(), ranged(`"source"`, `"published":"2016-01-01","source"`))...)}, verdict.Consistent},
		"a range of everything":           {[]string{with("A", append(lines(), ranged("203.0.113.0/24", "0.0.0.0/0"))...)}, verdict.Consistent},
		"its own traces":                  {[]string{with("A", append(lines(), traces()...)...)}, verdict.Proven},
		"traces of another port":          {[]string{with("A", append(lines(), traces(`"port":443`, `"port":22`)...)...)}, verdict.Consistent},
		"traces of another year":          {[]string{with("A", append(lines(), traces("2026-11-22", "2025-11-22")...)...)}, verdict.Consistent},
		"a gateway of the target's":       {[]string{with("A", append(lines(), traces("192.0.9.1", "203.0.113.1")...)...)}, verdict.Consistent},
		"a reserved address":              {[]string{with("A", append(lines(), traces("192.0.9.1", "241.0.9.1")...)...)}, verdict.Consistent},
		"a router in four cities":         {[]string{with("A", append(lines(), traces(`"rtt_ms":[1]`, `"rtt_ms":[0.3]`)...)...)}, verdict.Consistent},
		"the target twice":                {[]string{with("A", append(lines(), traces(`{"ttl":1,"addr":"192.0.8.1"`, `{"ttl":3,"addr":"203.0.113.7"`)...)...)}, verdict.Consistent},
		"two last routers":                {[]string{with("A", append(lines(), traces(`{"ttl":1,"addr":"192.0.8.1"`, `{"ttl":7,"addr":"192.0.8.1"`)...)...)}, verdict.Consistent},
		"no target":                       {[]string{with("A", append(lines(), traces(`"reached":true`, `"reached":false`)...)...)}, verdict.Consistent},
	} {
		t.Run(name, func(t *testing.T) {
			doc := mergedVerdicts(t, "deny: [RU, IE]", c.files...)
			if v := doc.Verdicts[0]; v.Result != c.want {
				t.Errorf("%s, want %s: held back %+v, because %+v", v.Result, c.want, v.HeldBack, v.Because)
			}
		})
	}
}

// A vendor that sends its clients to the name of a provider's region, with a hint of an
// address of its own, is not believed that one host has the address: the name does not
// resolve to it, and its key did not answer.
func TestHintToTheNameOfARegion(t *testing.T) {
	lines := []string{vantageLine("v1", "fra", `,"asn":64500`), vantageLine("v2", "ber", `,"asn":64501`), vantageLine("v3", "par", `,"asn":64502`), vantageLine("v4", "lon", `,"asn":64503`), wideAnswer,
		`{"kind":"dns","id":"h","name":"api.example.com","type":"HTTPS","rcode":"NOERROR","services":[{"priority":1,"target":"s3.eu-central-1.amazonaws.com","hints":["203.0.113.9"]}]}`}
	for i, ms := range []string{"10", "6", "8", "9"} {
		lines = append(lines, strings.Replace(tcpReply(fmt.Sprintf("e%d", i), fmt.Sprintf("v%d", i+1), ms), "203.0.113.7", "203.0.113.9", 1))
	}
	resolved := `{"kind":"dns","id":"r","name":"s3.eu-central-1.amazonaws.com","type":"A","rcode":"NOERROR","answers":["203.0.113.9"],"ecs_scope":"0.0.0.0/0","countries_asked":200}`
	for more, want := range map[string]bool{"": false, resolved: true} {
		seen := false
		for _, v := range mergedVerdicts(t, "deny: [RU, IE]", file("A", append(slices.Clone(lines), strings.Fields(more)...)...)).Verdicts {
			if v.Addr != "203.0.113.9" {
				continue
			}
			seen = true
			if got := slices.ContainsFunc(v.Because, func(r verdict.Reason) bool { return r.Code == verdict.CodeOneHostByName }); got != want {
				t.Errorf("the name resolves %v: %s, %+v", want, v.Result, v.Because)
			}
		}
		if !seen {
			t.Error("the address is not judged")
		}
	}
}

// Of replies that say the same, a proof cites two that are of two machines: one of
// another run in the same city can be any of them.
func TestProofCitesTwoMachines(t *testing.T) {
	own := file("A", vantageLine("v0", "lon", ""), vantageLine("v1", "lon", ""), answerLine, keyedReply("e0", "v0", "30"), keyedReply("e1", "v1", "2"))
	other := file("B", vantageLine("v0", "lon", ""), answerLine, keyedReply("e0", "v0", "0.3"))
	v := mergedVerdicts(t, "allow: [CN]", own, other).Verdicts[0]
	if v.Result != verdict.Refuted || len(v.Proof.Disks) != 2 || v.Proof.Disks[0].Vantage == "B/v0" || v.Proof.Disks[1].Vantage == "B/v0" {
		t.Errorf("%s by %+v", v.Result, v.Proof)
	}
}

// at dates a line.
func at(day, line string) string {
	return strings.Replace(line, `{"kind":`, fmt.Sprintf(`{"at":%q,"kind":`, day+"T07:00:00Z"), 1)
}

// A file of two that agree on something false is found out by their neighbours of
// another file, who saw the host far away.
func TestNeighboursOfAnotherFile(t *testing.T) {
	honest := []string{wideAnswer}
	for i, city := range slices.Repeat([]string{"tyo", "osa"}, 6) {
		v := fmt.Sprintf("v%d", i)
		honest = append(honest, vantageLine(v, city, fmt.Sprintf(`,"machine":"m%d","asn":%d`, i, 64500+i)), keyedReply("e"+v, v, "300"))
	}
	two := []string{vantageLine("x1", "tyo", ""), vantageLine("x2", "osa", ""), keyedReply("y1", "x1", "4"), keyedReply("y2", "x2", "4")}
	for claim, wrong := range map[string]verdict.Result{"allow: [JP]": verdict.Proven, "allow: [BR]": verdict.Refuted} {
		if got := mergedVerdicts(t, claim, file("A", honest...), file("X", two...)).Verdicts[0]; got.Result == wrong {
			t.Errorf("%s is %s: %+v", claim, got.Result, got.Because)
		}
	}
}

// traceLine is a trace that reached the address through a last router.
func traceLine(id, vantage, router string) string {
	return fmt.Sprintf(`{"kind":"trace","id":%q,"vantage":%q,"addr":"203.0.113.7","port":443,"method":"tcp","reached":true,"hops":[{"ttl":1,"addr":"192.0.8.1","rtt_ms":[1]},{"ttl":7,"addr":%q,"rtt_ms":[1]},{"ttl":8,"addr":"203.0.113.7","rtt_ms":[1]}]}`, id, vantage, router)
}
