package hint

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/providers"
)

// From is where a text was seen, as it stands in evidence.
const (
	fromPTR    = "ptr"
	fromCNAME  = "cname"
	fromHop    = "hop-name"
	fromHeader = "header"
	fromName   = "name" // in rules: any of the first three
)

//go:embed rules.tsv
var rulesFile string

//go:embed codes.csv
var codesFile string

// rule reads a place out of a text.
type rule struct {
	name    string
	from    string
	in      string // the end of the name, or the header
	pattern *regexp.Regexp
	base64  bool   // the text is encoded
	place   string // literal, "provider:*", "country", or a table of codes
}

// decoded marks a pattern for what a text in Base64 holds.
const decoded = "base64:"

// The kinds of place that a rule gives beside literal ones and tables.
const (
	anyRegion = ":*"
	byCountry = "country"
)

// book is the rules and the codes that they look up.
type book struct {
	names   []rule
	headers map[string][]rule
	codes   map[string]map[string]string // by table and code
}

// rules returns the book. It is read when it is first needed, which is not for
// every command.
var rules = sync.OnceValues(func() (*book, error) { return parseBook(rulesFile, codesFile) })

func parseBook(rulesText, codesText string) (*book, error) {
	b := &book{headers: map[string][]rule{}, codes: map[string]map[string]string{}}
	for line := range lines(codesText) {
		fields := strings.Split(line, ",")
		if len(fields) != 3 {
			return nil, fmt.Errorf("codes.csv: %q has %d columns; table, code and country are expected", line, len(fields))
		}
		if fields[0] == "table" {
			continue
		}
		if b.codes[fields[0]] == nil {
			b.codes[fields[0]] = map[string]string{}
		}
		b.codes[fields[0]][fields[1]] = fields[2]
	}
	for line := range lines(rulesText) {
		r, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("rules.tsv: %w", err)
		}
		if r.from == fromHeader {
			b.headers[r.in] = append(b.headers[r.in], r)
		} else {
			b.names = append(b.names, r)
		}
	}
	return b, nil
}

// lines returns the lines that are neither empty nor comments.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

func parseRule(line string) (rule, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 6 {
		return rule{}, fmt.Errorf("%q has %d columns; 6 are expected", line, len(fields))
	}
	r := rule{name: fields[0], from: fields[1], in: fields[2], place: fields[4]}
	text, encoded := strings.CutPrefix(fields[3], decoded)
	pattern, err := regexp.Compile(`^(?:` + text + `)$`)
	if err != nil {
		return rule{}, fmt.Errorf("rule %s: %w", r.name, err)
	}
	r.pattern, r.base64 = pattern, encoded
	return r, nil
}

// maxText bounds what is looked at: names have 253 bytes, and headers are kept
// with 300.
const maxText = 400

// read returns the place that a text names, and the rule that says so. A header
// is given as "name: value". It is silent where rules disagree: what can be
// read two ways says nothing.
func (b *book) read(from, text string) (place, rule string) {
	if len(text) > maxText {
		return "", ""
	}
	candidates := b.names
	if from == fromHeader {
		name, value, _ := strings.Cut(text, ": ")
		candidates, text = b.headers[name], value
	} else {
		text = strings.ToLower(strings.TrimSuffix(text, "."))
	}
	for _, r := range candidates {
		if !r.speaksOf(from, text) {
			continue
		}
		switch got := b.place(r, text); {
		case got == "" || got == place:
		case place != "":
			return "", ""
		default:
			place, rule = got, r.name
		}
	}
	return place, rule
}

func (r rule) speaksOf(from, text string) bool {
	switch {
	case from == fromHeader:
		return true
	case r.from != fromName && r.from != from:
		return false
	}
	return strings.HasSuffix(text, r.in)
}

// place returns what one rule reads out of a text, empty if nothing.
func (b *book) place(r rule, text string) string {
	if r.base64 {
		plain, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return ""
		}
		text = string(plain)
	}
	found := r.pattern.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	code := strings.ToLower(found[len(found)-1])
	var place string
	switch provider, region := strings.CutSuffix(r.place, anyRegion); {
	case region:
		place = provider + ":" + code
	case r.place == byCountry:
		place = providers.CountryCode(code)
	case b.codes[r.place] != nil:
		place = b.codes[r.place][code]
	default:
		place = r.place
	}
	parsed, err := providers.ParsePlace(place)
	if err != nil || parsed.Except {
		return ""
	}
	return parsed.String()
}
