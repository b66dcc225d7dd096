package target

import (
	"os"
	"path/filepath"
	"testing"
)

// A server that a claims file names is not shown the user's credentials: the file
// may come from anyone. One of the command line is the user's own choice.
func TestWhoIsShownCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "claims.yaml")
	text := `schema: landfall.claims/v1
vendor: lab
name: Lab
endpoints:
  - host: "s3://photos?endpoint=https://s3.example.com"
    roles: [backup]
  - host: "s3://photos"
    roles: [backup]
claims: []
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sheets, err := Sheets([]string{"s3://photos?endpoint=https://s3.example.org", "gs://photos/"}, []string{file})
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Probed(sheets, false)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"s3://photos?endpoint=https://s3.example.com": true, "s3://photos": false,
		"s3://photos?endpoint=https://s3.example.org": false, "gs://photos": false,
	}
	for _, target := range targets {
		if anonymous, named := want[target.Host]; !named || target.Anonymous != anonymous {
			t.Errorf("%s: anonymous %v", target.Host, target.Anonymous)
		}
	}
	if len(targets) != len(want) {
		t.Errorf("%d targets, want %d", len(targets), len(want))
	}
}
