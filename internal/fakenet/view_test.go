package fakenet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

func TestScenariosAreGood(t *testing.T) {
	list, err := scenario.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 15 {
		t.Errorf("only %d scenarios", len(list))
	}
	for _, s := range list {
		if s.About == "" || len(s.Claims) == 0 || len(s.Expect) == 0 {
			t.Errorf("%s: it says not what is true, claimed or expected", s.Name)
		}
		for _, v := range s.Vantages {
			if _, err := newView(s, v.Name); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := scenario.Named("no-such"); err == nil {
		t.Error("a scenario that is not there")
	}
	if _, err := newView(list[0], "no-such"); err == nil {
		t.Error("a vantage that is not there")
	}
}

// Worlds of templates can be looked at from each of their vantages.
func TestViewsOfTemplates(t *testing.T) {
	names, err := scenario.Templates()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for seed := range uint64(15) {
			for _, fault := range []bool{true, false} {
				s, err := scenario.FromTemplate(name, fault, seed)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range s.Vantages {
					if _, err := newView(s, v.Name); err != nil {
						t.Errorf("%s, seed %d: %v", name, seed, err)
					}
				}
			}
		}
	}
}

func FuzzView(f *testing.F) {
	files, err := filepath.Glob("scenario/scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no scenarios: ", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenario.Parse("fuzz.yaml", data)
		if err != nil {
			return
		}
		// What passed its checks can be looked at from everywhere.
		for _, v := range s.Vantages {
			seen, err := newView(s, v.Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range seen.nodes {
				if n.path.rtt < 0 {
					t.Fatalf("%s is %v away", n.host.Name, n.path.rtt)
				}
			}
		}
	})
}
