package fakenet

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// Packets go through the tunnel to all hosts but those excepted, behind the
// vantage's own routers and before those of the host.
func TestTunnel(t *testing.T) {
	s := small()
	s.Vantages[0].Tunnel = &scenario.Tunnel{Exit: tokyo, Except: []string{"beijing"}}
	v, err := newView(s, "fra")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]time.Duration{
		"ns": truth(frankfurt, tokyo, paris), "beijing": truth(frankfurt, beijing), "web": truth(frankfurt, tokyo, paris, newYork),
		"everywhere": truth(frankfurt, tokyo), // from the exit, the site in Tokyo is the nearest
	} {
		if got := v.hosts[name].path.rtt; got.Round(time.Microsecond) != want.Round(time.Microsecond) {
			t.Errorf("%s is %v away, want %v", name, got, want)
		}
	}
	hops := v.hosts["web"].path.hops
	if gateway := hops[0].rtt; gateway > time.Millisecond {
		t.Errorf("the gateway is %v away: it stands before the tunnel", gateway)
	}
	if core := hops[1].rtt; core.Round(time.Microsecond) != truth(frankfurt, tokyo, paris).Round(time.Microsecond) {
		t.Errorf("the first router of the host is %v away", core)
	}
}

// Landmarks stand where they are said to, under their own names; a zone that the
// scenario has stays as it is, and no world begins without those asked for.
func TestLandmarks(t *testing.T) {
	s := small()
	s.Landmarks = true
	if _, err := NewAgent(s, "fra"); !errors.Is(err, scenario.ErrLandmarks) {
		t.Errorf("a world without its landmarks: %v", err)
	}
	with := s.AddLandmarks([]scenario.Landmark{
		{Host: "store.tokyo.cloud.example", At: tokyo}, {Host: "store.paris.cloud.example", At: paris}, {Host: "web.example.com", At: tokyo},
	})
	if err := with.Check(); err != nil {
		t.Fatal(err)
	}
	if len(s.Hosts) != len(small().Hosts) || !s.Landmarks || with.Landmarks {
		t.Error("the scenario itself was changed")
	}
	a, err := NewAgent(with, "fra")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	names := a.world.services.names
	for name, want := range map[string]scenario.Place{"store.tokyo.cloud.example.": tokyo, "store.paris.cloud.example.": paris, "web.example.com.": newYork} {
		zone := names.zoneOf(name)
		if zone == nil || zone.records[name] == nil {
			t.Fatalf("nobody knows %s", name)
		}
		if got := a.world.view.hosts[zone.records[name].To[0]]; got.at != want {
			t.Errorf("%s is at %v, want %v", name, got.at, want)
		}
	}
	leaf, connect, handshake, err := a.Certificate(t.Context(), netip.AddrPortFrom(scenario.LandmarkAddr(2), scenario.HTTPSPort), "store.paris.cloud.example")
	if err != nil || !strings.Contains(string(leaf), "CERTIFICATE") {
		t.Fatalf("%q, %v", leaf, err)
	}
	block, _ := pem.Decode(leaf)
	shown, err := x509.ParseCertificate(block.Bytes)
	if err != nil || shown.Issuer.CommonName != "cloud.example CA" {
		t.Errorf("issued by %v, %v", shown.Issuer, err)
	}
	never(t, "connecting to a landmark", connect, truth(frankfurt, paris))
	never(t, "its key", handshake, truth(frankfurt, paris))
	if unasked := small().AddLandmarks([]scenario.Landmark{{Host: "a.example", At: tokyo}}); len(unasked.Hosts) != len(small().Hosts) {
		t.Error("landmarks that nobody asked for")
	}
}

func TestFill(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	looked := map[string]scenario.Looked{"fra": {Run: "01R", Header: `{"run":"01R"}`}}
	got, err := (&scenario.Supplied{Text: "${header fra}\n${run fra} ${now} ${now -72h}"}).Fill(looked, now)
	if want := "{\"run\":\"01R\"}\n01R 2026-11-29T12:00:00Z 2026-11-26T12:00:00Z"; got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"${run par}", "${now soon}", "${anything}"} {
		if got, err := (&scenario.Supplied{Name: "x", Text: text}).Fill(looked, now); err == nil {
			t.Errorf("%s: %q", text, got)
		}
	}
}
