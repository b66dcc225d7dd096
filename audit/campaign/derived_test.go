package campaign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

func TestDerivedTargets(t *testing.T) {
	redirect := func(from, to string) *evidence.HTTP { return &evidence.HTTP{URL: from, Status: 302, Location: to} }
	service := func(name string, targets ...string) *evidence.DNS {
		d := &evidence.DNS{Name: name, Type: "HTTPS"}
		for i, target := range targets {
			d.Services = append(d.Services, evidence.Service{Priority: uint16(i + 1), Target: target})
		}
		return d
	}
	many := make([]string, 20)
	for i := range many {
		many[i] = fmt.Sprintf("t%02d.example", i)
	}
	for _, test := range []struct {
		name string
		seen []evidence.Observation
		want []string // beside a.example, b.example:8443 and the bucket
		cut  int
	}{
		{"redirect", []evidence.Observation{redirect("https://a.example/", "https://user:secret@c.example/x")}, []string{"c.example:443"}, 0},
		{"record", []evidence.Observation{service("a.example", "d.example", "c.example")}, []string{"c.example:443", "d.example:443"}, 0},
		{"twice", []evidence.Observation{service("a.example", "c.example"), redirect("https://a.example/", "https://C.example./"), redirect("https://b.example:8443/", "https://c.example/")}, []string{"c.example:443"}, 0},
		{"to-another-target", []evidence.Observation{redirect("https://a.example/", "https://b.example:8443/"), service("a.example", "B.example")}, []string{"b.example:443"}, 0},
		{"one-level-deep", []evidence.Observation{redirect("https://a.example/", "https://c.example/"), redirect("https://c.example/", "https://d.example/"), service("c.example", "e.example")}, []string{"c.example:443"}, 0},
		{"inward", []evidence.Observation{redirect("https://a.example/", "http://127.0.0.1:22/"), service("a.example", "localhost")}, []string{"127.0.0.1:22", "localhost:443"}, 0},
		{"names-that-nobody-can-be-asked-for", []evidence.Observation{service("a.example", `x\027.example`, "a..b", strings.Repeat("x", 70)+".example", "*.example")}, nil, 0},
		{"many", []evidence.Observation{service("a.example", many...)}, []string{"t00.example:443", "t01.example:443", "t02.example:443", "t03.example:443", "t04.example:443", "t05.example:443", "t06.example:443", "t07.example:443"}, 1},
		{"nothing", []evidence.Observation{redirect("https://z.example/", "https://c.example/"), redirect("https://a.example/", "mailto:x@c.example")}, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			targets := []probes.Target{{Host: "A.example", Port: 443, AllowPrivate: true}, {Host: "b.example", Port: 8443}, {Host: "s3://bucket"}}
			var got []string
			found, cut := derivedTargets(targets, test.seen)
			for _, d := range found {
				got = append(got, endpointKey(d))
				if d.AllowPrivate || d.Anonymous {
					t.Errorf("%s may be private, as the endpoint that leads there", d.Host)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(cut) != test.cut {
				t.Errorf("%q are cut, -want +got\n%s", cut, diff)
			}
		})
	}
}
