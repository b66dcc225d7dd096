package formats

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// What the text format shows of each list. A terminal is for finding out where
// to look; the page and the verdicts file have the rest.
const (
	defaultWidth = 80
	minWidth     = 40
	textClaims   = 400 // claims in all
	textRows     = 2   // addresses of a claim
	textLimits   = 2
	textGaps     = 12
	textNotes    = 20
	textSays     = 240 // characters of a vendor's words
	textReason   = 320
	textPlaces   = 4 // countries
)

// textWriter writes the summary for a terminal.
type textWriter struct{ paragraphs }

// writeText writes what a person at a terminal needs. For each vendor, the worst
// first, it has the claims with the one or two facts that decide them.
func writeText(w io.Writer, v view.View) error {
	t := &textWriter{paragraphs{
		width: max(cmp.Or(v.Options.Width, defaultWidth), minWidth), color: v.Options.Color,
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
		t.line("", plain(figures.Plural(left, "further claim is", "further claims are")+" left out here; the site and the verdicts file have all."))
		t.blank()
	}
	t.unknown(&v)
	t.foot(&v)
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func (t *textWriter) head(v *view.View) {
	for _, r := range v.Runs[:min(len(v.Runs), textNotes)] {
		t.line("", plain(fmt.Sprintf("Run %s of %s, by %s, from %s.", cmp.Or(r.ID, "without a name"), figures.Moment(r.Started), cmp.Or(r.Tool, "a tool without a name"), text.Vantages(v, r.ID))))
	}
	if left := len(v.Runs) - textNotes; left > 0 {
		t.line("", plain(figures.Plural(left, "older run", "older runs")+" more."))
	}
	for _, note := range v.Notes[:min(len(v.Notes), textNotes)] {
		t.line("! ", plain(note))
	}
	if v.Claims.Total() > 0 && v.Claims.Total() == v.Claims.Of(verdict.NotTested) {
		t.line("", bold("Nothing was tested."), plain(" No line below says that a claim holds, and none that it fails."))
	}
	t.blank()
}

// vendor writes the claims of a vendor as far as there is room, and returns how many
// there have been.
func (t *textWriter) vendor(v *view.Vendor, claims int) int {
	if claims < textClaims {
		title := []span{bold(v.Name)}
		if v.ID != v.Name {
			title = append(title, plain(" ("+v.ID+")"))
		}
		t.line("", append(title, plain(": "), resultWord(v.Worst))...)
		if where := text.Landings(&v.Landings, textPlaces); where != "" {
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

func (t *textWriter) claim(c *view.Claim) {
	const indent = "      "
	t.line("  ", resultWord(c.Result), plain(": "), bold(c.ID))
	if c.Says != "" {
		t.line(indent, plain("“"+sanitize.Brief(c.Says, textSays)+"”"+text.Source(&c.Source)))
	}
	t.line(indent, plain(text.Claim(c)))
	if c.Accepted != nil {
		t.line(indent, plain(sanitize.Brief(text.Acceptance(c.Accepted), textReason)))
	}
	t.facts(indent, c)
	for _, limit := range text.OpenPoints(c, textLimits) {
		t.line(indent+"? ", plain(sanitize.Brief(limit, textReason)))
	}
	if len(c.Earlier) > 0 {
		t.line(indent, plain(text.Earlier(c.Earlier)))
	}
	t.blank()
}

// facts writes the figures at the addresses that decide.
func (t *textWriter) facts(indent string, c *view.Claim) {
	shown := 0
	for _, f := range c.Deciding() {
		for i := range f.Rows {
			if shown == textRows {
				return
			}
			if facts := text.Facts(&f.Rows[i]); facts != "" {
				t.line(indent+"- ", plain(facts))
				shown++
			}
		}
	}
}

func (t *textWriter) unknown(v *view.View) {
	if len(v.Unknown) == 0 {
		return
	}
	t.line("", bold("What is not known"))
	for _, g := range v.Unknown[:min(len(v.Unknown), textGaps)] {
		t.line("  ? ", plain(sanitize.Brief(text.Gap(&g), textReason)))
	}
	t.blank()
}

func (t *textWriter) foot(v *view.View) {
	if v.Claims.Total() == 0 {
		t.line("", plain("No claim was judged."))
	} else {
		t.tally(figures.Plural(v.Claims.Total(), "claim", "claims"), v.Claims)
		t.tally(figures.Plural(v.Verdicts.Total(), "verdict", "verdicts"), v.Verdicts)
	}
	for _, next := range nextSteps(v) {
		t.line("", plain(next))
	}
	for _, a := range v.Options.Attributions[:min(len(v.Options.Attributions), textNotes)] {
		t.line("", plain(strings.Join([]string{sanitize.Brief(a.Text, textReason), sanitize.Brief(a.Licence, textReason), sanitize.Brief(a.URL, sanitize.MaxURL)}, ", ")))
	}
}

// tally writes the counts, the worst first.
func (t *textWriter) tally(what string, counts view.Tally) {
	spans := []span{bold(what)}
	for i, c := range counts {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		spans = append(spans, plain(separator+figures.Count(c.N)+" "), resultWord(c.Result))
	}
	t.line("", spans...)
}

// nextSteps says where the rest is, or how to get it.
func nextSteps(v *view.View) []string {
	var out []string
	if file := v.Options.PageFile; file != "" {
		out = append(out, "Every address with its evidence: "+file)
	}
	if file := v.Options.VerdictsFile; file != "" {
		out = append(out, "The same for other programs: "+file)
	}
	if file := v.Options.EvidenceFile; file != "" {
		out = append(out, "To judge it yourself: landfall judge "+file)
	}
	if len(out) == 0 && len(v.Documents) > 0 {
		out = append(out, "Every address with its evidence: landfall report --format site --out DIR VERDICTS")
	}
	return out
}
