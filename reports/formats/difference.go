package formats

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// How much of a difference is shown.
const (
	diffChanges = 500 // changes in all
	diffText    = 200 // characters of a claim's words
	diffList    = 12  // addresses of each sort
)

// WriteDifference writes what changed from one run to another, by vendor, for a
// terminal. A change of result comes first: it is what a reader looks for.
func WriteDifference(w io.Writer, d verdict.Difference, o view.Options) error {
	t := &textWriter{paragraphs{
		width: max(cmp.Or(o.Width, defaultWidth), minWidth), color: o.Color, cells: &runewidth.Condition{},
	}}
	t.line("", plain("From "+runText(d.Old)+" to "+runText(d.New)+"."))
	if !d.OperatorsCompared {
		t.line("", plain("Operators were not compared: one of the runs came without its evidence."))
	}
	t.blank()
	changes := distinctChanges(d.Changes)
	vendor := ""
	for i, c := range changes[:min(len(changes), diffChanges)] {
		if of := cmp.Or(sanitize.Name(c.Vendor), "Networks"); i == 0 || of != vendor {
			if i > 0 {
				t.blank()
			}
			vendor = of
			t.line("", bold(vendor))
		}
		t.line("  ", changeSpans(&c)...)
	}
	if len(changes) > 0 {
		t.blank()
	}
	if left := len(changes) - diffChanges; left > 0 {
		t.line("", plain(figures.Plural(left, "further change is", "further changes are")+" left out here; --format json has all."))
	}
	t.line("", plain(differenceCount(changes)))
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the difference: %w", err)
	}
	return nil
}

func runText(r verdict.RunSummary) string {
	return fmt.Sprintf("the run %s of %s", cmp.Or(sanitize.Name(r.Run), "without a name"), figures.Moment(sanitize.Name(r.Started)))
}

// distinctChanges leaves out changes of words that go with a claim itself. A claim
// that came or went has a change of result, which shows that.
func distinctChanges(changes []verdict.Change) []verdict.Change {
	moved := map[view.ClaimKey]bool{}
	for _, c := range changes {
		if c.What == verdict.ChangedResult && (c.Old == "" || c.New == "") {
			moved[view.ClaimKey{Vendor: c.Vendor, Claim: c.Claim}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(changes), func(c verdict.Change) bool {
		return c.What == verdict.ChangedWords && moved[view.ClaimKey{Vendor: c.Vendor, Claim: c.Claim}]
	})
}

func differenceCount(changes []verdict.Change) string {
	if len(changes) == 0 {
		return "Nothing changed."
	}
	count := map[string]int{}
	for _, c := range changes {
		count[c.What]++
	}
	var parts []string
	for _, kind := range []struct{ what, one, many string }{
		{verdict.ChangedResult, "result of a claim", "results of claims"},
		{verdict.ChangedWords, "claim in its words", "claims in their words"},
		{verdict.ChangedVerdict, "result at an endpoint", "results at endpoints"},
		{verdict.ChangedAddress, "endpoint in its addresses", "endpoints in their addresses"},
		{verdict.ChangedOperator, "address in its operator", "addresses in their operator"},
	} {
		if n := count[kind.what]; n > 0 {
			parts = append(parts, figures.Plural(n, kind.one, kind.many))
		}
	}
	return figures.Plural(len(changes), "change", "changes") + ": " + strings.Join(parts, ", ") + "."
}

// changeSpans returns one change.
func changeSpans(c *verdict.Change) []span {
	claim, endpoint := sanitize.Name(c.Claim), sanitize.Name(c.Endpoint)
	switch c.What {
	case verdict.ChangedResult:
		return append([]span{bold(claim), plain(": ")}, fromTo(c)...)
	case verdict.ChangedVerdict:
		return append([]span{plain(claim + " at " + endpoint + ": ")}, fromTo(c)...)
	case verdict.ChangedWords:
		return []span{bold(claim), plain(wordsChange(c))}
	case verdict.ChangedAddress:
		return []span{plain(endpoint + ": " + addressChange(c))}
	case verdict.ChangedOperator:
		return []span{plain(fmt.Sprintf("%s: the network is registered to %s; before, to %s", sanitize.Name(c.Addr), sanitize.Brief(c.New, diffText), sanitize.Brief(c.Old, diffText)))}
	}
	return []span{plain(fmt.Sprintf("%s %s %s: %s; before, %s", sanitize.Name(c.What), claim, endpoint, sanitize.Brief(c.New, diffText), sanitize.Brief(c.Old, diffText)))}
}

// fromTo returns a change of result. A result that gets better or worse is shown
// in the same way: whether that is good is for the reader.
func fromTo(c *verdict.Change) []span {
	switch {
	case c.Old == "":
		return []span{plain("new, "), resultSpan(c.New)}
	case c.New == "":
		return []span{plain("gone, was "), resultSpan(c.Old)}
	}
	return []span{plain("from "), resultSpan(c.Old), plain(" to "), resultSpan(c.New)}
}

func resultSpan(result string) span { return resultWord(view.Known(verdict.Result(result))) }

func wordsChange(c *verdict.Change) string {
	switch {
	case c.Old == "":
		return ": the vendor's words are new: “" + sanitize.Brief(c.New, diffText) + "”"
	case c.New == "":
		return ": the vendor's words are gone: “" + sanitize.Brief(c.Old, diffText) + "”"
	}
	return ": the vendor's words are “" + sanitize.Brief(c.New, diffText) + "”; before, “" + sanitize.Brief(c.Old, diffText) + "”"
}

// addressChange says which addresses came and went; the lists of both runs are
// words in a text.
func addressChange(c *verdict.Change) string {
	before, after := strings.Fields(c.Old), strings.Fields(c.New)
	var parts []string
	if came := without(after, before); len(came) > 0 {
		parts = append(parts, "new: "+listed(came))
	}
	if went := without(before, after); len(went) > 0 {
		parts = append(parts, "gone: "+listed(went))
	}
	if same := len(after) - len(without(after, before)); same > 0 {
		parts = append(parts, figures.Plural(same, "address as before", "addresses as before"))
	}
	return strings.Join(parts, "; ")
}

// without returns the members of list that are not in other, both sorted by the
// one who compared.
func without(list, other []string) []string {
	have := map[string]bool{}
	for _, x := range other {
		have[x] = true
	}
	out := slices.DeleteFunc(slices.Clone(list), func(x string) bool { return have[x] })
	slices.SortFunc(out, view.CompareAddr)
	return out
}

func listed(list []string) string {
	var shown []string
	for _, x := range list[:min(len(list), diffList)] {
		shown = append(shown, sanitize.Name(x))
	}
	text := strings.Join(shown, ", ")
	if left := len(list) - diffList; left > 0 {
		text += fmt.Sprintf(" and %s more", figures.Count(left))
	}
	return text
}
