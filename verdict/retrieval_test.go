package verdict_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// timed is the evidence line of reads of s3://bucket from a vantage that took
// ms, with further fields.
func timed(vantage string, ms float64, fields string) string {
	return fmt.Sprintf(`{"kind":"retrieval","vantage":%q,"target":"s3://bucket","addr":"203.0.113.7","challenges":32,"ttfb_min_ms":%v%s}`, vantage, ms, fields)
}

const (
	hintTokyo = `{"kind":"hint","addr":"203.0.113.7","from":"ptr","text":"tyo.example.net","place":"aws:ap-northeast-1","rule":"r"}`
	replicas  = `{"kind":"storage","target":"s3://bucket","provider":"aws","replicas":[{"target":"s3://other"}],"api":"GetBucketReplication"}`
)

// retrievalStories are told of the store s3://bucket.
var retrievalStories = []struct {
	name  string
	claim string
	seen  []string
	want  string
	text  string // must stand among the reasons and limits
}{
	{
		name: "AroundTheVantageNothingIsAssumed", claim: "allow: [CN]",
		seen: []string{timed("fra", 9, ""), timed("par", 18, "")}, want: "refuted []",
	},
	{
		name: "BehindADoorOfKnownRegion", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), timed("par", 100, ""), "range aws ap-northeast-1"},
		want: "refuted [door-region]", text: "by a front door in aws:ap-northeast-1",
	},
	{
		name: "BehindADoorOfUnknownRegion", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), timed("par", 100, "")}, want: "inconclusive []",
	},
	{
		name: "ADoorWhereTheClaimAllowsRefutesNothing", claim: "allow: [JP]",
		seen: []string{timed("lon", 110, ""), timed("par", 110, ""), "range aws ap-northeast-1"}, want: "inconclusive []",
	},
	{
		name: "OneVantageIsHeldBack", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), "range aws ap-northeast-1"}, want: "disputed [door-region]", text: "one vantage alone",
	},
	{
		name: "OneVantageThroughADoor", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), "landmark lon 0.2", "range aws ap-northeast-1"}, want: "disputed [door-region]",
	},
	{
		name: "OneVantageThroughTwoDoorsIsStillOne", claim: "allow: [EU]",
		seen: []string{
			timed("lon", 100, ""), strings.Replace(timed("lon", 100, ""), "203.0.113.7", "203.0.113.8", 1), "range aws ap-northeast-1",
			`{"kind":"range","addr":"203.0.113.8","prefix":"203.0.113.0/24","provider":"aws","region":"ap-northeast-3","source":"ranges.json"}`,
		},
		want: "disputed [door-region]",
	},
	{
		name: "ANameDoesNotConvict", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), timed("par", 100, ""), hintTokyo}, want: "disputed [door-region]", text: "name alone",
	},
	{
		name: "TheDoorIsNotThere", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), timed("par", 100, ""), "range aws ap-northeast-1", "at fra 5"}, want: "inconclusive []",
	},
	{
		name: "TheReadItselfRulesTheDoorOut", claim: "allow: [US]",
		seen: []string{timed("lon", 60, ""), timed("par", 60, ""), "range aws ap-northeast-1"}, want: "inconclusive []",
	},
	{
		name: "RangesThatDiffer", claim: "allow: [EU]",
		seen: []string{timed("lon", 100, ""), timed("par", 100, ""), "range aws ap-northeast-1", "range aws eu-west-1"}, want: "inconclusive []",
	},
	{
		name: "ADoorThatAnswersLateBringsNothingNearer", claim: "allow: [JP, KR, CN, TW, RU, KP]",
		seen: []string{timed("lon", 140, `,"rtt_min_ms":139`), timed("par", 140, `,"rtt_min_ms":139`), "range aws ap-northeast-1"}, want: "inconclusive []",
	},
	{
		name: "InOneOfTheRegions", claim: "allow: [JP, KR, TW, HK, CN]",
		seen: []string{timed("tyo", 28, ""), timed("osa", 28, ""), "range aws NONE"}, want: "proven [provider-regions]", text: "taken to be in one of them",
	},
	{
		name: "TheSameOnLand", claim: "allow: [JP, KR, TW, HK, CN]",
		seen: []string{timed("tyo", 28, ""), timed("osa", 28, "")}, want: "inconclusive []",
	},
	{
		name: "NoneOfTheRegions", claim: "allow: [RU]",
		seen: []string{timed("tyo", 28, ""), timed("osa", 28, ""), "range aws NONE"}, want: "refuted [provider-regions]",
	},
	{
		name: "TogetherButOnOneVantage", claim: "allow: [DE, CH]",
		seen: []string{timed("ber", 7, ""), timed("par", 9, ""), timed("fra", 5, ""), "range aws NONE"},
		want: "consistent [one-host provider-regions]", text: "one vantage alone",
	},
	{
		name: "SeveralCopiesMayHaveAnswered", claim: "allow: [DE, CH]",
		seen: []string{timed("ber", 7, ""), timed("par", 9, ""), timed("fra", 5, ""), replicas, "landmark ber 0.2", "landmark par 0.2", "landmark fra 0.2"},
		want: "consistent [one-host provider-regions]", text: "several copies may have answered",
	},
	{
		name: "TogetherOnLand", claim: "deny: [RU, IE]",
		seen: []string{timed("fra", 10, ""), timed("par", 8, ""), timed("lon", 9, ""), timed("ber", 6, "")}, want: "proven [one-host]", text: "one host answered",
	},
	{
		name: "SeveralCopiesMayHaveAnsweredOnLand", claim: "deny: [RU, IE]",
		seen: []string{timed("fra", 10, ""), timed("par", 8, ""), timed("lon", 9, ""), timed("ber", 6, ""), replicas},
		want: "consistent [one-host]", text: "several copies may have answered",
	},
	{
		name: "EachReadByItself", claim: "allow: [EU]", seen: []string{timed("fra", 2, ""), timed("ber", 2, "")}, want: "proven []",
	},
	{
		name: "ACopyElsewhereThatNobodyPlaces", claim: "allow: [EU]", seen: []string{timed("fra", 2, ""), timed("ber", 2, ""), replicas},
		want: "consistent []", text: "a copy of it is where nothing says",
	},
	{
		name: "WhereACopyHasToBeNoReadShows", claim: "allow: [EU]\nrequire: [FR]", seen: []string{timed("fra", 2, ""), timed("ber", 2, "")},
		want: "consistent []", text: "a read does not show in which places there are copies",
	},
	{
		name: "NoReadShowsWhereACopyHasToBe", claim: "require: [FR]", seen: []string{timed("fra", 2, ""), timed("ber", 2, "")},
		want: "inconclusive []", text: "a read does not show in which places there are copies",
	},
	{
		name: "ACopyHasToBeThereAndNoneElsewhere", claim: "allow: [CN]\nrequire: [CN]", seen: []string{timed("fra", 2, ""), timed("ber", 2, "")},
		want: "refuted []",
	},
	{
		name: "ALiarReadItElsewhere", claim: "allow: [JP, KR, TW, HK, CN, EU, CH]",
		seen: append(contradicted("", map[string]float64{"tyo": 3, "osa": 6, "pek": 25, "xia": 30, "fra": 1}).seen,
			timed("tyo", 28, ""), timed("osa", 28, ""), timed("fra", 2, ""), "range aws NONE"),
		want: "consistent [provider-regions]", text: "fra (DE), which is set aside, was answered from elsewhere",
	},
	{
		name: "ALiarReadItOutside", claim: "allow: [JP, KR, TW, HK, CN]",
		seen: append(contradicted("", map[string]float64{"tyo": 3, "osa": 6, "pek": 25, "xia": 30, "fra": 1}).seen,
			timed("tyo", 28, ""), timed("osa", 28, ""), timed("fra", 2, ""), "range aws NONE"),
		want: "disputed []", text: "the vantage is set aside",
	},
	{
		name: "SecondSmallestWarmIsTaken", claim: "allow: [JP]",
		seen: []string{
			timed("lon", 2, `,"samples_ms":[1,200,2,210,220]`), timed("par", 2, `,"samples_ms":[1,2,200,210,220]`),
		},
		want: "inconclusive []",
	},
	{
		name: "LessIsSaidThanTheSamplesGive", claim: "allow: [JP]",
		seen: []string{timed("lon", 300, `,"samples_ms":[9,9,9]`), timed("par", 300, `,"samples_ms":[9,9,9]`)}, want: "inconclusive []",
	},
	{
		name: "TwoReadsAreTooFew", claim: "allow: [JP]",
		seen: []string{strings.Replace(timed("lon", 9, ""), "32", "2", 1)}, want: "not-tested []", text: "too few",
	},
	{
		name: "TwoSamplesAreTooFew", claim: "allow: [JP]",
		seen: []string{timed("lon", 9, `,"samples_ms":[9,9]`)}, want: "not-tested []", text: "no second smallest",
	},
	{
		name: "AReadInNoTimeIsAFault", claim: "allow: [JP]",
		seen: []string{timed("lon", 0, "")}, want: "not-tested []", text: "taken 0 ms",
	},
	{
		name: "TwoCopiesFarApart", claim: "allow: [DE, FR, JP]",
		seen: []string{timed("fra", 2, ""), timed("tyo", 2, ""), "range aws NONE"}, want: "inconclusive []", text: "cannot be one host",
	},
}

