package main

import (
	"bytes"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/providers/landmarks"
)

// TestLandmarksAreTimedByKey looks from a machine that says nothing of its place:
// every landmark is connected to once, and the nearest, which bound the most, have
// replies that only the holder of their key can have given.
func TestLandmarksAreTimedByKey(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	s, err := scenario.Named("from-everywhere")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := exec.LookPath("landfall") // put there by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, archive.EvidenceFile)
	var out, errs bytes.Buffer
	err = fakenet.Run(t.Context(), s, "virginia", fakenet.Job{
		Again: holdsAWorld, Path: binary, Args: []string{"landfall", "selfcheck", "--out", path, "--no-progress"},
		Dir: dir, Stdout: &out, Stderr: &errs, Env: []string{"HOME=" + dir},
	})
	b, readErr := evidence.ReadFile(path)
	if readErr != nil {
		t.Fatalf("%v, %v: %s%s", readErr, err, &out, &errs)
	}
	hosts := map[netip.Addr]string{}
	for _, o := range b.Observations {
		d, ok := o.(*evidence.DNS)
		if _, listed := landmarks.Lookup(nameOfDNS(o)); ok && listed {
			for _, addr := range d.Answers {
				hosts[addr] = d.Name
			}
		}
	}
	tcp, keys := map[string]int{}, map[string]float64{}
	for _, o := range b.Observations {
		r, ok := o.(*evidence.RTT)
		if !ok || hosts[r.Addr] == "" || r.Port != 443 {
			continue
		}
		if r.Method == evidence.MethodTCP {
			tcp[hosts[r.Addr]] += r.Sent
		}
		if r.Authenticated != nil {
			keys[r.Authenticated.ServerName] = r.MinMS
			if r.Authenticated.ServerName != hosts[r.Addr] || r.Authenticated.Roots != evidence.RootsOfUser {
				t.Errorf("%s: %+v", hosts[r.Addr], r.Authenticated)
			}
		}
	}
	if len(tcp) < 30 || len(keys) != 8 {
		t.Errorf("%d landmarks were connected to and %d timed by their key; all there are, and 8, are expected", len(tcp), len(keys))
	}
	for host, connections := range tcp {
		if connections != 1 {
			t.Errorf("%s was connected to %d times", host, connections)
		}
	}
	nearest(t, s.Vantages[0], keys)
	if len(b.Header.Roots) != 1 {
		t.Errorf("the header names the roots %v; that of the lab is expected", b.Header.Roots)
	}
}

func nameOfDNS(o evidence.Observation) string {
	if d, ok := o.(*evidence.DNS); ok && !strings.HasPrefix(d.Type, "HTTPS") {
		return d.Name
	}
	return ""
}

// nearest checks that the timed landmarks are in reach of the vantage, and none of
// the others is much nearer than the farthest of them.
func nearest(t *testing.T, from scenario.Vantage, keys map[string]float64) {
	t.Helper()
	farthest := 0.0
	away := func(l landmarks.Landmark) float64 {
		return geo.AtLeastKM(geo.Point(from.At.Lat, from.At.Lon), geo.Point(l.Lat, l.Lon))
	}
	for host, ms := range keys {
		l, _ := landmarks.Lookup(host)
		if away(l) > geo.ReachKM(ms, geo.FibreKMPerMS)+l.RadiusKM {
			t.Errorf("%s is %.0f km away and answered in %v ms", host, away(l), ms)
		}
		farthest = max(farthest, away(l))
	}
	for _, l := range landmarks.All() {
		if _, timed := keys[l.Host]; !timed && l.Provider == "aws" && strings.HasSuffix(l.Host, ".com") && away(l) < 0.8*farthest {
			t.Errorf("%s is %.0f km away and was not timed; %.0f km are the farthest that was", l.Host, away(l), farthest)
		}
	}
}
