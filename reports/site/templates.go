package site

import (
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// templates are the parts of the pages. They are tested, so an error is a
// broken build.
//
//go:embed html
var templates embed.FS

// pageFuncs are what the templates may call. A text that came from outside goes
// through show, besides the escaping that html/template does for its place.
func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"show":       sanitize.Visible,
		"link":       sanitize.Link,
		"file":       fileLink,
		"day":        figures.Day,
		"moment":     figures.Moment,
		"figure":     figures.Number,
		"km":         figures.Kilometres,
		"ms":         figures.Milliseconds,
		"count":      figures.Count,
		"plural":     figures.Plural,
		"brief":      sanitize.Brief,
		"subject":    text.Subject,
		"basis":      text.Basis,
		"class":      func(r verdict.Result) string { return string(view.Known(r)) },
		"vantages":   text.Vantages,
		"landings":   func(l view.Landings, most int) string { return text.Landings(&l, most) },
		"gap":        func(g view.Gap) string { return text.Gap(&g) },
		"acceptance": text.Acceptance,
		"constraint": func(c view.Constraint) string { return text.Constraint(&c) },
		"position":   text.Position,
		"country":    view.CountryName,
		"countries":  text.Countries,
		"source":     func(s view.Source) string { return strings.Trim(text.Source(&s), " ()") },
		"meanings":   text.Meanings,
		"speed":      func() string { return text.SpeedLimit },
		"style":      pageStyle,
		"add":        func(a, b int) int { return a + b },
		"minus":      func(a int) int { return -a },
		"seen":       seenAt,
		"lines":      sanitize.VisibleLines,
		"target":     func(s *site, r view.Row) targetLink { return targetLink{Name: r.Name(), File: s.TargetFile(&r)} },
		"within":     func(p *addressPage, item addressItem) itemOnPage { return itemOnPage{p, item} },
	}
}

// pageStyle returns the common style sheet and that of a page. They are the
// project's own and are part of each page, so that one that is saved or sent by
// itself still looks as it should.
func pageStyle(of string) (template.CSS, error) {
	if made, ok := pageStyles.Load(of); ok {
		return made.(template.CSS), nil
	}
	var sheet strings.Builder
	for _, name := range []string{"base", of} {
		css, err := templates.ReadFile("html/" + name + ".css")
		if err != nil {
			return "", fmt.Errorf("the style sheet of a page: %w", err)
		}
		for line := range strings.Lines(string(css)) {
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

var loadPages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("site").Funcs(pageFuncs()).ParseFS(templates, "html/*.gohtml"))
})
