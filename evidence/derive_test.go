package evidence_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
)

func redirect(from, location string) *evidence.HTTP {
	return &evidence.HTTP{Meta: evidence.Meta{ID: "h1"}, URL: from, Status: 307, Location: location}
}

func record(name string, port uint16, services ...evidence.Service) *evidence.DNS {
	return &evidence.DNS{Meta: evidence.Meta{ID: "d1"}, Name: name, Type: "HTTPS", Port: port, Services: services}
}

func TestDeriveFromRedirects(t *testing.T) {
	for _, test := range []struct {
		name, from, location string
		host                 string // where it leads; empty: nowhere
		port                 uint16
	}{
		{"another-host", "https://a.example/", "https://b.example/x", "b.example", 443},
		{"relative", "https://a.example/", "/login", "", 0},
		{"relative-without-slash", "https://a.example/x/", "login?x=1#y", "", 0},
		{"same-host", "https://a.example/", "https://a.example/de/", "", 0},
		{"same-host-in-capitals", "https://a.example/", "HTTPS://A.EXAMPLE./", "", 0},
		{"same-host-port-spelt-out", "https://a.example/", "https://a.example:443/", "", 0},
		{"other-port", "https://a.example/", "https://a.example:8443/", "a.example", 8443},
		{"plain-text", "https://a.example/", "http://a.example/", "a.example", 80},
		{"without-scheme", "https://a.example/", "//b.example:81/", "b.example", 81},
		{"user-and-password", "https://a.example/", "https://user:secret@b.example/", "b.example", 443},
		{"user-that-looks-like-a-host", "https://a.example/", "https://a.example@b.example/", "b.example", 443},
		{"javascript", "https://a.example/", "javascript:alert(1)", "", 0},
		{"data", "https://a.example/", "data:text/html,x", "", 0},
		{"ftp", "https://a.example/", "ftp://b.example/", "", 0},
		{"file", "https://a.example/", "file:///etc/passwd", "", 0},
		{"ipv6", "https://a.example/", "https://[2001:DB8::7]/", "2001:db8::7", 443},
		{"ipv6-and-port", "https://a.example/", "https://[2001:db8::7]:8443/", "2001:db8::7", 8443},
		{"ipv4", "https://a.example/", "http://203.0.113.7/", "203.0.113.7", 80},
		{"capitals-and-dot", "https://A.example./", "https://B.Example./", "b.example", 443},
		{"port-0", "https://a.example/", "https://b.example:0/", "", 0},
		{"port-99999", "https://a.example/", "https://b.example:99999/", "", 0},
		{"port-that-is-none", "https://a.example/", "https://b.example:x/", "", 0},
		{"no-host", "https://a.example/", "https:///x", "", 0},
		{"escaped-control", "https://a.example/", `https://b.example\027/`, "", 0},
		{"empty", "https://a.example/", "", "", 0},
		{"of-another-endpoint", "https://c.example/", "https://b.example/", "", 0},
		{"of-another-port", "https://a.example:8443/", "https://b.example/", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want []evidence.Derived
			if test.host != "" {
				want = []evidence.Derived{{From: "a.example", FromPort: 443, Host: test.host, Port: test.port, By: "h1", Status: 307}}
			}
			if diff := cmp.Diff(want, evidence.Derive("a.example", 443, []evidence.Observation{redirect(test.from, test.location)})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	for _, status := range []int{0, 200, 201, 299, 400, 503} {
		h := redirect("https://a.example/", "https://b.example/")
		h.Status = status
		if got := evidence.Derive("a.example", 443, []evidence.Observation{h}); len(got) > 0 {
			t.Errorf("status %d leads to %+v", status, got)
		}
	}
}

func TestDeriveFromHTTPSRecords(t *testing.T) {
	hints := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}
	to := func(host string, port uint16, hints ...netip.Addr) evidence.Derived {
		return evidence.Derived{From: "a.example", FromPort: 443, Host: host, Port: port, Hints: hints, By: "d1"}
	}
	for _, test := range []struct {
		name string
		line *evidence.DNS
		want []evidence.Derived
	}{
		{"itself", record("a.example", 0, evidence.Service{Priority: 1, Target: "a.example"}), nil},
		{"hints-only", record("a.example", 0, evidence.Service{Priority: 1, Target: "a.example", Hints: hints}), []evidence.Derived{to("a.example", 443, hints...)}},
		{"target", record("A.Example.", 0, evidence.Service{Priority: 1, Target: "B.example."}), []evidence.Derived{to("b.example", 443)}},
		{"target-with-port-and-hints", record("a.example", 0, evidence.Service{Priority: 1, Target: "b.example", Port: 8443, Hints: hints}), []evidence.Derived{to("b.example", 8443, hints...)}},
		{"alias", record("a.example", 0, evidence.Service{Target: "b.example"}), []evidence.Derived{to("b.example", 443)}},
		{"other-port-of-itself", record("a.example", 0, evidence.Service{Priority: 1, Target: "a.example", Port: 8443}), []evidence.Derived{to("a.example", 8443)}},
		{"several", record("a.example", 0, evidence.Service{Priority: 1, Target: "c.example"}, evidence.Service{Priority: 2, Target: "b.example"}), []evidence.Derived{to("b.example", 443), to("c.example", 443)}},
		{"no-target", record("a.example", 0, evidence.Service{Priority: 1}), nil},
		{"of-another-name", record("c.example", 0, evidence.Service{Priority: 1, Target: "b.example"}), nil},
		{"of-another-port", record("a.example", 8443, evidence.Service{Priority: 1, Target: "b.example"}), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, evidence.Derive("a.example", 443, []evidence.Observation{test.line}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	text := &evidence.DNS{Name: "a.example", Type: "TXT", Services: []evidence.Service{{Priority: 1, Target: "b.example"}}}
	if got := evidence.Derive("a.example", 443, []evidence.Observation{text}); len(got) > 0 {
		t.Errorf("a TXT record leads to %+v", got)
	}
	// http goes by the records of https (RFC 9460, 9.5); another port has its own.
	line := record("a.example", 0, evidence.Service{Priority: 1, Target: "b.example"})
	own := record("a.example", 8443, evidence.Service{Priority: 1, Target: "c.example"})
	for port, want := range map[uint16]string{443: "b.example", 80: "b.example", 8443: "c.example", 8080: ""} {
		got := evidence.Derive("a.example", port, []evidence.Observation{line, own})
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Host != want || got[0].Port != port) {
			t.Errorf("port %d leads to %+v; %q is expected", port, got, want)
		}
	}
}

func TestDeriveInAnyOrder(t *testing.T) {
	lines := []evidence.Observation{
		record("a.example", 0, evidence.Service{Priority: 1, Target: "b.example"}, evidence.Service{Priority: 2, Target: "c.example"}),
		redirect("https://a.example/", "https://b.example/"), redirect("https://a.example/", "https://d.example:1/"),
	}
	want := evidence.Derive("a.example", 443, lines)
	slices.Reverse(lines)
	if diff := cmp.Diff(want, evidence.Derive("a.example", 443, lines)); diff != "" || len(want) != 4 {
		t.Errorf("%d, -want +got\n%s", len(want), diff)
	}
}

// Only what resends the data, to names of the same owner, is where data goes.
func TestResendsBody(t *testing.T) {
	for name, tc := range map[string]struct {
		d    evidence.Derived
		want bool
	}{
		"record":                  {evidence.Derived{From: "a.example.com", Host: "b.example.net"}, true},
		"307, one owner":          {evidence.Derived{From: "a.example.com", Host: "cn.example.com", Status: 307}, true},
		"308, one owner":          {evidence.Derived{From: "a.example.co.uk", Host: "b.example.co.uk", Status: 308}, true},
		"307, a suffix is shared": {evidence.Derived{From: "a.example.co.uk", Host: "b.other.co.uk", Status: 307}, false},
		"302, one owner":          {evidence.Derived{From: "a.example.com", Host: "www.example.com", Status: 302}, false},
		"307, to an address":      {evidence.Derived{From: "a.example.com", Host: "203.0.113.7", Status: 307}, false},
	} {
		if got := tc.d.ResendsBody(); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
