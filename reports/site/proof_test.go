package site

import (
	"math"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// TestProofIsShown: the pages of an address and of its vendor have the proof with
// its arithmetic and evidence, what it survives, and the hosts that share an
// address.
func TestProofIsShown(t *testing.T) {
	pages := renderSite(t, view.New(reporttest.Documents(t, "every"), reporttest.WholeOptions(t)))
	for page, wants := range map[string][]string{
		"addresses/203.0.113.7.html": {
			"Each of these replies, by itself, can only have come from where the claim does not allow it.",
			"The nearest place that the claim may allow is in Kazakhstan, at 50.40° N, 80.20° E: at least 5,406 km from fra.",
			"12.31 ms ÷ 2 × 199.86 km/ms = 1,230 km", "<b>1,255 km</b>", "4.31 × light in fibre", `<a href="#line.e2"><code>e2</code></a>`,
			"This result would stand if any one vantage or any one network were wrong, but not if one measurement platform were.",
			"landfall judge", "ping -c 10 203.0.113.7", "landfall probe 203.0.113.7:443 --vantage globalping:point:50.11,8.68,300 --out theirs.jsonl",
		},
		"addresses/203.0.113.8.html": {
			"This reply alone can only have come from where the claim does not allow it.", "At least 2 hosts share this address",
			"If the one vantage were wrong, this result would not stand.", "China, Mongolia", "more than ten countries",
			"One host would explain all replies if the vantages sin had wrong positions, or if something near them had answered.",
		},
		"addresses/192.0.2.10.html": {
			"Taken together, and assuming that one host sent them, these replies can only have come from where the claim allows it.",
			"One place that lies within all of these disks is 50.11° N, 8.68° E.", "any 2 vantages or any one network or any one measurement platform",
		},
		"vendors/lotus-cloud.html": {
			"Each of these replies, by itself, can only have come from where the claim does not allow it.", "<code>e2</code>", "4.31 × light in fibre",
			"This result would stand if any one vantage",
		},
	} {
		for _, want := range wants {
			if !strings.Contains(pages[page], want) {
				t.Errorf("%s does not say %q", page, want)
			}
		}
	}
	store := view.New(reporttest.Documents(t, "every"), reporttest.WholeOptions(t))
	for path, page := range renderSite(t, store) {
		if strings.HasPrefix(path, addressesFolder) && strings.Contains(page, "s3://rhine-de-1") && !strings.Contains(page, "We assume that the data is stored in one of the regions of rhine. Each region that would overturn the result is out of reach of this reply.") {
			t.Errorf("%s does not say what the proof of a store assumes", path)
		}
	}
}

// TestProofWithoutEvidence: where the evidence is not at hand, the verdicts have
// enough for the arithmetic and the map.
func TestProofWithoutEvidence(t *testing.T) {
	o := reporttest.WholeOptions(t)
	o.Evidence = nil
	page := renderSite(t, view.New(reporttest.Documents(t, "every"), o))["addresses/203.0.113.7.html"]
	for _, want := range []string{"12.31 ms ÷ 2 × 199.86 km/ms = 1,230 km", "<code>e2</code>", `<path class="disk"`, "Within 1,255 km of fra."} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestPathIsDrawn: a traced path is on the map as far as something says where its
// hosts are, with the same as text, and is said to be weak.
func TestPathIsDrawn(t *testing.T) {
	pages := renderSite(t, view.New(reporttest.Documents(t, "every"), reporttest.WholeOptions(t)))
	const description = "The path from fra (e70): hop 1 ae1.fra.lotus.example (50.03° N, 8.57° E, by its name); hop 3 192.0.2.103 (Poland, by dbip-country-lite); hop 5 r1.waw.lotus.example (52.17° N, 20.97° E, by its name). " +
		"Not drawn: 1 host without a known place, 1 host that did not answer. Of 1 only the country is known: drawn in the middle of it. Names and databases are written by their owners: this shows a possible path and proves nothing."
	for _, page := range []string{"addresses/203.0.113.7.html", "vendors/lotus-cloud.html"} {
		if text := pages[page]; !strings.Contains(text, description) || strings.Count(text, `<path class="way"`) != 1 || strings.Count(text, `<circle class="hop"`) != 2 || strings.Count(text, `<circle class="hop amid"`) != 1 {
			t.Errorf("%s has %d paths and %d hops, or not the description", page, strings.Count(text, `<path class="way"`), strings.Count(text, `<circle class="hop"`))
		}
	}
	if text := pages["addresses/203.0.113.8.html"]; strings.Contains(text, `class="way"`) || strings.Contains(text, "The path from") {
		t.Error("an address has the path to another")
	}
	// A vantage that is set aside may be elsewhere than it says.
	docs := reporttest.Documents(t, "every")
	docs[0].Vantages[0].SetAside = "its self-check failed"
	if text := renderSite(t, view.New(docs, reporttest.WholeOptions(t)))["addresses/203.0.113.7.html"]; strings.Contains(text, "The path from") {
		t.Error("a path begins where a vantage says that it is, which is set aside")
	}
}

// TestImpossibleProofs: a disk that no reply can have is left out, whoever wrote
// it.
func TestImpossibleProofs(t *testing.T) {
	good := verdict.ProofDisk{Vantage: "v1", Evidence: "e1", Lat: 50, Lon: 8, RTTMS: 10, RadiusKM: 1000}
	for name, change := range map[string]func(d *verdict.ProofDisk){
		"": func(*verdict.ProofDisk) {}, "latitude": func(d *verdict.ProofDisk) { d.Lat = 91 }, "longitude": func(d *verdict.ProofDisk) { d.Lon = math.Inf(1) },
		"time": func(d *verdict.ProofDisk) { d.RTTMS = -1 }, "no-time": func(d *verdict.ProofDisk) { d.RTTMS = math.NaN() }, "radius": func(d *verdict.ProofDisk) { d.RadiusKM = 1e300 },
	} {
		d := good
		change(&d)
		if _, ok := newPages(&view.View{}).proofDisk("r", &d); ok != (name == "") {
			t.Errorf("%s: %v", name, ok)
		}
	}
}
