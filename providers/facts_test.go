package providers

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// fact is a claim of the fact base that the sheets were written from, which may
// be kept beside the repository.
type fact struct {
	ID        string
	Quote     string
	SourceURL string `yaml:"source_url"`
	Certainty string
	Grade     string `yaml:"source_grade"`
	Status    string
}

// facts is the fact base; ok is false where it is not kept here.
func facts(t *testing.T) (all []fact, ok bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "facts", "vendors.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	var base struct{ Vendors []struct{ Claims []fact } }
	if err := yaml.Unmarshal(data, &base); err != nil {
		t.Fatal(err)
	}
	for _, vendor := range base.Vendors {
		all = append(all, vendor.Claims...)
	}
	if len(all) < 50 {
		t.Fatalf("only %d facts were read", len(all))
	}
	return all, true
}

// openQuotes is the words that OPEN.md keeps out of the sheets. Each must be
// followed by where it was read and by a reason.
func openQuotes(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile("OPEN.md")
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^> (.+)\n\nRead in .+\.\n\n[A-Z].+\.$`)
	found := map[string]bool{}
	for _, match := range entry.FindAllStringSubmatch(string(data), -1) {
		found[match[1]] = true
	}
	if marks := strings.Count(string(data), "\n> "); marks != len(found) || marks == 0 {
		t.Errorf("OPEN.md has %d quotes, %d of them with a source and a reason", marks, len(found))
	}
	return found
}

func sourcesByQuote(t *testing.T) map[string][]Source {
	t.Helper()
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]Source{}
	for _, sheet := range sheets {
		for _, claim := range sheet.Claims {
			found[claim.Says] = append(found[claim.Says], claim.Source)
		}
	}
	return found
}

// Words are in a sheet or out of it, never both.
func TestOpenWordsStandInNoSheet(t *testing.T) {
	used := sourcesByQuote(t)
	for quote := range openQuotes(t) {
		if len(used[quote]) > 0 {
			t.Errorf("OPEN.md says that no sheet has %q, and one has", quote)
		}
	}
}

// Every quotation of the fact base is in a sheet, with its source, or listed
// with the reason; and a sheet quotes nothing else.
func TestQuotesAgainstTheFacts(t *testing.T) {
	all, ok := facts(t)
	if !ok {
		t.Log("the fact base is not kept beside the repository: nothing to compare with")
		return
	}
	used, open, known := sourcesByQuote(t), openQuotes(t), map[string]bool{}
	for _, fact := range all {
		if fact.Quote == "" {
			continue
		}
		known[fact.Quote] = true
		if len(used[fact.Quote]) == 0 && !open[fact.Quote] {
			t.Errorf("%s: %q is neither in a sheet nor in OPEN.md", fact.ID, fact.Quote)
		}
		for _, source := range used[fact.Quote] {
			checkFact(t, fact, source)
		}
	}
	for quote := range used {
		if !known[quote] {
			t.Errorf("a sheet quotes %q, which no fact has", quote)
		}
	}
}

func checkFact(t *testing.T, fact fact, source Source) {
	t.Helper()
	if strings.HasPrefix(fact.Certainty, "memory") {
		t.Errorf("%s was not read in a page, and a sheet quotes it", fact.ID)
	}
	if strings.HasPrefix(fact.SourceURL, "http") && !strings.HasPrefix(fact.SourceURL, source.URL) {
		t.Errorf("%s was read at %s, and a sheet says %s", fact.ID, fact.SourceURL, source.URL)
	}
	grades := map[string]Grade{
		"official": GradeOfficial, "official text seen through a third-party copy": GradeCopy, "press": GradePress,
		"third party": GradeThirdParty, "third-party code or docs": GradeThirdParty,
	}
	if source.Grade != grades[fact.Grade] {
		t.Errorf("%s is of grade %s, and a sheet says %s", fact.ID, fact.Grade, source.Grade)
	}
}

// A claim whose words no longer stand has the last day on which they are known
// to have stood, or is a plan with the day by which it was to be carried out.
func TestSupersededClaimsHaveAnEnd(t *testing.T) {
	all, ok := facts(t)
	if !ok {
		t.Log("the fact base is not kept beside the repository: nothing to compare with")
		return
	}
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	past := 0
	for _, fact := range all {
		superseded := strings.HasPrefix(fact.Status, "superseded")
		if fact.Quote == "" || !superseded && !strings.HasPrefix(fact.Status, "historic") {
			continue
		}
		past++
		for _, sheet := range sheets {
			for _, claim := range sheet.Claims {
				planned := !superseded && claim.Strength == StrengthAnnouncement && !claim.Deadline.IsZero()
				if claim.Says == fact.Quote && claim.Until.IsZero() && !planned {
					t.Errorf("%s/%s: the words are %s, and it has neither until nor, as a plan, a deadline", sheet.Vendor, claim.ID, fact.Status)
				}
			}
		}
	}
	if past == 0 {
		t.Error("the fact base knows no words that no longer stand")
	}
}
