package reports

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFormatsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		if seen[f.Name] || seen[f.File] || f.ContentType == "" || f.About == "" || (f.Write == nil) == (f.WriteFolder == nil) {
			t.Errorf("format %+v is incomplete or shares its name or file", f)
		}
		seen[f.Name], seen[f.File] = true, true
	}
	if _, err := LookUp("pdf"); err == nil || !strings.Contains(err.Error(), "markdown") {
		t.Errorf("looking up an unknown format gives %v, want the list of known ones", err)
	}
}

func TestJSONIsWhatTheJudgeWrote(t *testing.T) {
	docs := documents(t, "every")
	var want bytes.Buffer
	if _, err := docs[0].WriteTo(&want); err != nil {
		t.Fatal(err)
	}
	if got := render(t, "json", NewView(docs, Options{})); got != want.String() {
		t.Error("the json format differs from what the judge writes")
	}
	f, err := LookUp("json")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&bytes.Buffer{}, NewView(documents(t, "every", "older"), Options{})); !errors.Is(err, ErrManyRuns) {
		t.Errorf("json of two runs gives %v, want ErrManyRuns", err)
	}
}

// full fails every write, as a full disk does.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWriteErrorsAreGivenOn(t *testing.T) {
	v := NewView(documents(t, "every"), Options{})
	for _, f := range Formats() {
		var err error
		if f.Write != nil {
			err = f.Write(full{}, v)
		} else {
			err = f.WriteFolder(func(_ string, write func(io.Writer) error) error { return write(full{}) }, v)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk gives %v", f.Name, err)
		}
	}
}

// TestSameInputSameBytes: neither the order of the documents nor chance has a
// say.
func TestSameInputSameBytes(t *testing.T) {
	for _, f := range []string{"text", "site", "markdown"} {
		want := render(t, f, NewView(documents(t, "older", "every", "untested"), whole(t)))
		for range 5 {
			if got := render(t, f, NewView(documents(t, "untested", "every", "older"), whole(t))); got != want {
				t.Errorf("%s differs from one time to the next", f)
			}
		}
	}
}

// TestNothingTestedIsNeverGreen: a run that saw nothing shows no result that
// speaks for a claim.
func TestNothingTestedIsNeverGreen(t *testing.T) {
	v := NewView(documents(t, "untested"), Options{Color: true})
	text := render(t, "text", v)
	if strings.Contains(text, string(styleOf("proven"))) || strings.Contains(text, string(styleOf("consistent"))) {
		t.Error("the text format is green, and nothing was tested")
	}
	v.options.Color = false
	if !strings.Contains(render(t, "text", v), "Nothing was tested") || !strings.Contains(render(t, "markdown", v), "Nothing was tested") {
		t.Error("that nothing was tested is not said plainly")
	}
	pages := renderSite(t, v)
	for path, page := range pages {
		for _, green := range []string{`class="badge proven"`, `class="badge consistent"`} {
			if strings.Contains(page, green) && path != methodPage {
				t.Errorf("%s has %s, and nothing was tested", path, green)
			}
		}
	}
	if !strings.Contains(pages["index.html"], "Nothing was tested") {
		t.Error("the front page does not say that nothing was tested")
	}
}

// TestWordingDoesNotAccuse keeps words of blame out of what is told.
func TestWordingDoesNotAccuse(t *testing.T) {
	v := NewView(documents(t, "older", "every"), whole(t))
	for _, f := range []string{"text", "site", "markdown"} {
		told := strings.ToLower(render(t, f, v))
		for _, word := range []string{" lie ", " lies to", "lied", " fraud", "cheat", "deceiv", "guilty", "violat", "breach", "mislead", "false claim"} {
			if strings.Contains(told, word) {
				t.Errorf("%s says %q", f, word)
			}
		}
	}
}
