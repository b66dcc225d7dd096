package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/providers"
)

// draft is what a new sheet is made of. Empty fields are left to the person.
type draft struct {
	vendor, name               string
	organisation, jurisdiction string
	hosts                      []string
	says, page                 string
}

// schemaComment is the line by which editors find the schema of a sheet.
const schemaComment = "# yaml-language-server: $schema=https://raw.githubusercontent.com/landfall-audit/landfall/main/providers/claims.schema.json\n"

func newCatalogNew(s surroundings) *cobra.Command {
	var d draft
	var out string
	var ask bool
	c := &cobra.Command{
		Use:   "new",
		Short: "Begin a sheet for a vendor",
		Long: `Begin a sheet for a vendor, from flags, or from questions with --ask. It is good as it
is, and its comments say what to add. Editors that know the YAML language server
complete and check it by the schema in its first line.`,
		Example: `  landfall catalog new --vendor example-drive --name "Example Drive" --host upload.example.com > example-drive.yaml
  landfall catalog new --ask --out example-drive.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if ask {
				if err := d.questions(s); err != nil {
					return err
				}
			}
			text, err := d.sheet(providers.DateOf(s.now()))
			if err != nil {
				return err
			}
			return writeNew(s.out, out, text)
		},
	}
	f := c.Flags()
	f.StringVar(&d.vendor, "vendor", "", "`ID` of the service, lower case, such as example-drive")
	f.StringVar(&d.name, "name", "", "the vendor's `NAME` for the service")
	f.StringVar(&d.organisation, "organisation", "", "`NAME` of the organisation that runs it, by the vendor's own word")
	f.StringVar(&d.jurisdiction, "jurisdiction", "", "`COUNTRY` whose law that organisation is under, ISO 3166-1")
	f.StringArrayVar(&d.hosts, "host", nil, "`HOST` that clients use (repeatable)")
	f.StringVar(&d.says, "says", "", "`WORDS` of a claim, verbatim")
	f.StringVar(&d.page, "page", "", "`URL` that the words were read at, today")
	f.StringVar(&out, "out", "", "write to `FILE`, which must not be there, instead of standard output")
	f.BoolVar(&ask, "ask", false, "ask for what the flags leave out")
	return c
}

// questions asks for what is still empty, on standard error.
func (d *draft) questions(s surroundings) error {
	lines := bufio.NewScanner(s.in)
	hosts := strings.Join(d.hosts, " ")
	for _, question := range []struct {
		text   string
		answer *string
	}{
		{"Id of the service, lower case, such as example-drive", &d.vendor},
		{"The vendor's name for it", &d.name},
		{"Organisation that runs it, by the vendor's own word (empty: not known)", &d.organisation},
		{"Country whose law that is under, ISO 3166-1 (empty: not known)", &d.jurisdiction},
		{"Hosts that clients use, with blanks between (empty: none)", &hosts},
		{"Words of a claim, verbatim (empty: none)", &d.says},
		{"Page that they were read at (empty: none)", &d.page},
	} {
		if *question.answer != "" {
			continue
		}
		fmt.Fprintf(s.err, "%s: ", question.text)
		if !lines.Scan() {
			return errors.Join(errors.New("the answers ended before the questions"), lines.Err())
		}
		*question.answer = strings.TrimSpace(lines.Text())
	}
	d.hosts = strings.Fields(hosts)
	return nil
}

// sheet is the text of the sheet. It is read back, so that what is wrong with an
// answer is said by the language itself.
func (d *draft) sheet(today providers.Date) (string, error) {
	if d.vendor == "" || d.name == "" {
		return "", errors.New("a sheet needs --vendor and --name, or --ask for questions")
	}
	if (d.says == "") != (d.page == "") {
		return "", errors.New("--says and --page go together: words without a page cannot be checked")
	}
	if d.jurisdiction != "" && d.organisation == "" {
		return "", errors.New("--jurisdiction is of an organisation, name it with --organisation")
	}
	var b strings.Builder
	b.WriteString(schemaComment + "schema: " + providers.SchemaID + "\n")
	fmt.Fprintf(&b, "vendor: %q\nname: %q\n", d.vendor, d.name)
	d.writeOperator(&b)
	d.writeEndpoints(&b)
	d.writeClaims(&b, today)
	b.WriteString("\n# What no source answers.\nopen:\n")
	if d.organisation == "" {
		b.WriteString("  - \"Which organisation runs the service, by the vendor's own word?\"\n")
	}
	b.WriteString("  - \"Which further hosts do clients use?\"\n")
	if _, err := providers.Parse("the new sheet", []byte(b.String())); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (d *draft) writeOperator(b *strings.Builder) {
	if d.organisation == "" {
		return
	}
	fmt.Fprintf(b, "operator: {organisation: %q", d.organisation)
	if d.jurisdiction != "" {
		fmt.Fprintf(b, ", jurisdiction: %q", d.jurisdiction)
	}
	b.WriteString("}\n")
}

func (d *draft) writeEndpoints(b *strings.Builder) {
	b.WriteString("\n# Real names, no patterns. To each: roles, and the source that says that clients use it.\nendpoints:")
	if len(d.hosts) == 0 {
		b.WriteString(" []")
	}
	b.WriteByte('\n')
	for _, host := range d.hosts {
		fmt.Fprintf(b, "  - host: %q\n    # roles: [%s]\n", host, joinWords(providers.Roles()))
	}
}

// writeClaims writes the claim as vague: which places it names is for a person
// to say.
func (d *draft) writeClaims(b *strings.Builder, today providers.Date) {
	b.WriteString("\n# The vendor's own words, unchanged, and below them the same in terms that can be tested: allow, deny or require.\nclaims:")
	if d.says == "" {
		b.WriteString(" []\n")
		return
	}
	fmt.Fprintf(b, "\n  - id: first-claim\n    says: %q\n    source: {url: %q, retrieved: %s}\n    # allow: [EU, CH]\n    # covers: [%s]\n    # state: %s\n    strength: vague\n",
		d.says, d.page, today, joinWords(providers.Covers()), strings.ReplaceAll(joinWords(providers.States()), ", ", " | "))
}

func joinWords[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// writeNew writes to a file that is not there yet, or to out.
func writeNew(out io.Writer, path, text string) error {
	if path == "" {
		_, err := io.WriteString(out, text)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("a new sheet: %w", err)
	}
	_, err = io.WriteString(file, text)
	return errors.Join(err, file.Close())
}
