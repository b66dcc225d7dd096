package accepted

import (
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
)

const good = "schema: landfall.accepted/v1\naccepted:\n  - {vendor: lotus-cloud, claim: anywhere-but-china, result: refuted, reason: The contract ends in May., by: A. Person, until: 2026-12-31}\n"

func TestParse(t *testing.T) {
	list, err := Parse("accepted.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	want := []Result{{Vendor: "lotus-cloud", Claim: "anywhere-but-china", Result: verdict.Refuted, Reason: "The contract ends in May.", By: "A. Person", Until: "2026-12-31"}}
	if !slices.Equal(list, want) {
		t.Errorf("%+v was read, want %+v", list, want)
	}
	for _, bad := range []string{
		"", "x", "schema: other", "schema: landfall.accepted/v1\naccepted: [{vendor: a}]",
		"schema: landfall.accepted/v1\naccepted: [{vendor: a, claim: b, result: fine, reason: c, until: 2026-01-01}]",
		"schema: landfall.accepted/v1\naccepted: [{vendor: a, claim: b, result: refuted, until: 2026-01-01}]",
		"schema: landfall.accepted/v1\naccepted: [{vendor: a, claim: b, result: refuted, reason: c}]",
		"schema: landfall.accepted/v1\naccepted: [{vendor: a, claim: b, result: refuted, reason: c, until: 2026-01-01, more: d}]",
		"schema: landfall.accepted/v1\naccepted: " + strings.Repeat("[", 100_000), "schema: landfall.accepted/v1\naccepted: " + strings.Repeat("{a: ", 50_000),
		"schema: landfall.accepted/v1\naccepted:\n" + strings.Repeat("- ", 50_000), strings.Repeat("? ", 50_000),
	} {
		if _, err := Parse("accepted.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), "accepted.yaml") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.200q returns %v", bad, err)
		}
	}
}
