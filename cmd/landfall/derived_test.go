package main

import (
	"fmt"
	"slices"
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

// TestDerivedEndpointsAreLookedAt follows the redirect of the lab, to a private
// address, and its HTTPS record, to a name: both are looked at and neither is
// contacted, though the endpoint itself may be private.
func TestDerivedEndpointsAreLookedAt(t *testing.T) {
	lab := newLab(t, t.Cleanup)
	s, out, errs := isolated(t)
	status := run(t.Context(), s, []string{"probe", "https.vendor.test:" + lab.port, "--resolver", lab.resolver, "--allow-private", "--offline", "--no-selfcheck", "--countries", "none", "--no-progress"})
	b, err := evidence.ReadAll("the output", out)
	if err != nil {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	var refused, asked []string
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Error:
			if o.Class == evidence.ClassDenied {
				refused = append(refused, o.Target)
			}
		case *evidence.DNS:
			if o.Type == "A" {
				asked = append(asked, o.Name)
			}
		case *evidence.RTT:
			if o.Method == evidence.MethodTCP && fmt.Sprint(o.Port) != lab.port {
				t.Errorf("%s was contacted at port %d", o.Addr, o.Port)
			}
		}
	}
	if !slices.Contains(refused, "127.0.0.1:1") || !slices.Contains(refused, "127.0.0.1:444") || !slices.Contains(asked, "derived.vendor.test") {
		t.Errorf("status %d, refused %q, asked for %q: %s", status, refused, asked, errs)
	}
}
