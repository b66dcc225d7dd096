package reports

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// The folders of a site, and its pages beside the front page.
const (
	vendorsFolder   = "vendors"
	addressesFolder = "addresses"
	methodPage      = "method.html"
)

// sitePlaces bounds how many addresses have a page of their own, the worst
// first. The verdicts file has all.
const sitePlaces = 25_000

// site is a view as the pages of a site tell it.
type site struct {
	view     *View
	records  map[string]*record // by run
	sheets   map[string]*providers.Sheet
	pages    map[string]string // by vendor: the name of its page
	places   []*place
	placeOf  map[string]*place
	vantages map[lineKey]*Vantage
}

// frame is what every page has.
type frame struct {
	Title string
	Up    string // from the page to the front page's folder: ./ or ../
	Style string // the style sheet that it has besides the common one
	Site  *site
}

// writeSite writes a folder of pages that need nothing else: no script, no
// font, no request to anywhere but the folder.
func writeSite(create CreateFile, v View) error {
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
	if err := s.write(create, methodPage, "method.gohtml", newMethodPage(s)); err != nil {
		return err
	}
	for _, f := range Formats() {
		if !f.InSite {
			continue
		}
		if err := create(f.File, func(w io.Writer) error { return f.Write(w, v) }); err != nil {
			return fmt.Errorf("writing %s of the site: %w", f.File, err)
		}
	}
	// Last, so that no front page leads to what is not there.
	return s.write(create, "index.html", "front.gohtml", newFrontPage(s))
}

// writeAddresses writes the pages of the addresses, of which there may be
// thousands, on all processors. The first failure ends it.
func (s *site) writeAddresses(create CreateFile) error {
	var wait sync.WaitGroup
	var next atomic.Int64
	failed := make([]error, runtime.GOMAXPROCS(0))
	for worker := range failed {
		wait.Go(func() {
			for failed[worker] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(s.places) {
					return
				}
				p := s.places[i]
				if failed[worker] = s.write(create, addressesFolder+"/"+p.File, "address.gohtml", newAddressPage(s, p)); failed[worker] != nil {
					next.Store(int64(len(s.places)))
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

func newSite(v *View) *site {
	s := newPages(v)
	for _, sheet := range v.options.Sheets {
		s.sheets[sheet.Vendor] = sheet
	}
	for _, run := range v.Runs {
		if run.Claims > 0 && v.options.Evidence != nil {
			s.records[run.ID] = newRecord(v.options.Evidence(run.ID))
		}
	}
	s.gatherPlaces()
	return s
}

// newPages is a site of which only the names of the vendors' pages are known.
func newPages(v *View) *site {
	s := &site{
		view: v, records: map[string]*record{}, sheets: map[string]*providers.Sheet{},
		pages: map[string]string{}, placeOf: map[string]*place{}, vantages: map[lineKey]*Vantage{},
	}
	for i := range v.Vantages {
		p := &v.Vantages[i]
		s.vantages[lineKey{p.Run, p.id}] = p
	}
	used := map[string]int{}
	for i := range v.Vendors {
		id := v.Vendors[i].ID
		s.pages[id] = unique(used, fileName(id)) + ".html"
	}
	return s
}

// record returns the evidence of a run, which may be empty.
func (s *site) record(run string) *record {
	if r := s.records[run]; r != nil {
		return r
	}
	return newRecord(nil)
}

// VendorFile is the page of a vendor, from the front page.
func (s *site) VendorFile(id string) string { return vendorsFolder + "/" + s.pages[id] }

// PlaceFile is the page of an address or a store, from the front page; empty
// where it has none.
func (s *site) PlaceFile(r *Row) string {
	if p := s.placeOf[r.place()]; p != nil {
		return addressesFolder + "/" + p.File
	}
	return ""
}

// placeLink is an address or a store with its page, if it has one.
type placeLink struct{ Name, File string }

// itemOnPage is a verdict with the page that tells of it.
type itemOnPage struct {
	Page *addressPage
	Item addressItem
}

// fileName returns a file a name that is safe everywhere and stays the same from
// run to run: addresses and plain ids can be read in it, anything else is
// hashed.
func fileName(text string) string {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return strings.ReplaceAll(addr.String(), ":", "-")
	}
	if isPlain(text) && !isDevice(text) {
		return text
	}
	return strings.TrimPrefix(anchor("verdict", text), "verdict.")
}

// isDevice reports whether Windows takes a name for that of a device, whatever
// ending it has: such a file can neither be written nor copied there.
func isDevice(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port, digit := strings.CutPrefix(name, "com")
	if !digit {
		port, digit = strings.CutPrefix(name, "lpt")
	}
	return digit && len(port) == 1 && port[0] >= '0' && port[0] <= '9'
}

// templates are the parts of the pages. They are tested, so an error is a
// broken build.
//
//go:embed html
var templates embed.FS

var loadPages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("site").Funcs(pageFuncs()).ParseFS(templates, "html/*.gohtml"))
})

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

// pageFuncs are what the templates may call. A text that came from outside goes
// through show, besides the escaping that html/template does for its place.
func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"show":      visible,
		"link":      webLink,
		"file":      fileLink,
		"day":       day,
		"moment":    moment,
		"figure":    figure,
		"km":        kilometres,
		"ms":        milliseconds,
		"count":     func(n int) string { return grouped(fmt.Sprint(n)) },
		"plural":    plural,
		"brief":     brief,
		"subject":   subjectWords,
		"basis":     basisWords,
		"class":     func(r verdict.Result) string { return string(known(r)) },
		"vantages":  vantageWords,
		"where":     whereWords,
		"country":   countryName,
		"countries": countryNames,
		"source":    func(s Source) string { return strings.Trim(sourceWords(&s), " ()") },
		"meanings":  meanings,
		"speed":     func() string { return limitAtSpeed },
		"style":     pageStyle,
		"add":       func(a, b int) int { return a + b },
		"minus":     func(a int) int { return -a },
		"seen":      seenWords,
		"lines":     visibleLines,
		"placed":    func(s *site, r Row) placeLink { return placeLink{Name: r.place(), File: s.PlaceFile(&r)} },
		"within":    func(p *addressPage, item addressItem) itemOnPage { return itemOnPage{p, item} },
	}
}

// pageStyle returns the common style sheet and that of a page. They are the
// project's own and stand in each page, so that one that is saved or sent by
// itself still looks as it should.
func pageStyle(of string) (template.CSS, error) {
	if made, ok := pageStyles.Load(of); ok {
		return made.(template.CSS), nil
	}
	var sheet strings.Builder
	for _, name := range []string{"base", of} {
		text, err := templates.ReadFile("html/" + name + ".css")
		if err != nil {
			return "", fmt.Errorf("the style sheet of a page: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			sheet.WriteString(strings.TrimSpace(line) + "\n")
		}
	}
	pageStyles.Store(of, template.CSS(sheet.String()))
	return template.CSS(sheet.String()), nil
}

// pageStyles are the style sheets made so far, by the name of their page.
var pageStyles sync.Map

// fileLink returns a relative link to a file beside the front page.
func fileLink(up, file string) string {
	if file == "" {
		return ""
	}
	return up + url.PathEscape(file)
}
