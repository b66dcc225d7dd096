package formats

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
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

// writeMarkdown writes a summary for a pull request or a job. It has one table of
// all claims, then the facts of those that do not hold.
func writeMarkdown(w io.Writer, v view.View) error {
	var out bytes.Buffer
	out.WriteString(markdownHead(&v))
	foot := markdownFoot(&v)
	room := maxMarkdownBytes - len(foot) - 500 // for what is said of claims left out
	claims := v.AllClaims()
	if left := bounded(&out, (out.Len()+room)/2, len(claims), func(i int) string { return markdownRow(claims[i]) }); left > 0 {
		fmt.Fprintf(&out, "\n%s left out here; the site and the verdicts file have all\\.\n", figures.Plural(left, "further claim is", "further claims are"))
	}
	open := openClaims(claims)
	if left := bounded(&out, room, len(open), func(i int) string { return markdownClaim(open[i]) }); left > 0 {
		fmt.Fprintf(&out, "\nThe details of %s are left out here; the site has them\\.\n", figures.Plural(left, "further claim", "further claims"))
	}
	out.WriteString(foot)
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the Markdown summary: %w", err)
	}
	return nil
}

// bounded writes n blocks as long as out stays within room, and returns how many
// were left out.
func bounded(out *bytes.Buffer, room, n int, block func(int) string) int {
	for i := range n {
		written := block(i)
		if out.Len()+len(written) > room {
			return n - i
		}
		out.WriteString(written)
	}
	return 0
}

// openClaims returns the claims that need more than a line of the table.
func openClaims(claims []*view.Claim) []*view.Claim {
	var out []*view.Claim
	for _, c := range claims {
		if view.Worse(c.Result, verdict.Inconclusive) {
			out = append(out, c)
		}
	}
	return out
}

func markdownHead(v *view.View) string {
	var b strings.Builder
	b.WriteString("## " + markdownText(text.Headline(v)) + "\n\n")
	for _, r := range v.Runs[:min(len(v.Runs), markdownNotes)] {
		b.WriteString(cell(fmt.Sprintf("Run %s of %s, from %s.", r.ID, figures.Moment(r.Started), text.Vantages(v, r.ID))) + "\n\n")
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
func cell(value string) string {
	return markdownText(sanitize.Brief(sanitize.Visible(value), markdownCell))
}

func markdownResult(r verdict.Result) string { return "**" + markdownText(string(r)) + "**" }

func markdownRow(c *view.Claim) string {
	where := text.Landings(&c.Landings, markdownPlaces)
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", markdownResult(c.Result), cell(c.Name()), cell(c.ID), cell(text.Claim(c)), cell(where))
}

func markdownClaim(c *view.Claim) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s: %s, %s\n\n", markdownResult(c.Result), cell(c.Name()), cell(c.ID))
	if c.Says != "" {
		fmt.Fprintf(&b, "> %s\n\n", cell(c.Says))
		if source := strings.TrimSpace(text.Source(&c.Source)); source != "" || c.Source.URL != "" {
			b.WriteString("Source: " + markdownSource(&c.Source) + "\n\n")
		}
	}
	b.WriteString(markdownText(text.Claim(c)) + "\n\n")
	if c.Accepted != nil {
		b.WriteString(cell(text.Acceptance(c.Accepted)) + "\n\n")
	}
	shown := 0
	for _, f := range c.Deciding() {
		for i := range f.Rows {
			if facts := text.Facts(&f.Rows[i]); facts != "" && shown < markdownRows {
				b.WriteString("- " + markdownText(sanitize.Brief(facts, 2*markdownCell)) + "\n")
				shown++
			}
		}
	}
	for _, limit := range text.OpenPoints(c, 3) {
		b.WriteString("- Not shown: " + cell(limit) + "\n")
	}
	return b.String()
}

// markdownSource links to where the quote was read, if that is a web page.
func markdownSource(s *view.Source) string {
	return strings.TrimSpace(markdownLink(s.URL, s.URL) + " " + cell(strings.TrimSpace(text.Source(s))))
}

// markdownLink is text that links to a web page, or text alone.
func markdownLink(label, url string) string {
	link := sanitize.Link(url)
	if link == "" {
		return cell(label)
	}
	// Between angle brackets only these end a link or a cell of a table.
	link = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "\\", "%5C").Replace(link)
	return "[" + cell(label) + "](<" + link + ">)"
}

func markdownFoot(v *view.View) string {
	var b strings.Builder
	if len(v.Unknown) > 0 {
		b.WriteString("\n### What is not known\n\n")
	}
	for _, g := range v.Unknown[:min(len(v.Unknown), markdownGaps)] {
		b.WriteString("- " + cell(text.Gap(&g)) + "\n")
	}
	b.WriteString("\nThis states what was measured, where and when\\. A result is about the hosts named and accuses nobody\\. ")
	b.WriteString("Not tested is not the same as nothing found\\.\n")
	for _, a := range v.Options.Attributions[:min(len(v.Options.Attributions), markdownSources)] {
		b.WriteString("\n" + markdownLink(a.Text, a.URL) + ", " + cell(a.Licence) + "\n")
	}
	return b.String()
}

// markdownText escapes a text for a line, a list item or a table cell of
// GitHub's Markdown. Backslashes take the meaning from punctuation; an empty
// comment after @ and # keeps a name from being notified and a number from
// being linked, which a backslash does not.
func markdownText(value string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(sanitize.Visible(value)), " ") {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@' || r == '#':
			b.WriteByte('\\')
			b.WriteRune(r)
			b.WriteString(notLinked)
		case strings.ContainsRune("\\`*_{}[]()+-.!|~:$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// notLinked follows characters that GitHub makes links and notices of.
const notLinked = "<!-- -->"
