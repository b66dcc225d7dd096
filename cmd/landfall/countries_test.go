package main

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/needs"
)

// TestRunThatKnowsNothingOfOtherCountries asks a resolver that does not pass
// client subnets on, for zones whose servers nobody knows.
func TestRunThatKnowsNothingOfOtherCountries(t *testing.T) {
	needs.Time(t)
	lab := newLab(t, t.Cleanup)
	deaf := serveDNS(t, t.Cleanup, func(w dns.ResponseWriter, q *dns.Msg) {
		q.Extra = nil // the options of the question
		lab.answer(w, q)
	})
	for _, test := range []struct {
		resolver, countries string
		status              int
	}{
		{deaf, "DE,IN,BR", exitIncomplete},
		{deaf, "none", exitComplete},
		{lab.resolver, "DE,IN,BR", exitComplete},
	} {
		s, out, errs := isolated(t)
		status := run(t.Context(), s, []string{"probe", "a.vendor.test:" + lab.port, "--resolver", test.resolver, "--allow-private", "--offline", "--no-selfcheck", "--countries", test.countries, "--no-progress"})
		told := strings.Contains(errs.String(), "not known for 3 of the 3 countries that were asked for") && strings.Contains(errs.String(), "--resolver 8.8.8.8")
		data := strings.Contains(out.String(), `"unmeasured":{"name":"a.vendor.test","type":"A","asked":3,"countries":["BR","DE","IN"]}`)
		if missing := test.status == exitIncomplete; status != test.status || told != missing || data != missing {
			t.Errorf("--countries %s: status %d, want %d, %v, %v: %s", test.countries, status, test.status, told, data, errs)
		}
	}
}
