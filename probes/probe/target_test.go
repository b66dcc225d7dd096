package probe_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

func TestName(t *testing.T) {
	for host, want := range map[string]string{
		"I.Mi.Com.": "i.mi.com", "a_b.example": "a_b.example", "bücher.example": "xn--bcher-kva.example", "203.0.113.7": "203.0.113.7",
		"[2001:DB8::7]": "2001:db8::7", "::ffff:203.0.113.7": "203.0.113.7", "localhost": "localhost", "fe80::1%eth0": "fe80::1%eth0", "r3---sn.example": "r3---sn.example",
	} {
		if got, err := (probe.Target{Host: host}).Name(); err != nil || got != want {
			t.Errorf("%q: got %q, error %v; want %q", host, got, err, want)
		}
	}
	for _, host := range []string{"", ".", "a..b", "a b", "a\x00b", "a\x1b[2Jb", "a/b", `a\032b`, "https://a", strings.Repeat("a.", 130) + "b", strings.Repeat("a", 64), "a\u202eb", "fe80::1%\x1b[2J", "fe80::1%a b"} {
		got, err := (probe.Target{Host: host}).Name()
		if err == nil {
			t.Errorf("%q gives %q; an error is expected", host, got)
		} else if strings.ContainsAny(err.Error(), "\x00\x1b\u202e") {
			t.Errorf("the error for %q holds it unescaped", host)
		}
	}
	if err := (probe.Target{Host: "a.example"}).Check(); err == nil {
		t.Error("a target without port passes")
	}
}

func dnsSeen(name string, addrs ...string) *evidence.DNS {
	o := &evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: name, Type: "A"}
	for _, text := range addrs {
		o.Answers = append(o.Answers, netip.MustParseAddr(text))
	}
	return o
}

func TestEndpoints(t *testing.T) {
	seen := probe.NewSeen(dnsSeen("b.example", "203.0.113.9", "::ffff:203.0.113.7"), dnsSeen("a.example", "10.0.0.1"), dnsSeen("b.example", "203.0.113.7"))
	targets := []probe.Target{
		{Host: "B.example.", Port: 443}, {Host: "b.example", Port: 443}, {Host: "a.example", Port: 443},
		{Host: "203.0.113.9", Port: 443}, {Host: "unknown.example", Port: 443}, {Host: "b.example"}, {Host: "bad name", Port: 443},
	}
	var got []string
	for _, e := range probe.Endpoints(targets, seen) {
		text := e.Host + " " + e.AddrPort().String()
		if e.Refused != nil {
			text += " refused"
		}
		got = append(got, text)
	}
	want := []string{"203.0.113.9 203.0.113.9:443", "a.example 10.0.0.1:443 refused", "b.example 203.0.113.7:443", "b.example 203.0.113.9:443"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	both := []probe.Target{{Host: "a.example", Port: 443}, {Host: "10.0.0.1", Port: 443, AllowPrivate: true}, {Host: "a.example", Port: 443}}
	contacts := probe.Contacts(both, seen)
	if len(contacts) != 1 || contacts[0].Refused != nil {
		t.Errorf("contacts are %+v; one that is allowed is expected, as one target allows it", contacts)
	}
	for _, e := range probe.Endpoints(both, seen) {
		if e.Host == "a.example" && e.Refused == nil {
			t.Error("allowing an address for one host allows it for another")
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{"exactly", 7, "exactly"},
		{"cut here", 7, "cut ..."},
		{"a\x1b[2J\r\n\x7f", 50, `a\027[2J\013\010\127`},
		{"bücher", 50, "bücher"},
		{"\xff\xfe", 50, `\255\254`},
		{"a\u202eb\u0085", 50, `a\226\128\174b\194\133`},
		{"\x1b\x1b\x1b", 10, `\027...`},
		{"üüüü", 7, "üü..."},
		{"", 5, ""},
	} {
		if got := probe.Text(test.text, test.limit); got != test.want {
			t.Errorf("Text(%q, %d) = %q; want %q", test.text, test.limit, got, test.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[2J\u202eü", 9)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 3 || limit > 1000 {
			return
		}
		got := probe.Text(text, limit)
		o := &evidence.Error{Meta: evidence.Meta{Kind: evidence.KindError, ID: "e1"}, Error: got}
		if len(got) > limit || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) && !strings.Contains(text, "\ufffd") {
			t.Errorf("Text(%q, %d) = %q", text, limit, o.Error)
		}
		if again := probe.Text(got, limit); again != got {
			t.Errorf("Text is not stable: %q gives %q", got, again)
		}
	})
}
