package verdict_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/verdict"
)

// scoreLiars judges the folder with one vantage in share lying.
func scoreLiars(folder string, share int, seed uint64) (verdicttest.Score, error) {
	set, err := verdicttest.Read(folder)
	if err != nil {
		return verdicttest.Score{}, err
	}
	return set.Score(verdicttest.WithLiars(set.Bundle, share, seed))
}

// One vantage in five lies, and nothing wrong is refuted or proven.
func TestLiars(t *testing.T) {
	needs.Time(t)
	for _, folder := range labelledFolders() {
		name := filepath.Base(folder)
		if name != "aws-cloudping-2024" && name != "wonderproxy-2020-few" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(4) {
				s, err := scoreLiars(folder, 5, seed)
				if err != nil {
					t.Fatal(err)
				}
				if s.TrueRefuted+s.FalseProven > 0 {
					t.Errorf("seed %d: %d true claims refuted, %d false ones proven", seed, s.TrueRefuted, s.FalseProven)
				}
			}
		})
	}
}

// A vantage that contradicts the others at several addresses is named and set
// aside, and no other is; what it saw keeps the addresses from being proven.
func TestTheLiarIsNamed(t *testing.T) {
	for claim, want := range map[string]verdict.Result{
		"deny: [JP]\ncovers: [metadata]": verdict.Consistent,
		// The others leave it open, and the liar saw it where it may not be.
		"allow: [FR]": verdict.Disputed,
	} {
		s := contradicted(claim, map[string]float64{"fra": 3, "par": 6, "lon": 9, "ber": 6, "tyo": 1}) // tyo is not in Tokyo
		doc := judged(t, s.bundle(t), s.sheet(t))
		for _, v := range doc.Vantages {
			if (v.SetAside != "") != (v.ID == "tyo") {
				t.Errorf("%s: set aside %q", v.ID, v.SetAside)
			}
		}
		for _, v := range doc.Verdicts {
			if v.Result != want || want == verdict.Consistent && !slices.Equal(v.Assumes, []string{verdict.AssumesOneHost, verdict.AssumesNoInterception}) {
				t.Errorf("%s: %s is %s, assumes %v, want %s: %+v", claim, v.Addr, v.Result, v.Assumes, want, v.Because)
			}
		}
	}
}

// What a vantage saw that is set aside also keeps from being proven what the
// others' disks prove together.
func TestTheLiarIsHeededTogether(t *testing.T) {
	honest := map[string]float64{"fra": 10, "par": 8, "lon": 9, "ber": 6}
	withLiar := maps.Clone(honest)
	withLiar["tyo"] = 1
	for want, seen := range map[verdict.Result]map[string]float64{verdict.Proven: honest, verdict.Consistent: withLiar} {
		s := contradicted("deny: [RU, IE]\ncovers: [metadata]", seen)
		for i := range 4 { // what speaks for one host
			s.seen = append(s.seen, fmt.Sprintf(`{"kind":"range","addr":"203.0.113.%d","prefix":"203.0.113.0/24","provider":"aws","region":"eu-central-1","source":"ranges.json"}`, 10+i))
		}
		for _, v := range judged(t, s.bundle(t), s.sheet(t)).Verdicts {
			if v.Result != want || !slices.Equal(v.Assumes, []string{verdict.AssumesOneHost, verdict.AssumesNoInterception}) {
				t.Errorf("seen in %v ms, %s is %s, assumes %v, want %s: %+v", seen, v.Addr, v.Result, v.Assumes, want, v.Because)
			}
		}
	}
}

// Of vantages that contradict one another more carry a refutation than may lie, and
// no fewer.
func TestMajorityAtOdds(t *testing.T) {
	for name, c := range map[string]struct {
		seen []string
		want verdict.Result
	}{
		"together":                   {[]string{"at fra 20", "at ber 20", "at par 20", "at lon 20", "at pek 90", "at tyo 300", "at osa 300"}, verdict.Refuted},
		"at odds":                    {[]string{"at fra 1", "at tyo 1", "at pek 300", "at sju 300", "at lon 300", "at osa 300", "at ber 300"}, verdict.Disputed},
		"at odds, more than may lie": {[]string{"at fra 1", "at tyo 1", "at pek 1", "at sju 300", "at lon 300", "at osa 300", "at ber 300"}, verdict.Refuted},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: name, claim: "allow: [BR]", seen: c.seen}
			for vantage := range vantages { // ten of them, of which two may lie
				s.seen = append(s.seen, "imported "+vantage)
			}
			for _, v := range judged(t, s.bundle(t), s.sheet(t)).Verdicts {
				if v.Result != c.want {
					t.Errorf("%s, want %s: %+v", v.Result, c.want, v.Limits)
				}
			}
		})
	}
}

