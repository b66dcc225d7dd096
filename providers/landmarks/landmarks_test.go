package landmarks

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

func TestLandmarks(t *testing.T) {
	list := All()
	providersOf, regions := map[string]bool{}, map[string]bool{}
	for _, l := range list {
		if l.RadiusKM <= 0 || !strings.HasPrefix(l.Source, "https://") || l.Port == 0 || !strings.Contains(l.Host, l.Region) || providers.CheckHost(l.Host) != nil {
			t.Errorf("%+v", l)
		}
		providersOf[l.Provider], regions[l.Provider+":"+l.Region] = true, true
		if got, ok := Lookup(strings.ToUpper(l.Host) + "."); !ok || got != l {
			t.Errorf("Lookup gives %+v, %v for %s", got, ok, l.Host)
		}
	}
	if len(list) < 36 || len(providersOf) < 3 || len(regions) != len(list) {
		t.Errorf("%d hosts in %d regions of %d providers", len(list), len(regions), len(providersOf))
	}
	if _, ok := Lookup("a.example"); ok {
		t.Error("any name is a landmark")
	}
	list[0].Host = "changed"
	if All()[0].Host == "changed" {
		t.Error("a caller can change the list")
	}
}

// The nearer a landmark, the tighter its disk. Wherever most people are, one is
// near.
func TestLandmarksAreNear(t *testing.T) {
	for city, at := range map[string]struct{ lat, lon, withinKM float64 }{
		"Frankfurt": {50.11, 8.68, 200}, "London": {51.51, -0.13, 200}, "Warsaw": {52.23, 21.01, 1000}, "Helsinki": {60.17, 24.94, 700},
		"New York": {40.71, -74.01, 600}, "Chicago": {41.88, -87.63, 600}, "Dallas": {32.78, -96.80, 1700}, "Toronto": {43.65, -79.38, 700},
		"Mexico City": {19.43, -99.13, 400}, "Buenos Aires": {-34.60, -58.38, 2000}, "Lagos": {6.52, 3.38, 4900}, "Nairobi": {-1.29, 36.82, 4500},
		"Dubai": {25.20, 55.27, 800}, "Delhi": {28.61, 77.21, 1500}, "Beijing": {39.90, 116.41, 300}, "Seoul": {37.57, 126.98, 300},
		"Auckland": {-36.85, 174.76, 300}, "Jakarta": {-6.21, 106.85, 300}, "Bangkok": {13.76, 100.50, 300}, "Taipei": {25.03, 121.57, 300},
	} {
		nearest := at.withinKM + 1
		for _, l := range All() {
			nearest = min(nearest, geo.AtLeastKM(geo.Point(at.lat, at.lon), geo.Point(l.Lat, l.Lon)))
		}
		if nearest > at.withinKM {
			t.Errorf("no landmark is within %v km of %s", at.withinKM, city)
		}
	}
}

func TestBadList(t *testing.T) {
	const head = "host,provider,region,source\n"
	for text, want := range map[string]string{
		"a,aws,nowhere-1,x\n":                      "landmarks.csv:2: the place of aws:nowhere-1",
		"a,oci,ap-delhi-1,x\n":                     "is not known",
		"a,aws\n":                                  "landmarks.csv",
		"a,aws,us-east-1,x\na,aws,us-east-2,x\n":   "landmarks.csv:3: a stands twice",
		"\"a,aws,us-east-1,x\nb,aws,us-east-2,x\n": "landmarks.csv",
	} {
		if _, err := read([]byte(head + text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
