package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/internal/needs"
)

// unpacked reads a file, plain or packed.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil && strings.HasSuffix(path, archive.Compressed) {
		var r *zstd.Decoder
		if r, err = zstd.NewReader(nil); err == nil {
			defer r.Close()
			data, err = r.DecodeAll(data, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// judgedAgain judges evidence by claims and returns the bytes.
func judgedAgain(t *testing.T, claims string, args ...string) []byte {
	t.Helper()
	s, out, errs := isolatedAgain()
	if got := run(t.Context(), s, append([]string{"judge", "--claims", claims, "--fail-on", "never"}, args...)); got != exitComplete {
		t.Fatalf("%q: status %d: %s", args, got, errs)
	}
	return out.Bytes()
}

// Judging a published run again gives the bytes that audit published, from one
// vantage or with --resume, whatever the window.
func TestAuditIsJudgedAgain(t *testing.T) {
	needs.Time(t)
	l := newLab(t, t.Cleanup)
	dir := t.TempDir()
	claims := filepath.Join(dir, "lab.yaml")
	writeClaims(t, claims, l.port, 12)
	country := filepath.Join(dir, "de.mmdb")
	writeGeoIP(t, country, "DE")
	for name, more := range map[string][]string{
		"placed":          {"--vantage", "here@50.11,8.68"},
		"without a place": nil,
		"by a database":   {"--geoip", country},
		"by countries":    {"--countries", "DE,IN,CN", "--vantage", "here@50.11,8.68"},
	} {
		for _, window := range []string{"72h", "1ms"} {
			s, _, errs := isolated(t)
			out := filepath.Join(dir, strings.ReplaceAll(name+window, " ", "-"))
			args := append([]string{"audit", "--claims", claims, "--offline", "--allow-private", "--resolver", l.resolver, "--window", window, "--fail-on", "never", "--no-selfcheck", "--out", out}, more...)
			if got := run(t.Context(), s, args); got != exitComplete {
				t.Fatalf("%s: status %d: %s", name, got, errs)
			}
			published := unpacked(t, filepath.Join(out, archive.VerdictsFile))
			if again := judgedAgain(t, claims, "--window", window, filepath.Join(out, archive.EvidenceFile)); !bytes.Equal(again, published) {
				t.Errorf("%s, %s: judged again it is\n%s\nand was\n%s", name, window, again, published)
			}
		}
	}
}

// publishedRun is a run whose result a line holds back that no reply is: it is
// those that thinning must keep.
type publishedRun struct {
	lines  []string
	result string
}

// kinds are the sorts of lines that hold a result back.
func (publishedRun) kinds() map[string]publishedRun {
	keyed := func(id, vantage string, ms float64) string {
		return strings.Replace(replyText(id, vantage, "203.0.113.7", ms), `"method":"tcp"`, `"method":"tls","authenticated":{"server_name":"sync.example.com","how":"tls"}`, 1)
	}
	hessen := []string{
		resolvedText, vantageText("v1", "local", spot{50.4, 9.2}, ""), vantageText("v2", "local", spot{50.6, 9.4}, ""), vantageText("v3", "local", spot{48.86, 2.35}, ""),
		replyText("e2", "v1", "203.0.113.7", 1), replyText("e3", "v2", "203.0.113.7", 1), replyText("e4", "v3", "203.0.113.7", 12),
		`{"kind":"page","id":"filler","url":"https://example.com/","status":200}`,
	}
	with := func(result string, more ...string) publishedRun {
		return publishedRun{append(slices.Clone(hessen), more...), result}
	}
	return map[string]publishedRun{
		"nothing":                 with("proven"),
		"an edge by a header":     with("consistent", `{"kind":"http","id":"h","vantage":"v1","addr":"203.0.113.7","url":"http://sync.example.com:443/","status":200,"headers":{"cf-ray":"8f2-FRA"}}`),
		"an edge by a range":      with("consistent", `{"kind":"range","id":"h","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"aws","service":"CLOUDFRONT","region":"GLOBAL","edge":true,"source":"aws-ip-ranges.json"}`),
		"anycast by a database":   with("consistent", `{"kind":"geoip","id":"h","addr":"203.0.113.7","database":"db","built":"2026-01-01","country":"DE","anycast":true}`),
		"TLS without its key":     with("consistent", `{"kind":"tls","id":"h","vantage":"v1","addr":"203.0.113.7","port":443,"server_name":"sync.example.com","trusted":false}`),
		"TLS that was refused":    with("consistent", `{"kind":"error","id":"h","vantage":"v1","probe":"tls","target":"203.0.113.7:443 sync.example.com","error":"refused","class":"refused"}`),
		"a key from further away": with("inconclusive", keyed("k1", "v1", 80), keyed("k2", "v2", 80), keyed("k3", "v3", 80)),
		"a vantage elsewhere":     with("consistent", vantageText("v4", "local", spot{35.68, 139.69}, ""), replyText("e9", "v4", "203.0.113.7", 1)),
	}
}

// A run that audit thins, the 31st folder, gives the bytes that were published of it
// when it is judged again, whatever holds its result back.
func TestThinnedRunIsJudgedAgain(t *testing.T) {
	needs.Time(t)
	l := newLab(t, t.Cleanup)
	work := t.TempDir()
	labClaims, claims := filepath.Join(work, "lab.yaml"), filepath.Join(work, "claims.yaml")
	writeClaims(t, labClaims, l.port, 1)
	if err := os.WriteFile(claims, []byte(claimsOf("host: sync.example.com", "allow: [DE]", "deny: [CN]")), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for name, kind := range (publishedRun{}).kinds() {
		dir := filepath.Join(work, strings.ReplaceAll(name, " ", "-"))
		for i := range archive.KeepInFull + 2 {
			id, to := fmt.Sprintf("R%02d", i), filepath.Join(dir, archive.RunsFolder, fmt.Sprintf("R%02d", i))
			if i == archive.KeepInFull+1 {
				to = dir
			}
			text := strings.Replace(evidenceText(id, kind.lines...), "2026-11-22T07:00:00Z", began.AddDate(0, 0, i).Format(time.RFC3339), 1)
			path := filepath.Join(to, archive.EvidenceFile)
			if err := os.MkdirAll(to, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(to, archive.VerdictsFile), judgedAgain(t, claims, path), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, _, errs := isolated(t)
		args := []string{"audit", "--claims", labClaims, "--offline", "--allow-private", "--resolver", l.resolver, "--countries", "none", "--no-selfcheck", "--fail-on", "never", "--out", dir}
		if got := run(t.Context(), s, args); got != exitComplete {
			t.Fatalf("%s: status %d: %s", name, got, errs)
		}
		oldest := filepath.Join(dir, archive.RunsFolder, "R00")
		thinned := filepath.Join(oldest, archive.ThinnedFile)
		published := unpacked(t, filepath.Join(oldest, archive.VerdictsFile))
		if bytes.Contains(unpacked(t, thinned), []byte(`"filler"`)) {
			t.Errorf("%s: nothing was thinned", name)
		}
		if !bytes.Contains(published, []byte(`"result":"`+kind.result+`"`)) {
			t.Errorf("%s: nothing is %s:\n%s", name, kind.result, published)
		}
		if again := judgedAgain(t, claims, thinned); !bytes.Equal(again, published) {
			t.Errorf("%s: thinned it is judged\n%s\nand was\n%s", name, again, published)
		}
	}
}
