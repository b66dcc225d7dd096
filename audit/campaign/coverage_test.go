package campaign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

func TestCoverage(t *testing.T) {
	missing := func(name, qtype string, n int) evidence.Observation {
		u := &evidence.Unmeasured{Name: name, Type: qtype, Asked: 10}
		for i := range n {
			u.Countries = append(u.Countries, fmt.Sprintf("A%c", 'A'+i))
		}
		return &evidence.Error{Unmeasured: u}
	}
	measured := func(name, qtype string) evidence.Observation {
		return &evidence.DNS{Name: name, Type: qtype, ClientCountry: "DE", ClientSubnet: "192.0.2.0/24"}
	}
	same := &evidence.DNS{Name: "same.example", Type: "A", ECSScope: evidence.NoECS}
	for _, test := range []struct {
		name   string
		seen   []evidence.Observation
		failed bool
		text   string // in the error or the warning; empty: nothing is said
	}{
		{"nothing", nil, false, ""},
		{"all-measured", []evidence.Observation{measured("a.example", "A"), measured("a.example", "A"), same}, false, ""},
		{"nobody-asked-for-countries", []evidence.Observation{&evidence.DNS{Name: "a.example", Type: "A"}, &evidence.Error{Target: "a.example A"}}, false, ""},
		{"all-missing", []evidence.Observation{missing("a.example", "A", 10)}, true, "10 of the 10 countries"},
		{"a-few", []evidence.Observation{measured("a.example", "A"), missing("a.example", "A", 3)}, false, "3 of the 10 countries"},
		{"only-of-what-was-not-asked-for", []evidence.Observation{missing("landmark.example", "A", 10)}, false, ""},
		{"half", []evidence.Observation{missing("a.example", "A", 10), measured("a.example", "AAAA")}, false, "10 of the 20 countries"},
		{"less-than-half", []evidence.Observation{missing("a.example", "A", 10), missing("b.example", "A", 1), measured("a.example", "AAAA"), missing("a.example", "AAAA", 6), same}, false, "17 of the 40"},
		{"most", []evidence.Observation{missing("b.example", "A", 10), missing("a.example", "A", 10), same}, true, "20 of the 30 countries that were asked for, counted for each name and address type (2 of 3, such as a.example); give a resolver"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said []string
			targets := []probes.Target{{Host: "A.example.", Port: 443}, {Host: "b.example", Port: 443}, {Host: "same.example", Port: 443}, {Host: "s3://bucket"}}
			err := coverageOf(targets, test.seen).report(func(e event.Event) { said = append(said, e.String()) })
			text := strings.Join(said, "\n")
			if err != nil {
				text += err.Error()
			}
			if (err != nil) != test.failed || !strings.Contains(text, test.text) || test.text == "" && text != "" {
				t.Errorf("failed %v: %q; %v and %q are expected", err != nil, text, test.failed, test.text)
			}
		})
	}
}
