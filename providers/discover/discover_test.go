package discover

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvidence(t *testing.T) {
	var f Finds
	f.Ask("API.example.co.uk.")
	for _, o := range []evidence.Observation{
		&evidence.DNS{Name: "api.example.co.uk", Type: "A", Chain: []string{"eu.example.co.uk.", "x.cdn.example.net."}, Answers: []netip.Addr{netip.MustParseAddr("203.0.113.7")}},
		&evidence.DNS{Name: "example.co.uk", Type: "TXT", Chain: []string{"txt.example.co.uk"}},
		&evidence.TLS{ServerName: "api.example.co.uk", SANs: []string{"api.example.co.uk", "*.example.co.uk", "upload.example.co.uk", "shop.other.co.uk"}},
		&evidence.HTTP{URL: "https://api.example.co.uk/", Location: "https://login.example.net/x"},
		&evidence.HTTP{URL: "https://api.example.co.uk/", Location: "/y"},
		&evidence.Flow{ServerName: "ingest.example.org", BytesUp: 4096},
		&evidence.Flow{ServerName: "idle.example.org"},
	} {
		f.Evidence(o)
	}
	want := `# Proposed, for a person to accept: give each host its roles and the source that says that clients use it.
endpoints:
  - host: "ingest.example.org"
    # received data from the observed program
    # 4096 octets went there
  # api.example.co.uk stands in the sheet of known already
  - host: "eu.example.co.uk"
    # is what api.example.co.uk is another name for
  - host: "login.example.net"
    # is where api.example.co.uk redirects to
  - host: "upload.example.co.uk"
    # is on the certificate of api.example.co.uk
open:
  - "Which hosts stand behind *.example.co.uk?"
# 1 names on certificates are under other domains and were left out.
`
	sheets := []*providers.Sheet{{Vendor: "known", Endpoints: []providers.Endpoint{{Host: "api.example.co.uk"}}}}
	if diff := cmp.Diff(want, f.YAML(sheets)); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
}

func hosts(f *Finds) string {
	var names []string
	for _, p := range f.Proposals(nil) {
		names = append(names, p.Host)
	}
	return strings.Join(names, " ")
}

func TestFiles(t *testing.T) {
	har := `{"log":{"entries":[{"request":{"url":"https://up.example.com/a","bodySize":900}},{"request":{"url":"https://up.example.com/b","bodySize":-1}},
{"request":{"url":"data:text/plain,x"}},{"request":{"url":"http://127.0.0.1:8080/"}},{"request":{"url":"wss://socket.example.com/"}}]}}`
	bundle := `{"schema":"landfall.evidence/v1","run":"r","tool":"t","started":"2026-11-22T07:00:00Z"}
{"kind":"dns","id":"e1","at":"2026-11-22T07:00:00Z","name":"a.example.com","type":"A","rcode":"NOERROR","chain":["b.example.com"],"answers":["203.0.113.7"]}
`
	for name, test := range map[string]struct{ text, want string }{
		"har":   {har, "up.example.com socket.example.com"},
		"list":  {"# comment\n0.0.0.0 b.example.com\nhttps://a.example.com/x\n\nc.example.com # why\n*.example.com\nnot a host!\n192.168.1.1\n", "a.example.com b.example.com c.example.com"},
		"jsonl": {bundle, "a.example.com b.example.com"},
	} {
		var f Finds
		if err := f.File(write(t, name, test.text)); err != nil || hosts(&f) != test.want {
			t.Errorf("%s: %q, %v; want %q", name, hosts(&f), err, test.want)
		}
		if _, err := providers.Parse("made.yaml", []byte("schema: landfall.claims/v1\nvendor: made\nname: Made\n"+f.YAML(nil))); err != nil {
			t.Errorf("%s: what is proposed is no sheet: %v", name, err)
		}
	}
	for name, test := range map[string]struct{ text, want string }{
		"broken.har": {`{"log":`, "is no HAR file"}, "other.json": {`{"a":1}`, "JSON without a log"},
		"long.txt": {strings.Repeat("x", maxLine+1), "as a list of hosts"},
	} {
		if err := new(Finds).File(write(t, name, test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := new(Finds).File(write(t, "a.pcap", "\xd4\xc3\xb2\xa1\x02\x00")); !errors.Is(err, ErrCapture) {
		t.Errorf("a capture: %v", err)
	}
	if err := new(Finds).File(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

// FuzzEvidence: whatever names come back, what is proposed can be read as a sheet.
func FuzzEvidence(f *testing.F) {
	f.Add("a.example.com", "b.example.com", "*.example.com")
	f.Add("a\nclaims: []", "\u202e.example.com", "x.example.com\n- y")
	f.Fuzz(func(t *testing.T, asked, name, san string) {
		var finds Finds
		finds.Ask(asked)
		finds.Evidence(&evidence.DNS{Name: asked, Type: "A", Chain: []string{name}, Answers: []netip.Addr{netip.IPv6Loopback()}})
		finds.Evidence(&evidence.TLS{ServerName: asked, SANs: []string{name, san}})
		finds.Evidence(&evidence.HTTP{URL: "https://" + asked + "/", Location: "https://" + name + "/"})
		text := "schema: landfall.claims/v1\nvendor: made\nname: Made\n" + finds.YAML(nil)
		if _, err := providers.Parse("made.yaml", []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