func TestRetrievalStories(t *testing.T) {
	for _, tc := range retrievalStories {
		t.Run(tc.name, func(t *testing.T) {
			s := story{name: tc.name, claim: tc.claim + "\nstate: rest", endpoint: `host: "s3://bucket"`, seen: append([]string{"no dns"}, tc.seen...)}
			doc := judged(t, s.bundle(t), s.sheet(t))
			v := doc.Verdicts[0]
			if got := fmt.Sprintf("%s %v", v.Result, v.Assumes); got != tc.want || v.Subject != verdict.Store {
				t.Errorf("got %s of the %s, want %s\n%+v\n%q", got, v.Subject, tc.want, v.Because, v.Limits)
			}
			if all := fmt.Sprint(v.Because, v.Limits); !strings.Contains(all, tc.text) {
				t.Errorf("%q is to be among %s", tc.text, all)
			}
			decided := v.Basis == verdict.BasisPhysics && v.Result != verdict.Inconclusive
			if kept := strings.Contains(fmt.Sprint(v.Limits), "keeps what was written through it"); kept != decided {
				t.Errorf("%s by %s: that a front door may keep objects is said: %t; %q", v.Result, v.Basis, kept, v.Limits)
			}
			if v.Result == verdict.Proven && !strings.Contains(fmt.Sprint(v.Limits), "does not exclude another elsewhere") {
				t.Errorf("other copies are not spoken of: %q", v.Limits)
			}
		})
	}
}

