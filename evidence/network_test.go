package evidence

import "testing"

// A word that the table lacks is trusted least, and so is none.
func TestUnknownNetworkIsTrustedLeast(t *testing.T) {
	least := VantageNetwork{Name: NetworkImport, SelfReported: true}
	for _, word := range []string{"", "imported", "Atlas", NetworkImport} {
		if got := NetworkOf(word); got != least {
			t.Errorf("%q is %+v", word, got)
		}
	}
	for _, known := range VantageNetworks() {
		if got := NetworkOf(known.Name); got != known {
			t.Errorf("%s is %+v", known.Name, got)
		}
	}
}
