package verdict_test

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// retrievalFiles are files of timed reads of stores of known place through
// front doors of known place (the columns of readRow): those named in
// LANDFALL_RETRIEVAL, separated as in PATH, or those beside the project.
func retrievalFiles() []string {
	if list := os.Getenv("LANDFALL_RETRIEVAL"); list != "" {
		return filepath.SplitList(list)
	}
	found, _ := filepath.Glob("../../shared/data/latency/*/retrieval.csv")
	return found
}

// spot is one end of a timed read.
type spot struct {
	name, region, country string
	lat, lon              float64
}

func (s spot) at() geo.Place { return geo.Point(s.lat, s.lon) }

// readRow is one row of such a file: an object read again and again from one
// probe through one front door.
type readRow struct {
	probe, door, object spot
	samples             []float64
}

func readRows(path string) ([]readRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []readRow
	for _, line := range lines[1:] {
		row := readRow{
			probe:  spot{name: line[0], country: line[1], lat: number(line[2]), lon: number(line[3])},
			door:   spot{name: line[4], region: line[5], country: line[6], lat: number(line[7]), lon: number(line[8])},
			object: spot{name: line[9], region: line[10], country: line[11], lat: number(line[12]), lon: number(line[13])},
		}
		for _, ms := range strings.Fields(line[17]) {
			row.samples = append(row.samples, number(ms))
		}
		out = append(out, row)
	}
	return out, nil
}

// number reads a figure of a labelled file; what is none becomes 0, which no
// sample and no place of these files is.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return v
}

// knowing is what a judge of timed reads is told besides the times.
type knowing int

const (
	nothing    knowing = iota // no range: neither whose store it is nor where a door is
	ownDoors                  // where the doors are, not whose store it is
	whose                     // whose store it is, not where the doors are
	everything                // both
)

// target is the name under which an object is judged. As a bucket it can be in
// its provider's regions alone; as a name it can be anywhere.
func (k knowing) target(object int) string {
	if k == whose || k == everything {
		return fmt.Sprintf("s3://object-%d", object)
	}
	return fmt.Sprintf("object-%d.example.com", object)
}

// readsBundle turns rows into evidence. Positions are known to 60 km: the
// upstream places are cities, and one of them is 45 km off. The probes are
// imported ones.
func readsBundle(rows []readRow, k knowing) *evidence.Bundle {
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "r", Tool: "test", Started: time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)}}
	probes, doors, objects := numbered{}, numbered{}, numbered{}
	for i, row := range rows {
		probe, first := probes.of(row.probe.name)
		if first {
			b.Observations = append(b.Observations, &evidence.Vantage{
				Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", probe)}, Name: row.probe.name,
				Lat: &rows[i].probe.lat, Lon: &rows[i].probe.lon, RadiusKM: 60, Country: row.probe.country, Network: evidence.NetworkImport,
			})
		}
		door, first := doors.of(row.door.name)
		addr := netip.AddrFrom4([4]byte{198, 18, 0, byte(door + 1)})
		if first && k != nothing {
			region := row.door.region
			if k == whose {
				region = ""
			}
			b.Observations = append(b.Observations, &evidence.Range{
				Meta: evidence.Meta{Kind: evidence.KindRange, ID: fmt.Sprintf("d%d", door)}, Addr: addr,
				Prefix: netip.PrefixFrom(addr, 32), Provider: "aws", Region: region, Source: "test",
			})
		}
		object, _ := objects.of(row.object.name)
		ms, _ := evidence.SecondSmallestWarm(row.samples)
		b.Observations = append(b.Observations, &evidence.Retrieval{
			Meta:   evidence.Meta{Kind: evidence.KindRetrieval, ID: fmt.Sprintf("r%d", i), Vantage: fmt.Sprintf("v%d", probe)},
			Target: k.target(object), Addr: addr, Challenges: len(row.samples), TTFBMinMS: ms, SamplesMS: row.samples,
		})
	}
	return b
}

// numbered returns each name a number, in the order in which they come.
type numbered map[string]int

func (n numbered) of(name string) (number int, first bool) {
	number, known := n[name]
	if !known {
		number = len(n)
		n[name] = number
	}
	return number, !known
}

// continents are those of UN M49, by their numbers; the Americas by halves.
var continents = map[string]string{"africa": "002", "asia": "142", "europe": "150", "oceania": "009", "north-america": "003", "south-america": "005"}

// placesOf returns the countries of a continent.
func placesOf(continent string) []providers.Place {
	group := language.MustParseRegion(continents[continent])
	var codes []string
	for _, a := range geo.Countries() {
		for _, code := range a.Codes {
			if r, err := language.ParseRegion(code); err == nil && group.Contains(r) {
				codes = append(codes, code)
			}
		}
	}
	slices.Sort(codes)
	var out []providers.Place
	for _, code := range slices.Compact(codes) {
		if place, err := providers.ParsePlace(code); err == nil {
			out = append(out, place)
		}
	}
	return out
}

