package storage_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
	"github.com/landfall-audit/landfall/providers/store/s3"
)

// shortLived asks over connections that do not outlive the answer.
func shortLived(t *testing.T) cloud.Clouds {
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	client.Transport = closing{client.Transport}
	return cloud.Clouds{"s3": s3.New(client)}
}

// closing asks for connections to be closed.
type closing struct{ http.RoundTripper }

func (c closing) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Close = true
	return c.RoundTripper.RoundTrip(r)
}

func target(endpoint string) probe.Target {
	return probe.Target{Host: "s3://photos?endpoint=" + endpoint, AllowPrivate: true}
}

func TestProbe(t *testing.T) {
	storetest.Settings(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	asked := make(chan struct{}, 100)
	silent := probetest.Serve(t, func(conn net.Conn) {
		buffer := make([]byte, 1)
		if _, err := conn.Read(buffer); err == nil {
			asked <- struct{}{}
			probetest.Silence(conn)
		}
	})
	probetest.Run(t, probetest.Case{
		Probe:       &storage.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Clouds: shortLived(t)},
		World:       probetest.World{Targets: []probe.Target{target(server.URL), {Host: "api.example.com", Port: 443}}},
		SilentProbe: &storage.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Clouds: shortLived(t)},
		Silent:      probetest.World{Targets: []probe.Target{target("http://" + silent.String())}},
		Asked:       asked,
	})
}

// TestOthersPassBucketsBy: a bucket has no name that can be asked for.
func TestOthersPassBucketsBy(t *testing.T) {
	bucket := probe.Target{Host: "s3://photos"}
	if err := bucket.Check(); err != nil {
		t.Error(err)
	}
	if _, err := bucket.Name(); err == nil {
		t.Error("a bucket has the name of a host")
	}
	if endpoints := probe.Endpoints([]probe.Target{bucket}, probe.NewSeen()); len(endpoints) != 0 {
		t.Errorf("it has the endpoints %v", endpoints)
	}
}

// TestPrivateServer is not asked unless the user said so.
func TestPrivateServer(t *testing.T) {
	storetest.Settings(t)
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	p := &storage.Probe{Clouds: clouds.All(storage.Client(net.Dialer{}, nil, false))}
	steps := p.Plan([]probe.Target{{Host: "s3://photos?endpoint=" + server.URL}}, probe.NewSeen())
	out, err := p.Run(t.Context(), steps[0])
	if err != nil || asked || len(out) == 0 {
		t.Fatalf("asked %v, %v, %v", asked, out, err)
	}
	failed, ok := out[0].(*evidence.Error)
	if !ok || failed.Class != evidence.ClassDenied || !strings.Contains(failed.Error, "--allow-private") {
		t.Errorf("got %+v", out[0])
	}
}

// liar says what no cloud would.
type liar struct{ answer cloud.Answer }

func (l liar) Locate(context.Context, store.Bucket, bool) cloud.Answer { return l.answer }

func (l liar) Open(context.Context, store.Address, *http.Client) (cloud.Objects, error) {
	return nil, io.EOF
}

func (l liar) List(context.Context, string) ([]store.Bucket, error) { return nil, io.EOF }

// TestWhatComesBackIsTamed: texts are escaped and bounded, and an answer speaks of
// the bucket that was asked about.
func TestWhatComesBackIsTamed(t *testing.T) {
	long := strings.Repeat("\x1b[31m\u202e", 1000)
	said := &evidence.Storage{
		Target: "s3://other", Provider: long, Locations: []string{long}, API: long, Notes: []string{long},
		Replicas: []evidence.Replica{{Target: long, Location: long, Rule: long}},
	}
	for range 5000 {
		said.Notes = append(said.Notes, "n")
	}
	p := &storage.Probe{Clouds: cloud.Clouds{"s3": liar{cloud.Answer{
		Said:   []*evidence.Storage{said},
		Failed: []*cloud.Failure{{API: "X", Class: evidence.ClassRateLimited, Text: long}},
	}}}}
	steps := p.Plan([]probe.Target{{Host: "s3://photos"}, {Host: "s3://photos/"}, {Host: "gs://photos"}}, nil)
	if len(steps) != 1 {
		t.Fatalf("%d steps: a bucket is asked about once, and a cloud that is not there never", len(steps))
	}
	out, err := p.Run(t.Context(), steps[0])
	if err != nil || len(out) != 2 {
		t.Fatalf("%v, %v", out, err)
	}
	got := out[0].(*evidence.Storage)
	if got.Target != "s3://photos" || len(got.Notes) > 1000 {
		t.Errorf("of %s, %d notes", got.Target, len(got.Notes))
	}
	for _, text := range []string{got.Provider, got.API, got.Locations[0], got.Notes[0], got.Replicas[0].Target, got.Replicas[0].Rule, out[1].(*evidence.Error).Error} {
		if len(text) > 500 || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%d bytes: %.40q", len(text), text)
		}
	}
	// That a cloud was too busy is no answer: a run that goes on asks again.
	if _, answered := p.Answers(out[1]); answered {
		t.Error("a look that was throttled counts as answered")
	}
}

// TestDoors: the endpoints of copies are targets, of the buckets that were asked
// about alone, and only where they can be ones.
func TestDoors(t *testing.T) {
	said := func(target string, hosts ...string) *evidence.Storage {
		s := &evidence.Storage{Target: target}
		for _, host := range hosts {
			s.Replicas = append(s.Replicas, evidence.Replica{Target: "azblob://copy/box", Host: host})
		}
		return s
	}
	const door = "account-secondary.blob.core.windows.net"
	targets := []probe.Target{{Host: "azblob://account/box", AllowPrivate: true}, {Host: "api.example.com", Port: 443}}
	got := storage.Doors(targets, []evidence.Observation{
		said("azblob://account/box", "", door, "no host", "https://elsewhere/"), said("azblob://account/box", door), said("azblob://other/box", "other.example.com"), &evidence.DNS{},
	})
	if want := []probe.Target{{Host: door, Port: 443, AllowPrivate: true}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
