package dns_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
)

// powerDNSZone sends users to another address in each country, and has a name
// that is the same for all.
const powerDNSZone = `domains:
- domain: vendor.test
  ttl: 30
  records:
    vendor.test:
      - soa: ns.vendor.test hostmaster.vendor.test 1 7200 3600 1209600 60
      - ns: ns.vendor.test
    ns.vendor.test:
      - a: 127.0.0.1
    de.geo.vendor.test:
      - a: 198.51.100.49
    sg.geo.vendor.test:
      - a: 198.51.100.65
    unknown.geo.vendor.test:
      - a: 198.51.100.1
    flat.vendor.test:
      - a: 198.51.100.7
  services:
    www.vendor.test: '%cc.geo.vendor.test'
`

// powerDNS runs PowerDNS with its GeoIP backend on loopback, and gives its
// port. It looks nothing up itself: no resolver and no polling is set.
func powerDNS(t *testing.T, server string) uint16 {
	t.Helper()
	dir := t.TempDir()
	in := func(code string) probetest.Record {
		return probetest.Record{"country": probetest.Record{"iso_code": mmdbtype.String(code)}}
	}
	port := freePort(t)
	for name, data := range map[string][]byte{
		"geo.mmdb": probetest.MMDB(t, "GeoLite2-Country", map[string]probetest.Record{"5.0.0.0/16": in("DE"), "5.1.0.0/16": in("DE"), "6.0.0.0/8": in("SG")}),
		"geo.yaml": []byte(powerDNSZone),
		"pdns.conf": fmt.Appendf(nil, `launch=geoip
local-address=127.0.0.1
local-port=%d
geoip-database-files=mmdb:%[2]s/geo.mmdb
geoip-zones-file=%[2]s/geo.yaml
edns-subnet-processing=yes
security-poll-suffix=
socket-dir=%[2]s
daemon=no
guardian=no
write-pid=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
`, port, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	command := exec.CommandContext(t.Context(), server, "--config-dir="+dir)
	command.Stdout, command.Stderr = &log, &log
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	at := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			conn.Close()
			return port
		}
		select {
		case <-ended:
			t.Fatalf("PowerDNS ended: %s", log.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("PowerDNS does not listen: %v", err)
		}
	}
}

// TestPowerDNS sweeps a server that others wrote.
func TestPowerDNS(t *testing.T) {
	needs.Program(t, "PowerDNS")
	server, err := exec.LookPath("pdns_server")
	if err != nil {
		server = "/usr/sbin/pdns_server" // not in the path of users
	}
	if _, err := os.Stat(server); err != nil {
		const what = "PowerDNS is not there, so no server that others wrote was swept (Debian: apt-get install pdns-server pdns-backend-geoip)"
		needs.Missing(t, "LANDFALL_NEED_POWERDNS", what)
	}
	p := newProbe(t, probetest.DNS(t, recursive(t, []string{
		"vendor.test. 60 NS ns.vendor.test.", "ns.vendor.test. 60 A 127.0.0.1",
		"www.vendor.test. 60 A 198.51.100.1", "flat.vendor.test. 60 A 198.51.100.7",
	})))
	p.AuthorityPort = powerDNS(t, server)
	for i, text := range []string{"5.0.1.0/24", "6.1.0.0/24", "6.2.0.0/24", "6.3.0.0/24", "6.4.0.0/24", "6.5.0.0/24", "5.1.7.0/24", "9.1.1.0/24"} {
		p.Clients = append(p.Clients, dns.Client{Country: fmt.Sprintf("A%c", 'A'+i), Subnet: netip.MustParsePrefix(text)})
	}
	got, failed := swept(runAll(t, p, "www.vendor.test"))
	want := map[string]string{
		"AA": "[][198.51.100.49] 5.0.0.0/15", "AG": "[][198.51.100.49] 5.0.0.0/15", // the database joins neighbours
		"AB": "[][198.51.100.65] 6.0.0.0/8", "AC": "[][198.51.100.65] 6.0.0.0/8", "AD": "[][198.51.100.65] 6.0.0.0/8", "AE": "[][198.51.100.65] 6.0.0.0/8", "AF": "[][198.51.100.65] 6.0.0.0/8",
	}
	other := got["AH"]
	delete(got, "AH")
	if diff := cmp.Diff(want, got); diff != "" || len(failed) > 0 || !strings.HasPrefix(other, "[][198.51.100.1]") {
		t.Errorf("AH is told %q, failures %q, -want +got\n%s", other, failed, diff)
	}
	all := runAll(t, p, "flat.vendor.test")
	if got, failed := swept(all); len(got) != 1 || got[""] != "[][198.51.100.7] 0.0.0.0/0" || len(failed) > 0 {
		t.Errorf("got %q, failures %q", got, failed)
	}
	for _, o := range all {
		if d, ok := o.(*evidence.DNS); ok && d.ECSScope != "" && d.Rcode != mdns.RcodeToString[mdns.RcodeSuccess] {
			t.Errorf("got %+v", d)
		}
	}
}
