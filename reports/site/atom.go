package site

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/gorilla/feeds"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

const (
	atomEntries = 100
	// atomNames is the name space of entry ids (RFC 4151): they stay the same
	// whatever place a feed is published at.
	atomNames = "tag:landfall-audit.github.io,2026:"
	FeedFile  = "feed.xml"
)

// WriteFeed writes an Atom feed (RFC 4287) of the claims whose result changed.
func WriteFeed(w io.Writer, v view.View) error {
	feed := feeds.AtomFeed{
		Xmlns: "http://www.w3.org/2005/Atom", Title: "landfall: claims whose result changed", Id: atomNames + "changes",
		Updated: atomTime(""), Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: "landfall"}},
		Link: &feeds.AtomLink{Href: "index.html", Rel: "alternate", Type: "text/html"},
	}
	if len(v.Runs) > 0 {
		feed.Updated = atomTime(v.Runs[0].Started)
	}
	s := newPages(&v)
	changes := v.Changes()
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

func atomEntry(s *site, c *view.Change) *feeds.AtomEntry {
	at := atomTime(c.Started)
	summary := fmt.Sprintf("From %s to %s on %s. The vendor says: “%s” %s", c.Old, c.New, figures.Day(c.Started), sanitize.Brief(c.Claim.Says, 600), text.Claim(c.Claim))
	return &feeds.AtomEntry{
		Title:   sanitize.XML(fmt.Sprintf("%s: %s is %s", c.Claim.Name(), c.Claim.ID, c.New)),
		Id:      atomNames + url.PathEscape(c.Claim.Vendor) + "/" + url.PathEscape(c.Claim.ID) + "/" + url.PathEscape(c.Run),
		Updated: at, Published: at,
		Links:   []feeds.AtomLink{{Href: s.ClaimFile(c.Claim), Rel: "alternate", Type: "text/html"}},
		Content: &feeds.AtomContent{Type: "text", Content: sanitize.XML(summary)},
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
