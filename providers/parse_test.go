package providers

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/providers/schema"
)

func TestBadSheets(t *testing.T) {
	for _, file := range files(t, "testdata/bad/*.yaml") {
		t.Run(baseName(file), func(t *testing.T) {
			sheet, err := LoadFile(file)
			if err == nil {
				t.Fatalf("parsed as %+v", sheet)
			}
			var problems schema.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error of type %T, want Problems: %v", err, err)
			}
			for _, problem := range problems {
				if problem.File != file || problem.Line < 1 || problem.Column < 1 || problem.Message == "" || strings.Contains(problem.Message, "\n") {
					t.Errorf("problem without place or in several lines: %#v", problem)
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(err.Error()+"\n"))
		})
	}
}

func TestGoodSheets(t *testing.T) {
	for _, file := range append(files(t, "testdata/ok/*.yaml"), files(t, "catalogue/*.yaml")...) {
		if _, err := LoadFile(file); err != nil {
			t.Error(err)
		}
	}
}

// TestMeasuredSheets reads the claim files of the measured data sets, where they
// lie beside the checkout.
func TestMeasuredSheets(t *testing.T) {
	found, err := filepath.Glob("../../shared/data/latency/*/claims.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range found {
		sheet, err := LoadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, endpoint := range sheet.Endpoints {
			if endpoint.PrivateAddress() {
				t.Errorf("%s: %s counts as private", endpoint.Pos, endpoint.Host)
			}
		}
		for _, claim := range sheet.Claims {
			if !claim.Testable() {
				t.Errorf("%s: claim %s counts as untestable", claim.Pos, claim.ID)
			}
		}
	}
}

func TestEveryField(t *testing.T) {
	const file = "testdata/ok/contract.yaml"
	sheet, err := LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) schema.Pos { return schema.Pos{File: file, Line: line, Column: column} }
	day := func(text string) Date { return mustDate(t, text) }
	want := &Sheet{
		Schema: SchemaID, Vendor: "example-cloud", Name: "Example Cloud", File: file, Pos: at(2, 9),
		Operator: Operator{Organisation: "Example Inc.", Jurisdiction: "CN"},
		Endpoints: []Endpoint{{
			Host: "api.example.com", Port: 443, Roles: []Role{RoleSync, RoleBackup}, Bootstrap: true, Pos: at(6, 11),
			When:   Condition{Regions: []string{"sgp"}, UserCountry: CountryRule{In: []string{"IN", "TW"}}},
			Source: Source{URL: "https://example.com/endpoints", Retrieved: day("2026-01-01")},
		}},
		Claims: []Claim{
			{
				ID: "anywhere-but-china", Says: "verbatim words of the vendor", Pos: at(13, 9),
				Source: Source{
					URL: "https://example.com/claims", Retrieved: day("2026-01-01"), Published: day("2014-10-22"),
					SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Grade: GradeOfficial,
				},
				About: AboutLocation, Covers: []Cover{CoverContent, CoverBackup}, State: StateRest,
				Allow: []Place{
					{Kind: KindGroup, Code: "EU"}, {Kind: KindCountry, Code: "IE", Except: true}, {Kind: KindCountry, Code: "CH"},
					{Kind: KindRegion, Provider: "aws", Code: "eu-central-1"}, {Kind: KindSubdivision, Code: "DE-BB"},
					{Kind: KindPoint, Lat: -1.5, Lon: 36.8, RadiusKM: 25},
				},
				Deny:    []Place{{Kind: KindCountry, Code: "CN"}},
				Require: []Place{{Kind: KindRegion, Provider: "aws", Code: "eu-west-1"}, {Kind: KindCountry, Code: "FR"}},
				When:    Condition{Plans: []string{"business"}, Regions: []string{"eu"}, UserCountry: CountryRule{NotIn: []string{"CN"}}},
				KeyedOn: KeyedOnAccountCountry, Strength: StrengthCommitment,
				Since: day("2014-10-22"), Deadline: day("2014-12-31"),
				Exceptions: []string{"transit", "support access from outside, on request"},
			},
			{
				ID: "run-by-someone-else", Says: "Two lines of the vendor's words,\nkept as they are.", Pos: at(37, 9),
				Source: Source{URL: "https://example.com/claims", Retrieved: day("2026-01-01"), Grade: GradePress},
				About:  AboutOperator, Covers: []Cover{CoverContent}, State: StateAny,
				Operators: OperatorTerms{
					Allow: OperatorSet{Jurisdictions: []string{"CH", "NO"}},
					Deny:  OperatorSet{Organisations: []string{"Xiaomi"}, Jurisdictions: []string{"CN"}},
				},
				When:    Condition{Plans: []string{"business"}, UserCountry: CountryRule{In: []string{"NO"}}},
				KeyedOn: KeyedOnAccountCountry, Strength: StrengthCommitment,
			},
			{
				ID: "says-nothing", Says: "Your data is safe with us.", Pos: at(45, 9),
				Source: Source{URL: "http://example.com/safe", Retrieved: day("2026-01-01")},
				About:  AboutLocation, Covers: []Cover{CoverContent}, State: StateAny,
				KeyedOn: KeyedOnAccountCountry, Strength: StrengthVague,
			},
		},
		Open: []string{"Where is the second data centre?"},
	}
	if diff := cmp.Diff(want, sheet); diff != "" {
		t.Errorf("sheet differs (-want +got):\n%s", diff)
	}
}

