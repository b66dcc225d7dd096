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
