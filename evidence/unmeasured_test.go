package evidence_test

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

func TestUnmeasured(t *testing.T) {
	line := func(u *evidence.Unmeasured) *evidence.Error {
		return &evidence.Error{Meta: evidence.Meta{Kind: evidence.KindError, ID: "e1"}, Probe: "dns", Target: "a.example client-subnets", Error: "no reply", Class: evidence.ClassTimeout, Unmeasured: u}
	}
	for name, test := range map[string]struct {
		u  *evidence.Unmeasured
		ok bool
	}{
		"none":          {nil, true},
		"some":          {&evidence.Unmeasured{Name: "a.example", Type: "A", Asked: 3, Countries: []string{"DE", "IN"}}, true},
		"more-than-all": {&evidence.Unmeasured{Name: "a.example", Type: "A", Asked: 1, Countries: []string{"DE", "IN"}}, false},
		"no-code":       {&evidence.Unmeasured{Name: "a.example", Type: "A", Asked: 3, Countries: []string{"Germany"}}, false},
		"control":       {&evidence.Unmeasured{Name: "a.example", Type: "A", Asked: 3, Countries: []string{"\x1b["}}, false},
		"name":          {&evidence.Unmeasured{Name: "a\n", Type: "A", Asked: 3}, false},
		"type":          {&evidence.Unmeasured{Name: "a.example", Type: "\x00", Asked: 3}, false},
		"endless":       {&evidence.Unmeasured{Name: "a.example", Type: "A", Asked: 9999, Countries: make([]string, 400)}, false},
	} {
		if err := evidence.Validate(line(test.u)); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