// vault is a store in a provider's region, read through front doors in others.
type vault struct {
	store    providers.Region
	doors    []providers.Region
	vantages []providers.Region
	ranges   bool // doors' ranges are published
	detour   float64
	seed     uint64
}

func drawVault(t *rapid.T) vault {
	all := slices.DeleteFunc(placed(), func(r providers.Region) bool { return r.Provider != "aws" })
	pick := func(name string, most int) []providers.Region {
		return rapid.SliceOfN(rapid.SampledFrom(all), 1, most).Draw(t, name)
	}
	return vault{
		store: pick("store", 1)[0], doors: pick("door", 4), vantages: pick("vantage", 6),
		ranges: rapid.Bool().Draw(t, "ranges"), detour: rapid.SampledFrom([]float64{0, 1}).Draw(t, "detour"), seed: rapid.Uint64().Draw(t, "seed"),
	}
}

// off returns a place that is km from another at the most, and nearly that.
func off(p geo.Place, km float64, random *rand.Rand) geo.Place {
	at := s2.Point{Vector: p.Vector}
	axis := s2.Rotate(s2.Point{Vector: p.Ortho()}, at, s1.Angle(random.Float64()*2*math.Pi))
	return geo.Place{Vector: s2.Rotate(at, axis, s1.Angle(km/6378.2)).Vector}
}

