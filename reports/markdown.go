package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// What the Markdown format shows. GitHub takes 65,536 characters for a comment
// on a pull request and 1 MiB for a job summary; the smaller counts.
const (
	maxMarkdownBytes = 60_000
	markdownCell     = 240 // characters; an escaped one takes at most ten bytes
	markdownRows     = 3   // addresses of a claim
	markdownGaps     = 8
	markdownNotes    = 3 // lines of each kind at the head
	markdownSources  = 5 // data sets
	markdownPlaces   = 4
)

// writeMarkdown writes a summary for a pull request or a job: one table of all
// claims, then the facts of those that do not stand.
func writeMarkdown(w io.Writer, v View) error {
	var out bytes.Buffer
	out.WriteString(markdownHead(&v))
	foot := markdownFoot(&v)
	room := maxMarkdownBytes - len(foot) - 500 // for what is said of claims left out
	claims := v.allClaims()
	if left := bounded(&out, (out.Len()+room)/2, len(claims), func(i int) string { return markdownRow(claims[i]) }); left > 0 {
		fmt.Fprintf(&out, "\n%s left out here; the site and the verdicts file have all\\.\n", plural(left, "further claim is", "further claims are"))
	}
	open := claimsToTell(claims)
	if left := bounded(&out, room, len(open), func(i int) string { return markdownClaim(open[i]) }); left > 0 {
		fmt.Fprintf(&out, "\nThe details of %s are left out here; the site has them\\.\n", plural(left, "further claim", "further claims"))
	}
	out.WriteString(foot)
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the Markdown summary: %w", err)
	}
	return nil
}

// bounded writes n blocks as long as out stays within room, and gives how many
// were left out.
func bounded(out *bytes.Buffer, room, n int, block func(int) string) int {
	for i := range n {
		text := block(i)
		if out.Len()+len(text) > room {
			return n - i
		}
		out.WriteString(text)
	}
	return 0
}

// allClaims returns every claim, the worst first across vendors.
func (v *View) allClaims() []*Claim {
	var out []*Claim
	for _, r := range append([]verdict.Result{unreadable}, verdict.Results()...) {
		for i := range v.Vendors {
			for j := range v.Vendors[i].Claims {
				if c := &v.Vendors[i].Claims[j]; c.Result == r {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// claimsToTell returns the claims that need more than a line of the table.
func claimsToTell(claims []*Claim) []*Claim {
	var out []*Claim
	for _, c := range claims {
		if worseThan(c.Result, verdict.Inconclusive) {
			out = append(out, c)
		}
	}
	return out
}

func markdownHead(v *View) string {
	var b strings.Builder
	b.WriteString("## " + markdownText(headline(v)) + "\n\n")
	for _, r := range v.Runs[:min(len(v.Runs), markdownNotes)] {
		b.WriteString(cell(fmt.Sprintf("Run %s of %s, from %s.", r.ID, moment(r.Started), vantageWords(v, r.ID))) + "\n\n")
	}
	for _, note := range v.Notes[:min(len(v.Notes), markdownNotes)] {
		b.WriteString("> " + cell(note) + "\n\n")
	}
	if v.Claims.Total() > 0 {
		b.WriteString("| Result | Vendor | Claim | What was measured | Where it can be |\n|---|---|---|---|---|\n")
	}
	return b.String()
}

// cell writes a text of bounded length that cannot leave its line.
func cell(text string) string { return markdownText(brief(visible(text), markdownCell)) }

func markdownResult(r verdict.Result) string { return "**" + markdownText(string(r)) + "**" }

func markdownRow(c *Claim) string {
	where := whereWords(&c.Where, markdownPlaces)
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", markdownResult(c.Result), cell(c.Name()), cell(c.ID), cell(c.Sentence), cell(where))
}

func markdownClaim(c *Claim) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s: %s, %s\n\n", markdownResult(c.Result), cell(c.Name()), cell(c.ID))
	if c.Says != "" {
		fmt.Fprintf(&b, "> %s\n\n", cell(c.Says))
		if source := strings.TrimSpace(sourceWords(&c.Source)); source != "" || c.Source.URL != "" {
			b.WriteString("Source: " + markdownSource(&c.Source) + "\n\n")
		}
	}
	b.WriteString(markdownText(c.Sentence) + "\n\n")
	if c.Accepted != nil {
		b.WriteString(cell(c.Accepted.Words()) + "\n\n")
	}
	shown := 0
	for _, f := range c.lead() {
		for i := range f.Rows {
			if told := f.Rows[i].facts(); told != "" && shown < markdownRows {
				b.WriteString("- " + markdownText(brief(told, 2*markdownCell)) + "\n")
				shown++
			}
		}
	}
	for _, limit := range c.openPoints(3) {
		b.WriteString("- Not shown: " + cell(limit) + "\n")
	}
	return b.String()
}

// markdownSource links to where the words were read, if that is a web page.
func markdownSource(s *Source) string {
	return strings.TrimSpace(markdownLink(s.URL, s.URL) + " " + cell(strings.TrimSpace(sourceWords(s))))
}

// markdownLink is text that links to a web page, or text alone.
func markdownLink(text, url string) string {
	link := webLink(url)
	if link == "" {
		return cell(text)
	}
	// Between angle brackets only these end a link or a cell of a table.
	link = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "\\", "%5C").Replace(link)
	return "[" + cell(text) + "](<" + link + ">)"
}

func markdownFoot(v *View) string {
	var b strings.Builder
	if len(v.Unknown) > 0 {
		b.WriteString("\n### What is not known\n\n")
	}
	for _, g := range v.Unknown[:min(len(v.Unknown), markdownGaps)] {
		b.WriteString("- " + cell(g.Text) + "\n")
	}
	b.WriteString("\nThis states what was measured, where and when\\. A result speaks of the hosts named and does not accuse\\. ")
	b.WriteString("Not tested is not the same as nothing found\\.\n")
	for _, a := range v.options.Attributions[:min(len(v.options.Attributions), markdownSources)] {
		b.WriteString("\n" + markdownLink(a.Text, a.URL) + ", " + cell(a.Licence) + "\n")
	}
	return b.String()
}