func TestSizeIsBounded(t *testing.T) {
	data := append([]byte("schema: landfall.claims/v1\n"), bytes.Repeat([]byte("# comment\n"), schema.MaxSize/10+1)...)
	if _, err := Parse("big.yaml", data); err == nil || !strings.Contains(err.Error(), "big.yaml:1:1: the file has more than 4 MiB") {
		t.Errorf("error %v, want one about the size", err)
	}
}

// TestHostileSheetsAreQuick feeds files that are built to keep a parser busy, at
// the bound of what is let through. The limit is generous: what it catches is
// growth with the square of the size, which takes minutes.
func TestHostileSheetsAreQuick(t *testing.T) {
	if testing.Short() {
		return
	}
	for name, piece := range map[string]string{
		"brackets": "[", "braces": "{", "dashes": "- ", "questions": "? ", "quotes": "\"\\x", "colons": "a: ", "keys": "a: b\n",
		"lines": "\n", "anchors": "&a ", "tags": "! ", "aliases": "*a ", "literals": "|\n ", "commas": "a,", "items": "- a\n",
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Repeat([]byte(piece), (schema.MaxMarks-1)/schema.Marks([]byte(piece)))
			if name == "commas" {
				data[0] = '['
			}
			start := time.Now()
			if _, err := Parse("hostile.yaml", data); err == nil || strings.Contains(err.Error(), "split it") {
				t.Errorf("error %v, want one of the YAML reader", err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if _, err := Parse("hostile.yaml", append(data, data...)); err == nil || !strings.Contains(err.Error(), "line breaks and the like, split it") {
				t.Errorf("error %v, want one about the structure", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/bad/*.yaml", "catalogue/*.yaml"} {
		for _, file := range files(f, pattern) {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sheet, err := Parse("fuzz.yaml", data)
		if (sheet == nil) == (err == nil) {
			t.Fatalf("sheet %v and error %v", sheet, err)
		}
		if err != nil {
			return
		}
		for _, endpoint := range sheet.Endpoints {
			if CheckHost(endpoint.Host) != nil || endpoint.Port == 0 {
				t.Fatalf("kept the endpoint %+v", endpoint)
			}
		}
		for _, claim := range sheet.Claims {
			if claim.ID == "" || claim.Says == "" || claim.Source.URL == "" || claim.Pos.Line < 1 {
				t.Fatalf("kept the claim %+v", claim)
			}
			for _, places := range [][]Place{claim.Allow, claim.Deny, claim.Require} {
				if _, err := Resolve(places, claim.Source.Retrieved); err != nil && !errors.Is(err, errOnlyExceptions) {
					t.Fatal(err)
				}
			}
		}
	})
}
