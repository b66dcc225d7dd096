package providers

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestTablesOfSheets compares the tables that are made from the sheets with what
// the documents show.
func TestTablesOfSheets(t *testing.T) {
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []struct{ file, marker, table string }{
		{"../README.md", "vendors", vendorTable(sheets)},
		{"OPEN.md", "untestable", untestableTable(sheets)},
	} {
		text, err := os.ReadFile(document.file)
		if err != nil {
			t.Fatal(err)
		}
		block := regexp.MustCompile(`(?s)(<!-- ` + document.marker + ` -->\n).*?(<!-- end -->)`)
		if !block.Match(text) {
			t.Errorf("%s has no place for the table of %s", document.file, document.marker)
		}
		made := block.ReplaceAllFunc(text, func([]byte) []byte {
			return []byte("<!-- " + document.marker + " -->\n" + document.table + "<!-- end -->")
		})
		golden(t, document.file, made)
	}
}

// vendorTable is one line a sheet, as Markdown.
func vendorTable(sheets []*Sheet) string {
	var out strings.Builder
	out.WriteString("| vendor | service | operator | endpoints | claims | of them testable |\n|---|---|---|---:|---:|---:|\n")
	for _, sheet := range sheets {
		testable := 0
		for _, claim := range sheet.Claims {
			if claim.Testable() {
				testable++
			}
		}
		operator := sheet.Operator.Organisation
		if sheet.Operator.Jurisdiction != "" {
			operator += " (" + sheet.Operator.Jurisdiction + ")"
		}
		fmt.Fprintf(&out, "| [`%s`](%s) | %s | %s | %d | %d | %d |\n", sheet.Vendor, path.Join("providers", sheet.File),
			cell(sheet.Name), cell(operator), len(sheet.Endpoints), len(sheet.Claims), testable)
	}
	return out.String()
}

// untestableTable is one line for each claim that names no place and no operator.
func untestableTable(sheets []*Sheet) string {
	var out strings.Builder
	out.WriteString("| claim | words |\n|---|---|\n")
	for _, sheet := range sheets {
		for _, claim := range sheet.Claims {
			if !claim.Testable() {
				fmt.Fprintf(&out, "| `%s/%s` | %s |\n", sheet.Vendor, claim.ID, cell(claim.Says))
			}
		}
	}
	return out.String()
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}
