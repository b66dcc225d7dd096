package plan_test

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// lie makes one vantage in five lie: it is where another is, or what it is
// answered is made to look sooner, or something beside it answers for everybody.
func (m *mesh) lie(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	how := map[string]int{}
	for _, i := range random.Perm(len(m.offers))[:len(m.offers)/5] {
		how[m.offers[i].Key] = 1 + random.IntN(3)
		if how[m.offers[i].Key] == 1 {
			elsewhere := m.offers[random.IntN(len(m.offers))].Vantage
			m.offers[i].Vantage.Lat, m.offers[i].Vantage.Lon = elsewhere.Lat, elsewhere.Lon
		}
	}
	for _, o := range m.inOrder() {
		switch how[o.Vantage] {
		case 2:
			o.MinMS *= 0.1 + 0.4*random.Float64()
		case 3:
			o.MinMS = 0.3 + random.Float64()
		}
	}
}

// countriesOf gives the true country of each address of a labelled folder.
func countriesOf(folder string) (map[string]string, error) {
	f, err := os.Open(filepath.Join(folder, "truth.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		out[row[0]] = row[2]
	}
	return out, nil
}

// wrong counts the verdicts on claims of one country (allow-xx, deny-xx) that the
// truth contradicts, and those that are conclusive.
func wrong(doc *verdict.Document, countries map[string]string) (wrong, conclusive int) {
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		sense, code, _ := strings.Cut(v.Claim, "-")
		if len(code) != 2 || v.Result != verdict.Refuted && v.Result != verdict.Proven {
			continue
		}
		conclusive++
		isTrue := strings.EqualFold(code, countries[v.Addr]) == (sense == "allow")
		if isTrue != (v.Result == verdict.Proven) {
			wrong++
		}
	}
	return wrong, conclusive
}

// One vantage in five lies, and nothing wrong is refuted or proven of what the
// planner asked, of few vantages as it has to.
func TestPlannedOfLiars(t *testing.T) {
	for _, folder := range labelledFolders() {
		if filepath.Base(folder) != "wonderproxy-2020-few" {
			continue
		}
		countries, err := countriesOf(folder)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(4) {
			m, err := readMesh(folder)
			if err != nil {
				t.Fatal(err)
			}
			m.lie(seed)
			for _, part := range []int{10, 20, 40} {
				asked, _, err := m.planned(len(m.times)*part/100, func(map[plan.Asked]bool) bool { return false })
				if err != nil {
					t.Fatal(err)
				}
				doc, err := verdict.Judge(m.sheets, m.bundle(func(at plan.Asked) bool { return asked[at] }))
				if err != nil {
					t.Fatal(err)
				}
				n, conclusive := wrong(doc, countries)
				t.Logf("seed %d, %d %% asked: %d conclusive, %d wrong", seed, part, conclusive, n)
				if n > 0 {
					t.Errorf("seed %d, %d %% asked: %d verdicts are wrong", seed, part, n)
				}
			}
		}
	}
}