// bundle measures the vault. Light takes the shortest way that there can be, and
// with a detour longer ones; vantages and doors are as far off as they may be;
// every read is later by lateMS.
func (w vault) bundle(lateMS float64) *evidence.Bundle {
	random := rand.New(rand.NewPCG(w.seed, 2))
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "w", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}}
	store := geo.Point(w.store.Lat, w.store.Lon)
	for i, v := range w.vantages {
		b.Observations = append(b.Observations, &evidence.Vantage{
			Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", i)}, Lat: &w.vantages[i].Lat, Lon: &w.vantages[i].Lon, RadiusKM: 50, Network: evidence.NetworkLocal,
		})
		from := off(geo.Point(v.Lat, v.Lon), 49.9, random)
		for j, d := range w.doors {
			addr := netip.AddrFrom4([4]byte{203, 0, 113, byte(j + 1)})
			door := off(geo.Point(d.Lat, d.Lon), d.RadiusKM*0.998, random)
			way := geo.AtLeastKM(from, door) + geo.AtLeastKM(door, store)
			ms := 2*way/geo.FibreKMPerMS*(1+random.Float64()*random.Float64()*w.detour) + 0.001 + lateMS
			b.Observations = append(b.Observations, &evidence.Retrieval{
				Meta:   evidence.Meta{Kind: evidence.KindRetrieval, ID: fmt.Sprintf("r%d-%d", i, j), Vantage: fmt.Sprintf("v%d", i)},
				Target: "s3://bucket", Addr: addr, Challenges: 9, TTFBMinMS: ms,
			})
			if i == 0 && w.ranges {
				b.Observations = append(b.Observations, &evidence.Range{
					Meta: evidence.Meta{Kind: evidence.KindRange, ID: fmt.Sprintf("d%d", j)}, Addr: addr, Prefix: netip.PrefixFrom(addr, 32), Provider: "aws", Region: d.Code, Source: "test",
				})
			}
		}
	}
	b.Observations = append(b.Observations, &evidence.Storage{Meta: evidence.Meta{Kind: evidence.KindStorage, ID: "s"}, Target: "s3://bucket", Provider: "aws", API: "test"})
	return b
}

// sheet claims both ways of countries near and far.
func (w vault) sheet() *providers.Sheet {
	near := world{hosts: append([]providers.Region{w.store}, w.doors...), vantages: w.vantages}.sheet()
	near.Endpoints = []providers.Endpoint{{Host: "s3://bucket"}}
	return near
}

func (w vault) judge(t *rapid.T, lateMS float64) map[string]verdict.Verdict {
	doc := judged(t, w.bundle(lateMS), w.sheet())
	out := map[string]verdict.Verdict{}
	for _, v := range doc.Verdicts {
		out[v.Claim] = v
	}
	return out
}

// Every bound holds the store, however straight the light went, and the region
// of a door that its reads allow is used.
func TestBoundsHoldTheStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawVault(t)
		beyond, doors := BoundsOn(w.bundle(0), "s3://bucket", w.store.Lat, w.store.Lon)
		for _, km := range beyond {
			if km > 0 {
				t.Fatalf("the store lies %.1f km beyond a bound", km)
			}
		}
		if want := len(w.doors) * len(w.vantages); w.ranges && doors != want {
			t.Fatalf("%d bounds around doors, want %d", doors, want)
		}
	})
}

func TestNoWrongVerdictOnStores(t *testing.T) {
	needs.Time(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawVault(t)
		is := verdicttest.Truth{Countries: []string{w.store.Country}}
		verdicts := w.judge(t, 0)
		for _, claim := range w.sheet().Claims {
			v := verdicts[claim.ID]
			isTrue, _ := is.Holds(&claim, providers.Date{Year: 2026, Month: 11, Day: 22})
			if isTrue && v.Result == verdict.Refuted || !isTrue && v.Result == verdict.Proven {
				t.Fatalf("%s is %v but %s %v: %+v", claim.ID, isTrue, v.Result, v.Assumes, v.Because)
			}
		}
	})
}

// Reads that are all later show no more than before.
func TestDelayShowsNothingNewOfStores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawVault(t)
		soon, late := w.judge(t, 0), w.judge(t, rapid.Float64Range(0, 200).Draw(t, "late"))
		for id, v := range late {
			if (v.Result == verdict.Refuted || v.Result == verdict.Proven) && soon[id].Result != v.Result {
				t.Fatalf("%s is %s and, all reads being later, %s: %+v", id, soon[id].Result, v.Result, v.Because)
			}
		}
	})
}

// The order of the evidence is nothing to the verdicts.
func TestOrderOfReadsIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawVault(t)
		b := w.bundle(0)
		first := judged(t, b, w.sheet())
		reads := slices.IndexFunc(b.Observations, func(o evidence.Observation) bool { return o.Common().Kind != evidence.KindVantage })
		slices.Reverse(b.Observations[reads:])
		again := judged(t, b, w.sheet())
		if diff := cmp.Diff(first.Verdicts, again.Verdicts); diff != "" {
			t.Fatalf("another order gives others:\n%s", diff)
		}
	})
}
