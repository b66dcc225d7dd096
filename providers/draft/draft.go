// Package draft begins a vendor's sheet, for a person to complete.
package draft

import (
	"errors"
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// Draft is what a new sheet is made of. Empty fields are left to the person.
type Draft struct {
	Vendor, Name string
	// Organisation runs the service, by the vendor's own word, under the law of the
	// country Jurisdiction.
	Organisation, Jurisdiction string
	Hosts                      []string // that clients use
	Says, Page                 string   // the words of a claim, and where they were read
}

// schemaComment is the line by which editors find the schema of a sheet.
const schemaComment = "# yaml-language-server: $schema=https://raw.githubusercontent.com/landfall-audit/landfall/main/providers/claims.schema.json\n"

// Sheet returns the text of the sheet. It is read back, so that what is wrong with an
// answer is said by the language itself.
func (d *Draft) Sheet(today providers.Date) (string, error) {
	if d.Vendor == "" || d.Name == "" {
		return "", errors.New("a sheet needs --vendor and --name, or --ask for questions")
	}
	if (d.Says == "") != (d.Page == "") {
		return "", errors.New("--says and --page go together: words without a page cannot be checked")
	}
	if d.Jurisdiction != "" && d.Organisation == "" {
		return "", errors.New("--jurisdiction is of an organisation, name it with --organisation")
	}
	var b strings.Builder
	b.WriteString(schemaComment + "schema: " + providers.SchemaID + "\n")
	fmt.Fprintf(&b, "vendor: %q\nname: %q\n", d.Vendor, d.Name)
	d.writeOperator(&b)
	d.writeEndpoints(&b)
	d.writeClaims(&b, today)
	b.WriteString("\n# What no source answers.\nopen:\n")
	if d.Organisation == "" {
		b.WriteString("  - \"Which organisation runs the service, by the vendor's own word?\"\n")
	}
	b.WriteString("  - \"Which further hosts do clients use?\"\n")
	if _, err := providers.Parse("the new sheet", []byte(b.String())); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (d *Draft) writeOperator(b *strings.Builder) {
	if d.Organisation == "" {
		return
	}
	fmt.Fprintf(b, "operator: {organisation: %q", d.Organisation)
	if d.Jurisdiction != "" {
		fmt.Fprintf(b, ", jurisdiction: %q", d.Jurisdiction)
	}
	b.WriteString("}\n")
}

func (d *Draft) writeEndpoints(b *strings.Builder) {
	b.WriteString("\n# Real names, no patterns. To each: roles, and the source that says that clients use it.\nendpoints:")
	if len(d.Hosts) == 0 {
		b.WriteString(" []")
	}
	b.WriteByte('\n')
	for _, host := range d.Hosts {
		fmt.Fprintf(b, "  - host: %q\n    # roles: [%s]\n", host, joinWords(providers.Roles()))
	}
}

// writeClaims writes the claim as vague: which places it names is for a person
// to say.
func (d *Draft) writeClaims(b *strings.Builder, today providers.Date) {
	b.WriteString("\n# The vendor's own words, unchanged, and below them the same in terms that can be tested: allow, deny or require.\nclaims:")
	if d.Says == "" {
		b.WriteString(" []\n")
		return
	}
	fmt.Fprintf(b, "\n  - id: first-claim\n    says: %q\n    source: {url: %q, retrieved: %s}\n    # allow: [EU, CH]\n    # covers: [%s]\n    # state: %s\n    strength: vague\n",
		d.Says, d.Page, today, joinWords(providers.Covers()), strings.ReplaceAll(joinWords(providers.States()), ", ", " | "))
}

func joinWords[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}
