package providers_test

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers"
)

// TestCountryCode reads all two-letter codes, in both cases, against the list of
// ISO 3166-1.
func TestCountryCode(t *testing.T) {
	iso := map[string]bool{}
	for _, country := range providers.Countries() {
		iso[country.Code] = true
	}
	if len(iso) != 250 {
		t.Fatalf("%d countries; 249 of ISO 3166-1 and Kosovo are expected", len(iso))
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, first := range letters {
		for _, second := range letters {
			code, want := string(first)+string(second), ""
			switch {
			case code == "UK":
				want = "GB"
			case iso[code]:
				want = code
			}
			for _, text := range []string{code, strings.ToLower(code), " " + code + "\t"} {
				if got := providers.CountryCode(text); got != want {
					t.Errorf("CountryCode(%q) = %q; want %q", text, got, want)
				}
			}
		}
	}
	for _, text := range []string{"", " ", "A1", "A2", "O1", "001", "DEU", "Germany", "D", "DE\x00", "\u0130N"} {
		if got := providers.CountryCode(text); got != "" {
			t.Errorf("CountryCode(%q) = %q; none is expected", text, got)
		}
	}
}