// restClaims claim of each endpoint that what it keeps rests on one continent,
// for all of them, and in one country, for each country of a region. A claim of
// a continent denies the others, so that Guam, which is American and in
// Oceania, is not taken for a part of North America.
func restClaims(hosts []string) *providers.Sheet {
	s := &providers.Sheet{Vendor: "labelled"}
	for _, host := range hosts {
		s.Endpoints = append(s.Endpoints, providers.Endpoint{Host: host, Port: 443})
	}
	claim := func(id string, allow, deny []providers.Place) {
		s.Claims = append(s.Claims, providers.Claim{
			ID: id, About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateRest, Allow: allow, Deny: deny,
		})
	}
	for name := range continents {
		var others []providers.Place
		for other := range continents {
			if other != name {
				others = append(others, placesOf(other)...)
			}
		}
		claim("continent "+name, placesOf(name), others)
	}
	seen := map[string]bool{}
	for _, r := range providers.Regions() {
		if place, err := providers.ParsePlace(r.Country); r.Provider == "aws" && err == nil && !seen[r.Country] {
			seen[r.Country] = true
			claim("country "+r.Country, []providers.Place{place}, nil)
		}
	}
	slices.SortFunc(s.Claims, func(a, b providers.Claim) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// tally counts how claims fare.
type tally struct{ claims, conclusive, wrong int }

func (t *tally) add(isTrue bool, r verdict.Result) {
	t.claims++
	if r == verdict.Refuted || r == verdict.Proven {
		t.conclusive++
		if isTrue != (r == verdict.Proven) {
			t.wrong++
		}
	}
}

// judgeReads judges where the objects of a file rest, with what a judge is told,
// and tells how the claims about continents and about countries fare.
func judgeReads(rows []readRow, k knowing) (continent, country tally, err error) {
	objects, where := numbered{}, map[string]string{}
	var hosts []string
	for _, row := range rows {
		if n, first := objects.of(row.object.name); first {
			hosts = append(hosts, k.target(n))
			where[k.target(n)] = row.object.country
		}
	}
	sheet := restClaims(hosts)
	doc, err := judge.Judge([]*providers.Sheet{sheet}, readsBundle(rows, k))
	if err != nil {
		return continent, country, err
	}
	allow := map[string]map[string]bool{}
	for _, claim := range sheet.Claims {
		extent, err := providers.Resolve(claim.Allow, providers.Date{Year: 2024, Month: 3, Day: 4})
		if err != nil {
			return continent, country, err
		}
		allow[claim.ID] = extent.Countries
	}
	for _, v := range doc.Verdicts {
		into := &country
		if strings.HasPrefix(v.Claim, "continent") {
			into = &continent
		}
		into.add(allow[v.Claim][where[v.Endpoint]], v.Result)
	}
	return continent, country, nil
}

// regionsIn returns the listed regions that a front door or an object of the file
// is in.
func regionsIn(rows []readRow) []providers.Region {
	return slices.DeleteFunc(providers.Regions(), func(r providers.Region) bool {
		return r.Provider != "aws" || !slices.ContainsFunc(rows, func(row readRow) bool {
			return row.door.region == r.Code || row.object.region == r.Code
		})
	})
}

// excluded counts the reads whose time, by the second smallest or by the
// smallest warm sample, leaves the object's true place out: around the probe,
// or around the front door less the way to it. Objects are all there are, and
// held those that no read leaves out by the second smallest.
func excluded(rows []readRow) (bySecond, bySmallest, objects, held int) {
	const offKM = 60 // how far off the file's places can be
	out, all := map[string]bool{}, numbered{}
	for _, row := range rows {
		all.of(row.object.name)
		probe, door, object := row.probe.at(), row.door.at(), row.object.at()
		leaves := func(ms float64) bool {
			reach := geo.ReachKM(ms, geo.FibreKMPerMS) + offKM
			return geo.AtLeastKM(probe, object) > reach || geo.AtLeastKM(probe, door)+geo.AtLeastKM(door, object) > reach+2*offKM
		}
		if ms, ok := evidence.SecondSmallestWarm(row.samples); ok && leaves(ms) {
			bySecond++
			out[row.object.name] = true
		}
		if leaves(slices.Min(row.samples[1:])) {
			bySmallest++
		}
	}
	return bySecond, bySmallest, len(all), len(all) - len(out)
}

// BenchmarkRetrieval judges timed reads of stores of known place, fails where a
// bound leaves the true place of an object out or a verdict is wrong, and reports
// how claims that they rest on a continent, or in a country, fare with less and
// more taken for granted. In the last tier, the provider has no regions but
// those of the file:
//
//	go test ./verdict -run '^$' -bench Retrieval -benchtime 1x
func BenchmarkRetrieval(b *testing.B) {
	for _, path := range retrievalFiles() {
		rows, err := readRows(path)
		if err != nil {
			b.Fatal(err)
		}
		bySecond, bySmallest, objects, held := excluded(rows)
		if held < objects || objects == 0 {
			b.Errorf("%s: the bounds hold the true place of %d of %d objects", path, held, objects)
		}
		for _, tier := range []struct {
			name    string
			told    knowing
			regions []providers.Region
		}{
			{"nothing-assumed", nothing, providers.Regions()},
			{"door-region", ownDoors, providers.Regions()},
			{"provider-regions", whose, providers.Regions()},
			{"both", everything, providers.Regions()},
			{"both-in-regions-of-the-file", everything, regionsIn(rows)},
		} {
			b.Run(filepath.Base(filepath.Dir(path))+"/"+tier.name, func(b *testing.B) {
				var continent, country tally
				for b.Loop() {
					WithRegions(tier.regions, func() {
						continent, country, err = judgeReads(rows, tier.told)
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(continent.wrong), "wrong")
				b.ReportMetric(percent(continent.conclusive, continent.claims), "%conclusive")
				b.ReportMetric(float64(continent.claims), "claims")
				b.ReportMetric(float64(country.wrong), "country-wrong")
				b.ReportMetric(percent(country.conclusive, country.claims), "%country-conclusive")
				b.ReportMetric(float64(bySecond), "excluding-truth")
				b.ReportMetric(float64(bySmallest), "excluding-truth-by-smallest")
				b.ReportMetric(float64(objects), "objects")
				b.ReportMetric(float64(held), "objects-held")
				if wrong := continent.wrong + country.wrong; wrong > 0 {
					b.Errorf("%d verdicts are wrong", wrong)
				}
			})
		}
	}
}
