package reports

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/feeds"
)

const (
	atomEntries = 100
	// atomNames is the name space of entry ids (RFC 4151): they stay the same
	// whatever place a feed is published at.
	atomNames = "tag:landfall-audit.github.io,2026:"
	feedFile  = "feed.xml"
)

// writeAtom writes an Atom feed (RFC 4287) of the claims whose result changed.
func writeAtom(w io.Writer, v View) error {
	feed := feeds.AtomFeed{
		Xmlns: "http://www.w3.org/2005/Atom", Title: "landfall: claims whose result changed", Id: atomNames + "changes",
		Updated: atomTime(""), Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: "landfall"}},
		Link: &feeds.AtomLink{Href: "index.html", Rel: "alternate", Type: "text/html"},
	}
	if len(v.Runs) > 0 {
		feed.Updated = atomTime(v.Runs[0].Started)
	}
	s := newPages(&v)
	changes := v.changes()
	for _, c := range changes[:min(len(changes), atomEntries)] {
		feed.Entries = append(feed.Entries, atomEntry(s, &c))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the feed: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", " ")
	if err := encoder.Encode(&feed); err != nil {
		return fmt.Errorf("writing the feed: %w", err)
	}
	return nil
}

// change is a turn of one claim.
type change struct {
	Claim *Claim
	Turn
}

// changes returns the turns of all claims, newest first.
func (v *View) changes() []change {
	var out []change
	for _, c := range v.allClaims() {
		for _, t := range c.Turns() {
			out = append(out, change{c, t})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(b.Started, a.Started) })
	return out
}

func atomEntry(s *site, c *change) *feeds.AtomEntry {
	at := atomTime(c.Started)
	text := fmt.Sprintf("From %s to %s on %s. The vendor says: “%s” %s", c.Old, c.New, day(c.Started), brief(c.Claim.Says, 600), c.Claim.Sentence)
	return &feeds.AtomEntry{
		Title:   xmlText(fmt.Sprintf("%s: %s is %s", c.Claim.Name(), c.Claim.ID, c.New)),
		Id:      atomNames + url.PathEscape(c.Claim.Vendor) + "/" + url.PathEscape(c.Claim.ID) + "/" + url.PathEscape(c.Run),
		Updated: at, Published: at,
		Links:   []feeds.AtomLink{{Href: s.ClaimFile(c.Claim), Rel: "alternate", Type: "text/html"}},
		Content: &feeds.AtomContent{Type: "text", Content: xmlText(text)},
	}
}

// atomTime returns a time as a feed has it; what is no time is the first of all.
func atomTime(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(time.RFC3339)
}
