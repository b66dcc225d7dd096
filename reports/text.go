package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/landfall-audit/landfall/verdict"
)

// What the text format shows of each list. A terminal is for finding out where
// to look; the page and the verdicts file have the rest.
const (
	defaultWidth = 80
	minWidth     = 40
	textClaims   = 400 // claims in all
	textRows     = 2   // addresses of a claim
	textReasons  = 2   // steps of the argument at an address
	textLimits   = 2
	textGaps     = 12
	textNotes    = 20
	textSays     = 240 // characters of a vendor's words
	textReason   = 320
	textPlaces   = 4 // countries
	textIDs      = 3 // evidence ids of one step
)

// textWriter writes the summary for a terminal.
type textWriter struct{ paragraphs }

// writeText writes what a person at a terminal needs: for each vendor, the
// worst first, its claims with the one or two facts that decide them.
func writeText(w io.Writer, v View) error {
	t := &textWriter{paragraphs{
		width: max(cmp.Or(v.options.Width, defaultWidth), minWidth), color: v.options.Color,
		// Characters of ambiguous width are taken as narrow whatever the
		// locale, so that the same view gives the same bytes.
		cells: &runewidth.Condition{},
	}}
	t.head(&v)
	claims := 0
	for i := range v.Vendors {
		claims = t.vendor(&v.Vendors[i], claims)
	}
	if left := claims - textClaims; left > 0 {
		t.line("", plain(plural(left, "further claim is", "further claims are")+" left out here; the site and the verdicts file have all."))
		t.blank()
	}
	t.unknown(&v)
	t.foot(&v)
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func (t *textWriter) head(v *View) {
	for _, r := range v.Runs[:min(len(v.Runs), textNotes)] {
		t.line("", plain(fmt.Sprintf("Run %s of %s, by %s, from %s.", cmp.Or(r.ID, "without a name"), moment(r.Started), cmp.Or(r.Tool, "a tool without a name"), vantageWords(v, r.ID))))
	}
	if left := len(v.Runs) - textNotes; left > 0 {
		t.line("", plain(plural(left, "older run", "older runs")+" besides."))
	}
	for _, note := range v.Notes[:min(len(v.Notes), textNotes)] {
		t.line("! ", plain(note))
	}
	if v.Claims.Total() > 0 && v.Claims.Total() == v.Claims.of(verdict.NotTested) {
		t.line("", bold("Nothing was tested."), plain(" No line below says that a claim holds, and none that it fails."))
	}
	t.blank()
}

// vendor writes the claims of a vendor, as far as there is room for claims, and
// gives how many there have been.
func (t *textWriter) vendor(v *Vendor, claims int) int {
	if claims < textClaims {
		title := []span{bold(v.Name)}
		if v.ID != v.Name {
			title = append(title, plain(" ("+v.ID+")"))
		}
		t.line("", append(title, plain(": "), resultWord(v.Worst))...)
		if where := whereWords(&v.Where, textPlaces); where != "" {
			t.line("  ", plain(where))
		}
		t.blank()
	}
	for i := range v.Claims {
		if claims < textClaims {
			t.claim(&v.Claims[i])
		}
		claims++
	}
	return claims
}

func (t *textWriter) claim(c *Claim) {
	const lead = "      "
	t.line("  ", resultWord(c.Result), plain(": "), bold(c.ID))
	if c.Says != "" {
		t.line(lead, plain("“"+brief(c.Says, textSays)+"”"+sourceWords(&c.Source)))
	}
	t.line(lead, plain(c.Sentence))
	if c.Accepted != nil {
		t.line(lead, plain(brief(c.Accepted.Words(), textReason)))
	}
	t.facts(lead, c)
	for _, limit := range c.openPoints(textLimits) {
		t.line(lead+"? ", plain(brief(limit, textReason)))
	}
	if len(c.Earlier) > 0 {
		t.line(lead, plain(earlierWords(c.Earlier)))
	}
	t.blank()
}

// facts writes the figures at the most telling addresses.
func (t *textWriter) facts(lead string, c *Claim) {
	shown := 0
	for _, f := range c.lead() {
		for i := range f.Rows {
			if shown == textRows {
				return
			}
			if told := f.Rows[i].facts(); told != "" {
				t.line(lead+"- ", plain(told))
				shown++
			}
		}
	}
}

// facts returns what decides at an address, in one line.
func (r *Row) facts() string {
	var told []string
	for _, b := range r.Because[:min(len(r.Because), textReasons)] {
		told = append(told, brief(b.Text, textReason)+idWords(&b))
	}
	if len(told) == 0 {
		return ""
	}
	if r.Ratio > 0 {
		told = append(told, "ratio "+figure(r.Ratio))
	}
	return at(r) + ": " + strings.Join(told, "; ")
}

// idWords names the evidence of a step.
func idWords(b *Reason) string {
	if len(b.Evidence) == 0 {
		return ""
	}
	shown := b.Evidence[:min(len(b.Evidence), textIDs)]
	text := " [" + strings.Join(shown, ", ")
	if left := len(b.Evidence) - len(shown) + b.More; left > 0 {
		text += fmt.Sprintf(" and %s more", grouped(fmt.Sprint(left)))
	}
	return text + "]"
}

func (t *textWriter) unknown(v *View) {
	if len(v.Unknown) == 0 {
		return
	}
	t.line("", bold("What is not known"))
	for _, g := range v.Unknown[:min(len(v.Unknown), textGaps)] {
		t.line("  ? ", plain(brief(g.Text, textReason)))
	}
	t.blank()
}

func (t *textWriter) foot(v *View) {
	if v.Claims.Total() == 0 {
		t.line("", plain("No claim was judged."))
	} else {
		t.tally(plural(v.Claims.Total(), "claim", "claims"), v.Claims)
		t.tally(plural(v.Verdicts.Total(), "verdict", "verdicts"), v.Verdicts)
	}
	for _, next := range nextSteps(v) {
		t.line("", plain(next))
	}
	for _, a := range v.options.Attributions[:min(len(v.options.Attributions), textNotes)] {
		t.line("", plain(strings.Join([]string{brief(a.Text, textReason), brief(a.Licence, textReason), brief(a.URL, maxURL)}, ", ")))
	}
}

// tally writes the counts, the worst first.
func (t *textWriter) tally(what string, counts Tally) {
	spans := []span{bold(what)}
	for i, c := range counts {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		spans = append(spans, plain(separator+grouped(fmt.Sprint(c.N))+" "), resultWord(c.Result))
	}
	t.line("", spans...)
}

// openPoints returns the first few limits of a claim that its sentence does not
// tell already: its own, then what the findings that carry it take for granted, and
// theirs.
func (c *Claim) openPoints(n int) []string {
	var out []string
	add := func(limits []string) {
		for _, limit := range limits {
			if len(out) < n && !strings.Contains(c.Sentence, limit) && !slices.Contains(out, limit) {
				out = append(out, limit)
			}
		}
	}
	add(c.Limits)
	for _, f := range c.lead() {
		add(f.Unsaid())
		add(f.Limits)
	}
	return out
}

// nextSteps says where the rest is, or how to get it.
func nextSteps(v *View) []string {
	var out []string
	if file := v.options.PageFile; file != "" {
		out = append(out, "Every address with its evidence: "+file)
	}
	if file := v.options.VerdictsFile; file != "" {
		out = append(out, "The same for other programs: "+file)
	}
	if file := v.options.EvidenceFile; file != "" {
		out = append(out, "To judge it yourself: landfall judge "+file)
	}
	if len(out) == 0 && len(v.docs) > 0 {
		out = append(out, "Every address with its evidence: landfall report --format site --out DIR VERDICTS")
	}
	return out
}
