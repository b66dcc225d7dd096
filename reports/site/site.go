// Package site writes a report as a folder of pages that need nothing else, with a
// feed and badges.
package site

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

// The folders of a site, and its pages beside the front page.
const (
	vendorsFolder   = "vendors"
	addressesFolder = "addresses"
	MethodPage      = "method.html"
)

// maxTargets bounds how many addresses have a page of their own, the worst
// first. The verdicts file has all.
const maxTargets = 25_000

// site is a view with what its pages need besides.
type site struct {
	view     *view.View
	evidence map[string]*evidenceIndex // by run
	sheets   map[string]*providers.Sheet
	pages    map[string]string // by vendor: the name of its page
	targets  []*target
	targetOf map[string]*target
	vantages map[lineKey]*view.Vantage
}

// frame is what every page has.
type frame struct {
	Title string
	Up    string // from the page to the front page's folder: ./ or ../
	Style string // the style sheet that it has besides the common one
	Site  *site
}

// CreateFile makes one file of a report that is a folder. The path is relative
// to the folder and has slashes between its parts; write writes its content.
// It is called from several goroutines at once.
type CreateFile func(path string, write func(io.Writer) error) error

// Write writes a folder of pages that need nothing else. They have no script, no
// font, and no request to anywhere but the folder.
func Write(create CreateFile, v view.View) error {
	s := newSite(&v)
	for i := range v.Vendors {
		vendor := &v.Vendors[i]
		file := vendorsFolder + "/" + s.pages[vendor.ID]
		if err := s.write(create, file, "vendor.gohtml", newVendorPage(s, vendor)); err != nil {
			return err
		}
		b := newBadge(vendor.Name, vendor.Worst, vendor.Tally)
		stem := strings.TrimSuffix(file, ".html")
		if err := errors.Join(create(stem+".json", b.writeJSON), create(stem+".svg", b.writeSVG)); err != nil {
			return fmt.Errorf("writing the badge of %s: %w", vendor.ID, err)
		}
	}
	if err := s.writeAddresses(create); err != nil {
		return err
	}
	if err := s.write(create, MethodPage, "method.gohtml", newMethodPage(s)); err != nil {
		return err
	}
	for _, f := range []struct {
		file  string
		write func(io.Writer, view.View) error
	}{{FeedFile, WriteFeed}, {BadgeFile, WriteBadge}, {BadgePicture, WriteBadgePicture}} {
		if err := create(f.file, func(w io.Writer) error { return f.write(w, v) }); err != nil {
			return fmt.Errorf("writing %s of the site: %w", f.file, err)
		}
	}
	// Last, so that no front page leads to what is not there.
	return s.write(create, "index.html", "front.gohtml", newFrontPage(s))
}

// writeAddresses writes the pages of the addresses, of which there may be
// thousands, on all processors. The first failure ends it.
func (s *site) writeAddresses(create CreateFile) error {
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range s.targets {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			return s.write(create, addressesFolder+"/"+t.File, "address.gohtml", newAddressPage(s, t))
		})
	}
	return group.Wait()
}

func newSite(v *view.View) *site {
	s := newPages(v)
	for _, sheet := range v.Options.Sheets {
		s.sheets[sheet.Vendor] = sheet
	}
	for _, run := range v.Runs {
		if run.Claims > 0 && v.Options.Evidence != nil {
			s.evidence[run.ID] = newEvidenceIndex(v.Options.Evidence(run.ID))
		}
	}
	s.gatherTargets()
	return s
}

// newPages is a site of which only the names of the vendors' pages are known.
func newPages(v *view.View) *site {
	s := &site{
		view: v, evidence: map[string]*evidenceIndex{}, sheets: map[string]*providers.Sheet{},
		pages: map[string]string{}, targetOf: map[string]*target{}, vantages: map[lineKey]*view.Vantage{},
	}
	for i := range v.Vantages {
		p := &v.Vantages[i]
		s.vantages[lineKey{p.Run, p.ID}] = p
	}
	used := map[string]int{}
	for i := range v.Vendors {
		id := v.Vendors[i].ID
		s.pages[id] = view.Unique(used, fileName(id)) + ".html"
	}
	return s
}

// evidenceOf returns the evidence of a run, which may be empty.
func (s *site) evidenceOf(run string) *evidenceIndex {
	if r := s.evidence[run]; r != nil {
		return r
	}
	return newEvidenceIndex(nil)
}

// itemOnPage is a verdict with its page.
type itemOnPage struct {
	Page *addressPage
	Item addressItem
}

func (s *site) write(create CreateFile, path, page string, data any) error {
	err := create(path, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 64<<10)
		if err := loadPages().ExecuteTemplate(out, page, data); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// seenAt says when an endpoint of a vendor had an address; empty where
// there is no history.
func seenAt(s *site, vendor string, r view.Row) string {
	if seen, ok := s.view.Seen(vendor, r.Endpoint, r.Addr); ok {
		return text.Seen(seen)
	}
	return ""
}
