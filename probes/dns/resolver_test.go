package dns

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseResolver(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"9.9.9.9", "9.9.9.9:53"},
		{"9.9.9.9:5353", "9.9.9.9:5353"},
		{"2620:fe::fe", "[2620:fe::fe]:53"},
		{"[2620:fe::fe]", "[2620:fe::fe]:53"},
		{"[2620:fe::fe]:5353", "[2620:fe::fe]:5353"},
		{"::ffff:9.9.9.9", "9.9.9.9:53"},
		{"tls://dns.Example", "tls://dns.example:853"},
		{"tls://9.9.9.9:8853/", "tls://9.9.9.9:8853"},
		{"tls://[2620:fe::fe]", "tls://[2620:fe::fe]:853"},
		{"https://dns.example/dns-query", "https://dns.example/dns-query"},
		{"https://dns.example:443", "https://dns.example/dns-query"},
		{"https://dns.example:8443/x", "https://dns.example:8443/x"},
		{"https://[2620:fe::fe]/dns-query", "https://[2620:fe::fe]/dns-query"},
	} {
		got, err := ParseResolver(test.text)
		if err != nil || got.String() != test.want {
			t.Errorf("ParseResolver(%q) = %q, %v; want %q", test.text, got, err, test.want)
			continue
		}
		if again, err := ParseResolver(got.String()); err != nil || again.String() != got.String() {
			t.Errorf("ParseResolver(%q) = %q, %v; its own text is expected", got, again, err)
		}
	}
}

func TestParseResolverErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "an IP address"},
		{"dns.example", "for a name give tls://"},
		{"dns.example:53", "for a name give tls://"},
		{"9.9.9.9:0", "a port from 1 to 65535"},
		{"9.9.9.9:99999", "an IP address"},
		{"0.0.0.0", "nobody can be asked"},
		{"udp://9.9.9.9", `scheme "udp" is not known`},
		{"http://dns.example/dns-query", `scheme "http" is not known`},
		{"tls://", "a host name or an address"},
		{"tls://dns.example/x", "tls://host"},
		{"tls://u:p@dns.example", "user name or password"},
		{"https:///dns-query", "a host name or an address"},
		{"https://dns.example/dns-query?dns=x", "remove what follows the path"},
		{"https://dns.example:0/", "is not a number from 1"},
		{"https://u:p@dns.example/", "user name or password"},
		{"https://a\x1b[2Jb/", "not a URL"},
		{"tls://a b", "tls://host"},
	} {
		got, err := ParseResolver(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseResolver(%q) = %q, %v; an error with %q is expected", test.text, got, err, test.want)
		}
		if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("the error for %q holds a raw escape sequence", test.text)
		}
	}
}

func TestSystem(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "resolv.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	r := systemFrom(write("search example\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n"))
	if r.err != nil || len(r.servers) != maxServers || r.servers[1] != "[2001:db8::1]:53" {
		t.Errorf("servers %v, error %v", r.servers, r.err)
	}
	if !r.is("192.0.2.1:53") || r.is("192.0.2.4:53") {
		t.Error("the resolver does not know its own servers")
	}
	for _, path := range []string{write("search example\n"), "/nonexistent/resolv.conf"} {
		if r := systemFrom(path); !errors.Is(r.err, ErrNoResolver) || !strings.Contains(r.err.Error(), "--resolver") {
			t.Errorf("%s: error %v", path, r.err)
		}
	}
}
