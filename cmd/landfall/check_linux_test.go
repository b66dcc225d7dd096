package main

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
)

// A page of the public internet does not lead into the network of whoever checks
// it.
func TestCatalogCheckLeadsNowhereInside(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	s, err := scenario.Named("honest-eu")
	if err != nil {
		t.Fatal(err)
	}
	at := s.Vantages[0].At
	sheet := "schema: landfall.claims/v1\nvendor: inward\nname: Inward\nclaims:\n"
	for i, c := range []struct{ id, to string }{
		{"plain", ""}, {"loopback", "http://127.0.0.1:80/"}, {"private", "http://10.0.0.1/"}, {"link-local", "http://169.254.169.254/latest/meta-data/"}, {"mapped", "http://[::ffff:127.0.0.1]/"},
	} {
		addr := netip.AddrFrom4([4]byte{203, 0, 113, byte(200 + i)})
		web := scenario.Web{Body: "<p>All files stay here.</p>"}
		if c.to != "" {
			web = scenario.Web{Status: 302, Headers: map[string]string{"Location": c.to}}
		}
		s.Hosts = append(s.Hosts, scenario.Host{Name: "page-" + c.id, Addrs: []netip.Addr{addr}, At: &at, Web: web, Ports: []scenario.Port{{Port: 80, Service: scenario.HTTP}}})
		sheet += "  - {id: " + c.id + ", says: All files stay here., strength: vague, source: {url: \"http://" + addr.String() + "/\", retrieved: 2026-01-01}}\n"
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "inward.yaml")
	if err := os.WriteFile(file, []byte(sheet), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := exec.LookPath("landfall") // put there by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var said, complained bytes.Buffer
	err = fakenet.Run(ctx, s, s.Vantages[0].Name, fakenet.Job{
		Again: holdsAWorld, Path: binary, Args: []string{"landfall", "catalog", "check", file, "--pause", "0s", "--cache", filepath.Join(dir, "cache")},
		Dir: dir, Stdout: &said, Stderr: &complained, Env: []string{"HOME=" + dir},
	})
	told := said.String()
	if !strings.Contains(told, "1 found, 0 not found, 0 gone, 4 not seen") || strings.Count(told, "the address is private") != 4 {
		t.Errorf("%v: %s%s", err, told, &complained)
	}
}
