package formats

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
)

// The schema of JUnit XML is Jenkins's; .ci/need fetches it, and xmllint holds
// files against it.
const (
	needJUnitSchema = "LANDFALL_NEED_JUNIT_XSD" // "1": a missing schema is a failure
	junitSchemaFile = "LANDFALL_JUNIT_XSD"      // path of jenkins-junit.xsd
)

// TestJUnitHoldsToItsSchema: whatever stands in the verdicts, the file is valid
// by the schema that tools read JUnit XML by, and one that is not is found out.
func TestJUnitHoldsToItsSchema(t *testing.T) {
	needs.Program(t, "xmllint")
	schema := os.Getenv(junitSchemaFile)
	xmllint, err := exec.LookPath("xmllint")
	if schema == "" || err != nil {
		needs.Missing(t, needJUnitSchema, "JUnit XML by its schema: it takes xmllint (Debian: apt-get install libxml2-utils) and "+junitSchemaFile+" (sh .ci/need fetches it)")
	}
	holds := func(text string) error {
		c := exec.Command(xmllint, "--nonet", "--noout", "--schema", schema, "-")
		c.Stdin = strings.NewReader(text)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%.2000s", err, out)
		}
		return nil
	}
	texts := map[string]string{}
	for name, files := range reporttest.Scenarios() {
		texts[name] = render(t, "junit", view.New(reporttest.Documents(t, files...), reporttest.WholeOptions(t)))
	}
	for shift := 0; shift < len(reporttest.Attacks()); shift += 10 {
		texts[fmt.Sprintf("attack %d", shift)] = render(t, "junit", reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 2)))
	}
	for name, text := range texts {
		if err := holds(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if holds(strings.Replace(texts["every"], "<testcase ", "<testcase surprise=\"1\" ", 1)) == nil {
		t.Error("a file with an attribute that the schema does not know is let through")
	}
}