// atOdds are replies of four addresses, of no endpoint, by which one vantage is set
// aside and the run is doubtful.
func atOdds() []string {
	lines := contradicted("", map[string]float64{"fra": 3, "par": 6, "lon": 9, "ber": 6, "tyo": 1}).seen
	return lines[:len(lines)-1] // without the answer of the name server
}

// Two readers of ten carry a refutation where nobody contradicts another; where
// somebody does, it takes more than may lie.
func TestReadersAmongLiars(t *testing.T) {
	slow := []string{timed("osa", 200, ""), timed("sju", 200, ""), timed("bqn", 200, ""), timed("xia", 200, ""), timed("tyo", 200, ""), timed("pek", 200, "")}
	quick := []string{timed("fra", 20, ""), timed("ber", 20, ""), timed("par", 20, "")}
	for name, c := range map[string]struct {
		seen []string
		want verdict.Result
	}{
		"nobody is at odds":                  {slices.Concat(quick[:2], slow), verdict.Refuted},
		"one is contradicted by many":        {slices.Concat(quick[:2], slow, atOdds()), verdict.Disputed},
		"more say so than may lie":           {slices.Concat(quick, slow, atOdds()), verdict.Refuted},
		"one that says so failed its checks": {slices.Concat(quick, slow, atOdds(), []string{"failed fra"}), verdict.Disputed},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: name, claim: "allow: [BR]", endpoint: `host: "s3://bucket"`, seen: append([]string{"no dns"}, c.seen...)}
			for vantage := range vantages {
				s.seen = append(s.seen, "imported "+vantage)
			}
			doc := judged(t, s.bundle(t), s.sheet(t))
			if v := doc.Verdicts[0]; v.Subject != verdict.Store || v.Result != c.want {
				t.Errorf("%s %s, want %s: %q, %+v", v.Subject, v.Result, c.want, v.Limits, doc.Vantages)
			}
		})
	}
}

// What is proven by several disks together, of a door or of a store, is held back
// where two vantages may lie and nothing speaks for those that it rests on: some of the
// run contradict one another. What a line says of their self-checks is not believed.
func TestTogetherAmongLiars(t *testing.T) {
	door := []string{"at fra 10", "at par 8", "at lon 9", "at ber 6", "range aws eu-central-1"}
	store := []string{"no dns", timed("fra", 10, ""), timed("par", 8, ""), timed("lon", 9, ""), timed("ber", 6, "")}
	passed := []string{"passed fra", "passed par", "passed lon", "passed ber"}
	for name, c := range map[string]struct {
		more []string
		few  bool // nobody else looks, so that no two may lie
		want verdict.Result
	}{
		"nobody is at odds":          {nil, false, verdict.Proven},
		"somebody is":                {atOdds(), false, verdict.Consistent},
		"somebody is, of few":        {atOdds(), true, verdict.Proven},
		"lines say that they passed": {slices.Concat(atOdds(), passed), false, verdict.Consistent},
	} {
		t.Run(name, func(t *testing.T) {
			for endpoint, seen := range map[string][]string{"": door, `host: "s3://bucket"`: store} {
				s := story{name: "together", claim: "deny: [RU, IE]\ncovers: [metadata]", endpoint: endpoint, seen: slices.Concat(seen, c.more)}
				if !c.few {
					for v := range vantages {
						s.seen = append(s.seen, "imported "+v)
					}
				}
				v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
				if v.Result != c.want || v.SingleVantage || !slices.Equal(v.Assumes, []string{verdict.AssumesOneHost}) {
					t.Errorf("the %s is %s, assumes %v, want %s: %q", v.Subject, v.Result, v.Assumes, c.want, v.Limits)
				}
			}
		})
	}
}

