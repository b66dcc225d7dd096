package formats

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/site"
	"github.com/landfall-audit/landfall/reports/view"
)

func TestFormatsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		if seen[f.Name] || seen[f.File] || f.ContentType == "" || f.About == "" || (f.Write == nil) == (f.WriteFolder == nil) {
			t.Errorf("format %+v is incomplete or shares its name or file", f)
		}
		seen[f.Name], seen[f.File] = true, true
	}
	if _, err := LookUp("pdf"); err == nil || !strings.Contains(err.Error(), "markdown") {
		t.Errorf("looking up an unknown format returns %v, want the list of known ones", err)
	}
}

func TestJSONIsWhatTheJudgeWrote(t *testing.T) {
	docs := reporttest.Documents(t, "every")
	var want bytes.Buffer
	if _, err := docs[0].WriteTo(&want); err != nil {
		t.Fatal(err)
	}
	if got := render(t, "json", view.New(docs, view.Options{})); got != want.String() {
		t.Error("the json format differs from what the judge writes")
	}
	f, err := LookUp("json")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&bytes.Buffer{}, view.New(reporttest.Documents(t, "every", "older"), view.Options{})); !errors.Is(err, ErrManyRuns) {
		t.Errorf("json of two runs returns %v, want ErrManyRuns", err)
	}
}

// full fails every write, as a full disk does.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWriteErrorsAreGivenOn(t *testing.T) {
	v := view.New(reporttest.Documents(t, "every"), view.Options{})
	for _, f := range All() {
		var err error
		if f.Write != nil {
			err = f.Write(full{}, v)
		} else {
			err = f.WriteFolder(func(_ string, write func(io.Writer) error) error { return write(full{}) }, v)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk returns %v", f.Name, err)
		}
	}
}

// TestSameInputSameBytes: neither the order of the documents nor chance has a
// say.
func TestSameInputSameBytes(t *testing.T) {
	for _, f := range []string{"text", "site", "markdown"} {
		want := render(t, f, view.New(reporttest.Documents(t, "older", "every", "untested"), reporttest.WholeOptions(t)))
		for range 5 {
			if got := render(t, f, view.New(reporttest.Documents(t, "untested", "every", "older"), reporttest.WholeOptions(t))); got != want {
				t.Errorf("%s differs from one time to the next", f)
			}
		}
	}
}

// TestNothingTestedIsNeverGreen: a run that saw nothing shows no result that
// speaks for a claim.
func TestNothingTestedIsNeverGreen(t *testing.T) {
	v := view.New(reporttest.Documents(t, "untested"), view.Options{Color: true})
	text := render(t, "text", v)
	if strings.Contains(text, string(styleOf("proven"))) || strings.Contains(text, string(styleOf("consistent"))) {
		t.Error("the text format is green, and nothing was tested")
	}
	v.Options.Color = false
	if !strings.Contains(render(t, "text", v), "Nothing was tested") || !strings.Contains(render(t, "markdown", v), "Nothing was tested") {
		t.Error("that nothing was tested is not said plainly")
	}
	pages := sitePages(t, v)
	for path, page := range pages {
		for _, green := range []string{`class="badge proven"`, `class="badge consistent"`} {
			if strings.Contains(page, green) && path != site.MethodPage {
				t.Errorf("%s has %s, and nothing was tested", path, green)
			}
		}
	}
	if !strings.Contains(pages["index.html"], "Nothing was tested") {
		t.Error("the front page does not say that nothing was tested")
	}
}

// TestWordingDoesNotAccuse keeps words of blame out of reports.
func TestWordingDoesNotAccuse(t *testing.T) {
	v := view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t))
	for _, f := range []string{"text", "site", "markdown"} {
		report := strings.ToLower(render(t, f, v))
		for _, word := range []string{" lie ", " lies to", "lied", " fraud", "cheat", "deceiv", "guilty", "violat", "breach", "mislead", "false claim"} {
			if strings.Contains(report, word) {
				t.Errorf("%s says %q", f, word)
			}
		}
	}
}
