package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
)

// judgedFiles is what judge made of some files.
type judgedFiles struct {
	doc    *verdict.Document
	text   []byte
	status int
	said   string // on standard error
}

// judgeTexts judges files of these names and texts, in this order.
func judgeTexts(t *testing.T, claims string, files []namedText, args ...string) judgedFiles {
	t.Helper()
	dir := t.TempDir()
	sheet := filepath.Join(dir, "claims.yaml")
	all := append([]string{"judge", "--claims", sheet, "--fail-on", "never"}, args...)
	for _, f := range append([]namedText{{"claims.yaml", claims}}, files...) {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if path != sheet {
			all = append(all, path)
		}
	}
	s, out, errs := isolated(t)
	got := judgedFiles{status: run(t.Context(), s, all)}
	got.text, got.said = bytes.Clone(out.Bytes()), errs.String()
	if got.status == exitUsage {
		return got
	}
	got.doc = new(verdict.Document)
	if err := json.Unmarshal(got.text, got.doc); err != nil {
		t.Fatalf("status %d, %v: %s", got.status, err, errs)
	}
	return got
}

// namedText is a file.
type namedText struct{ name, text string }

// of returns the verdict on a claim, which has one.
func (j judgedFiles) of(t *testing.T, claim string) verdict.Verdict {
	t.Helper()
	i := slices.IndexFunc(j.doc.Verdicts, func(v verdict.Verdict) bool { return v.Claim == claim })
	if i < 0 {
		t.Fatalf("no verdict on %s: %s", claim, j.said)
	}
	return j.doc.Verdicts[i]
}

// heldBackBy returns the codes of what holds a verdict back.
func heldBackBy(v verdict.Verdict) []string {
	if v.HeldBack == nil {
		return nil
	}
	return v.HeldBack.Why
}

// claimsOf is a sheet with one endpoint and claims of these terms, named by them.
func claimsOf(endpoint string, terms ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "schema: landfall.claims/v1\nvendor: example\nname: Example\nendpoints:\n  - {%s, source: {url: \"https://example.com/\", retrieved: 2026-01-01}}\nclaims:\n", endpoint)
	for _, text := range terms {
		id := strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, strings.ToLower(text)), "-")
		for strings.Contains(id, "--") {
			id = strings.ReplaceAll(id, "--", "-")
		}
		fmt.Fprintf(&b, "  - {id: %s, says: \"Words.\", source: {url: \"https://example.com/\", retrieved: 2026-01-01}, state: any, covers: [metadata], %s}\n", id, text)
	}
	return b.String()
}

// evidenceOf is a file of evidence; lines have their ids already.
func evidenceText(run string, lines ...string) string {
	return fmt.Sprintf(`{"schema":"landfall.evidence/v1","run":%q,"tool":"t","started":"2026-11-22T07:00:00Z"}`, run) + "\n" + strings.Join(lines, "\n") + "\n"
}

// spot is a position in degrees.
type spot struct{ lat, lon float64 }

// replyMS is what a reply from another spot takes with the stretch of real paths.
func (s spot) replyMS(from spot) float64 {
	return 2*geo.AtMostKM(geo.Point(s.lat, s.lon), geo.Point(from.lat, from.lon))/geo.FibreKMPerMS*1.3 + 1
}

func vantageText(id, network string, at spot, more string) string {
	return fmt.Sprintf(`{"kind":"vantage","id":%q,"name":%q,"lat":%.3f,"lon":%.3f,"radius_km":5,"network":%q%s}`, id, id, at.lat, at.lon, network, more)
}

func replyText(id, vantage, addr string, ms float64) string {
	return fmt.Sprintf(`{"kind":"rtt","id":%q,"vantage":%q,"at":"2026-11-22T07:00:01Z","addr":%q,"port":443,"method":"tcp","min_ms":%.3f}`, id, vantage, addr, ms)
}

const resolvedText = `{"kind":"dns","id":"d","at":"2026-11-22T07:00:00Z","name":"sync.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"],"ecs_scope":"0.0.0.0/0","countries_asked":200}`
