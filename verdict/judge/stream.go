package judge

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
)

// Judge holds the evidence against the claims of the sheets. It fails only
// where a claim's places mean nothing on the day of the run.
func Judge(sheets []*providers.Sheet, bundle *evidence.Bundle) (*verdict.Document, error) {
	return Options{}.Judge(sheets, bundle)
}

// Judge is [Judge] with options.
func (o Options) Judge(sheets []*providers.Sheet, bundle *evidence.Bundle) (*verdict.Document, error) {
	c := Read(bundle, o)
	doc := blank(c)
	return doc, judgeAll(c, sheets, false, func(j judgement) error {
		doc.Verdicts = append(doc.Verdicts, j.verdicts...)
		return nil
	}, doc)
}

// Stream judges evidence that is read piece by piece and writes the document
// to w, as [Document.WriteTo] writes it, without ever holding all of its
// verdicts: those wait in another file, an empty one, since what sums them up
// stands before them. The document that it gives has none.
func (o Options) Stream(w io.Writer, waiting io.ReadWriteSeeker, sheets []*providers.Sheet, header evidence.Header, observations func(add func(evidence.Observation), aside func(evidence.Aside)) error) (*verdict.Document, error) {
	c := index.New(header, o.window())
	if err := observations(c.Add, func(a evidence.Aside) { c.Aside = append(c.Aside, a) }); err != nil {
		return nil, err
	}
	prepare(c)
	doc := blank(c)
	lines := verdict.NewLineWriter(waiting)
	list := verdict.ListWriter[verdict.Verdict]{LineWriter: lines}
	err := judgeAll(c, sheets, true, func(j judgement) error {
		list.Encoded(j.lines)
		return lines.Err
	}, doc)
	if err = errors.Join(err, lines.Flush()); err != nil {
		return nil, err
	}
	if _, err := waiting.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading the verdicts back: %w", err)
	}
	return doc, doc.Write(verdict.NewLineWriter(w), func(out *verdict.LineWriter) {
		out.Copy(waiting)
		list.LineWriter = out
		list.End()
	})
}

// blank returns the document of a run without its verdicts.
func blank(c *index.Index) *verdict.Document {
	doc := &verdict.Document{
		Schema: verdict.Schema,
		Run: verdict.RunSummary{
			Run: c.Header.Run, Tool: c.Header.Tool,
			Started: c.Header.Started.UTC().Format("2006-01-02T15:04:05Z"),
		},
		Summary:  map[verdict.Result]int{},
		SetAside: asides(c),
		Vantages: c.Summaries(),
		Claims:   []verdict.ClaimResult{},
		Verdicts: []verdict.Verdict{},
	}
	for _, r := range verdict.Results() {
		doc.Summary[r] = 0
	}
	return doc
}

// maxAsides is how many lines that are not used a document lists.
const maxAsides = 100

// asides are the lines and files that are not used, in an order that does not
// depend on that of the files.
func asides(c *index.Index) []evidence.Aside {
	out := slices.Clone(c.Aside)
	slices.SortFunc(out, evidence.CompareAside)
	return out[:min(len(out), maxAsides)]
}

// verdictBytes is about how long a verdict is as JSON.
const verdictBytes = 1100

// encodeLines writes verdicts as the items of a list, as [listWriter] does.
func encodeLines(verdicts []verdict.Verdict) (lines []byte, err error) {
	lines = make([]byte, 0, verdictBytes*len(verdicts))
	for i := range verdicts {
		if i > 0 {
			lines = append(lines, ',')
		}
		if lines, err = verdict.AppendJSON(append(lines, verdict.ItemStart...), &verdicts[i]); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// Options are how evidence is judged. The zero value is what the contract says
// where nothing is asked for.
type Options struct {
	// Window is how far apart replies may be that carry one verdict together; 0:
	// [DefaultWindow].
	Window time.Duration
}

func (o Options) window() time.Duration {
	if o.Window <= 0 {
		return index.DefaultWindow
	}
	return o.Window
}