// What vantages of one platform in one network saw is held back, however many
// they are, until one outside of it agrees or one of them passed its self-check.
func TestOneNetworkOfOnePlatform(t *testing.T) {
	for name, c := range map[string]struct {
		networks map[string]uint32 // of Globalping's vantages
		checked  string
		want     verdict.Result
		survives int
	}{
		"one network":                  {map[string]uint32{"fra": 64500, "par": 64500, "ber": 64500}, "", verdict.Disputed, 0},
		"two networks":                 {map[string]uint32{"fra": 64500, "par": 64500, "ber": 64501}, "", verdict.Refuted, 0},
		"three networks":               {map[string]uint32{"fra": 64500, "par": 64501, "ber": 64502}, "", verdict.Refuted, 1},
		"networks that nobody knows":   {map[string]uint32{"fra": 0, "par": 0, "ber": 0}, "", verdict.Refuted, 1},
		"one network, one that passed": {map[string]uint32{"fra": 64500, "par": 64500, "ber": 64500}, "landmark par 0.2", verdict.Refuted, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: name, claim: "allow: [CN]", seen: []string{"at fra 5", "at par 12", "at ber 8"}}
			if c.checked != "" {
				s.seen = append(s.seen, c.checked)
			}
			b := s.bundle(t)
			for _, o := range b.Observations {
				if v, ok := o.(*evidence.Vantage); ok {
					v.Network, v.ASN = evidence.NetworkGlobalping, c.networks[v.ID]
				}
			}
			v := judged(t, b, s.sheet(t)).Verdicts[0]
			if v.Result != c.want || v.Result == verdict.Refuted && v.Survives.Vantages != c.survives {
				t.Errorf("%s, survives %+v, want %s and %d: %q", v.Result, v.Survives, c.want, c.survives, v.Limits)
			}
		})
	}
}

// That all vantages which carry a refutation are in one network is said, of doors
// and of stores.
func TestOneNetworkIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		seen     []string
		endpoint string
		networks map[string]uint32
		said     bool
	}{
		"door":                {[]string{"at fra 5", "at par 12"}, "", map[string]uint32{"fra": 64500, "par": 64500}, true},
		"door, two networks":  {[]string{"at fra 5", "at par 12"}, "", map[string]uint32{"fra": 64500, "par": 64501}, false},
		"door, not known":     {[]string{"at fra 5", "at par 12"}, "", nil, false},
		"door, one vantage":   {[]string{"at fra 5", "landmark fra 0.2"}, "", map[string]uint32{"fra": 64500}, false},
		"store":               {[]string{"no dns", timed("fra", 9, ""), timed("par", 18, "")}, `host: "s3://bucket"`, map[string]uint32{"fra": 64500, "par": 64500}, true},
		"store, two networks": {[]string{"no dns", timed("fra", 9, ""), timed("par", 18, "")}, `host: "s3://bucket"`, map[string]uint32{"fra": 64500, "par": 64501}, false},
		"store, not known":    {[]string{"no dns", timed("fra", 9, ""), timed("par", 18, "")}, `host: "s3://bucket"`, nil, false},
		"store, one vantage":  {[]string{"no dns", timed("fra", 9, ""), "landmark fra 0.2"}, `host: "s3://bucket"`, map[string]uint32{"fra": 64500}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: "one network", claim: "allow: [CN]", endpoint: c.endpoint, seen: c.seen}
			b := s.bundle(t)
			for _, o := range b.Observations {
				if v, ok := o.(*evidence.Vantage); ok {
					v.ASN = c.networks[v.ID]
				}
			}
			v := judged(t, b, s.sheet(t)).Verdicts[0]
			if said := strings.Contains(fmt.Sprint(v.Limits), "are in one network, AS64500"); v.Result != verdict.Refuted || said != c.said {
				t.Errorf("%s, limits %q", v.Result, v.Limits)
			}
		})
	}
}

// contradicted is a story of four addresses that answer each vantage in the
// milliseconds given.
func contradicted(claim string, seen map[string]float64) story {
	s := story{name: "liar", claim: claim}
	var dns []string
	for i := range 4 {
		at := fmt.Sprintf("203.0.113.%d", 10+i)
		dns = append(dns, strconv.Quote(at))
		for vantage, ms := range seen {
			s.seen = append(s.seen, fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"port":443,"method":"tcp","min_ms":%v}`, vantage, at, ms))
		}
	}
	s.seen = append(s.seen, `{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","rcode":"NOERROR","answers":[`+strings.Join(dns, ",")+`]}`)
	return s
}

// BenchmarkLiars judges the labelled measurements with one vantage in five
// lying:
//
//	go test ./verdict -run '^$' -bench Liars -benchtime 1x
func BenchmarkLiars(b *testing.B) {
	for _, folder := range labelledFolders() {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			var s verdicttest.Score
			var err error
			for seed := uint64(0); b.Loop(); seed++ {
				if s, err = scoreLiars(folder, 5, seed); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.TrueRefuted), "true-refuted")
			b.ReportMetric(float64(s.FalseProven), "false-proven")
			b.ReportMetric(percent(s.FalseAllowRefuted, s.FalseAllow), "%false-allow-refuted")
			b.ReportMetric(percent(s.TrueProven, s.TrueClaims), "%true-proven")
			b.ReportMetric(percent(s.TrueOfOneHost, s.TrueClaims), "%true-of-one-host")
			b.ReportMetric(float64(s.FalseOfOneHost), "false-of-one-host")
		})
	}
}
