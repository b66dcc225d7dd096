package providers

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers/schema"
)

const smallSheet = "schema: landfall.claims/v1\nvendor: VENDOR\nname: Small\nclaims: []\n"

func writeSheets(t *testing.T, vendors map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for file, vendor := range vendors {
		data := strings.ReplaceAll(smallSheet, "VENDOR", vendor)
		if err := os.WriteFile(filepath.Join(folder, file), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestLoadFolder(t *testing.T) {
	folder := writeSheets(t, map[string]string{"b.yaml": "one", "a.yml": "two", "notes.txt": "three"})
	if err := os.Mkdir(filepath.Join(folder, "sub.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	sheets, err := LoadPath(folder)
	if err != nil {
		t.Fatal(err)
	}
	var vendors []string
	for _, sheet := range sheets {
		vendors = append(vendors, sheet.Vendor)
	}
	if !slices.Equal(vendors, []string{"two", "one"}) {
		t.Errorf("vendors %v, want those of a.yml and b.yaml in this order", vendors)
	}
}

func TestLoadFolderErrors(t *testing.T) {
	folder := writeSheets(t, map[string]string{"a.yaml": "same", "b.yaml": "same", "c.yaml": "Bad Id", "d.yaml": "UPPER"})
	_, err := LoadPath(folder)
	if err == nil {
		t.Fatal("a folder of bad sheets is read")
	}
	at := func(file string) string { return filepath.Join(folder, file) + ":2:9" }
	for _, want := range []string{
		at("b.yaml") + `: vendor "same" is described at ` + at("a.yaml"), at("c.yaml") + `: id "Bad Id"`, at("d.yaml") + `: id "UPPER"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	var problems schema.Problems
	if !errors.As(err, &problems) {
		t.Errorf("error of type %T holds no Problems", err)
	}
	if _, err := LoadPath(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no .yaml or .yml file") {
		t.Errorf("empty folder: %v", err)
	}
	for _, load := range []func(string) error{
		func(path string) error { _, err := LoadPath(path); return err },
		func(path string) error { _, err := LoadFile(path); return err },
	} {
		if err := load(filepath.Join(folder, "missing.yaml")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("missing file: %v", err)
		}
	}
}

func TestCatalogue(t *testing.T) {
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	if len(sheets) != len(files(t, "catalogue/*")) {
		t.Errorf("%d sheets, want one for each file", len(sheets))
	}
	for i, sheet := range sheets {
		if want := "catalogue/" + sheet.Vendor + ".yaml"; sheet.File != want {
			t.Errorf("vendor %s stands in %s, want %s", sheet.Vendor, sheet.File, want)
		}
		if i > 0 && sheets[i-1].Vendor >= sheet.Vendor {
			t.Errorf("%s is out of order", sheet.Vendor)
		}
		checkCatalogueSheet(t, sheet)
	}
}

// checkCatalogueSheet holds the sheets that come with the program to more than
// the language asks of a user's own.
func checkCatalogueSheet(t *testing.T, sheet *Sheet) {
	t.Helper()
	data, err := os.ReadFile(sheet.File)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "# yaml-language-server: $schema=../claims.schema.json\n") {
		t.Errorf("%s does not begin with the line that names its schema", sheet.File)
	}
	if len(sheet.Claims)+len(sheet.Endpoints) == 0 {
		t.Errorf("%s says nothing: a gap is better than an empty sheet", sheet.File)
	}
	known := sheet.Operator.Organisation != "" && sheet.Operator.Jurisdiction != "" && len(sheet.Claims) > 0
	if !known && len(sheet.Open) == 0 {
		t.Errorf("%s lacks an operator or claims and has no open question", sheet.File)
	}
	for _, endpoint := range sheet.Endpoints {
		if endpoint.HostKind() != HostName || len(endpoint.Roles) == 0 {
			t.Errorf("%s: endpoint %s is no name or has no role", endpoint.Pos, endpoint.Host)
		}
	}
	for _, claim := range sheet.Claims {
		if claim.Source.Grade == "" {
			t.Errorf("%s: the source has no grade", claim.Pos)
		}
		if claim.Testable() == (claim.Strength == StrengthVague) {
			t.Errorf("%s: strength %s, and testable: %v", claim.Pos, claim.Strength, claim.Testable())
		}
		announced, dated := claim.Strength == StrengthAnnouncement, !claim.Deadline.IsZero()
		if dated && !announced || announced && !dated && claim.Source.Grade != GradePress {
			t.Errorf("%s: strength %s with the deadline %q", claim.Pos, claim.Strength, claim.Deadline)
		}
		if _, inForce := claim.InForceOn(claim.Source.Published); !claim.Source.Published.IsZero() && inForce != "" {
			t.Errorf("%s: does not stand on the day of its own publication: %s", claim.Pos, inForce)
		}
	}
}

func TestLookup(t *testing.T) {
	sheet, err := Lookup("pcloud")
	if err != nil || sheet.Name != "pCloud" {
		t.Fatalf("Lookup(pcloud) = %v, %v", sheet, err)
	}
	_, err = Lookup("xiaomi-clod")
	if !errors.Is(err, ErrUnknownVendor) || !strings.Contains(err.Error(), "did you mean xiaomi-cloud?") {
		t.Errorf("misspelt vendor: %v", err)
	}
	_, err = Lookup("no-such-vendor-anywhere")
	if !errors.Is(err, ErrUnknownVendor) || !strings.Contains(err.Error(), "expected one of acronis, ") {
		t.Errorf("unknown vendor: %v", err)
	}
}
