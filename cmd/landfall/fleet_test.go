package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
)

// objectStore runs an S3 server with a bucket and gives the form of its addresses.
func objectStore(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("fleet"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "fleet-key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "fleet-secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return "s3://fleet/%s?region=us-east-1&use_path_style=true&endpoint=" + server.URL
}

// What machines write to object storage is judged together, the same in any
// order.
func TestFleet(t *testing.T) {
	const machines = 10
	form := objectStore(t)
	s, out, errs := isolated(t)
	dir := t.TempDir()
	claims := filepath.Join(dir, "far.yaml")
	if err := os.WriteFile(claims, []byte(farClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for i := range machines {
		name := fmt.Sprintf("run/m%d.jsonl.zst", i)
		addresses = append(addresses, fmt.Sprintf(form, name))
		at, err := store.ParseAddress(addresses[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := objects.Put(t.Context(), at, strings.NewReader(machineBundle(t, i))); err != nil {
			t.Fatal(err)
		}
	}
	judge := func(from ...string) string {
		out.Reset()
		if got := run(t.Context(), s, append([]string{"judge", "--claims", claims, "--fail-on", "never"}, from...)); got != exitComplete {
			t.Fatalf("judge: status %d: %s", got, errs)
		}
		return out.String()
	}
	whole := judge(fmt.Sprintf(form, "run/*"))
	if !strings.Contains(whole, `"refuted"`) && !strings.Contains(whole, `"proven"`) {
		t.Errorf("nothing is decided: %s", whole)
	}
	for range 5 {
		rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
		if again := judge(addresses...); again != whole {
			t.Fatal("another order gives other verdicts")
		}
	}
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, fmt.Sprintf(form, "elsewhere/*")}); got != exitUsage || !strings.Contains(errs.String(), "names no object") {
		t.Errorf("nothing there: status %d: %s", got, errs)
	}
}

// machineBundle is what one machine saw of the hosts of farClaims.
func machineBundle(t *testing.T, i int) string {
	t.Helper()
	var text bytes.Buffer
	w, err := evidence.NewWriter(&text, evidence.Header{Run: fmt.Sprintf("machine-%d", i), Tool: "test", Started: time.Date(2026, 11, 22, 7, i, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	lat, lon := 50.0+float64(i%5)/10, 8.0+float64(i)/10
	if err := w.Append(&evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: "v1"}, Name: fmt.Sprintf("m%d", i), Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkLocal}); err != nil {
		t.Fatal(err)
	}
	for host := range 3 {
		r := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT, Vantage: "v1"}, Addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(10 + 10*host)}), Port: 443, Method: evidence.MethodTCP, MinMS: 1 + float64(i)/3}
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// A run whose evidence goes to object storage leaves it there under its name; one
// that cannot says where it is instead.
func TestProbeToObjectStorage(t *testing.T) {
	form := objectStore(t)
	l := newLab(t, t.Cleanup)
	s, _, errs := isolated(t)
	dir := t.TempDir()
	claims := filepath.Join(dir, "lab.yaml")
	writeClaims(t, claims, l.port, 2)
	args := []string{"probe", "--claims", claims, "--allow-private", "--resolver", l.resolver, "--countries", "none", "--no-selfcheck", "--out"}
	if got := run(t.Context(), s, append(args, fmt.Sprintf(form, "run/"))); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	if !strings.Contains(errs.String(), "the evidence is s3://fleet/run/01") || strings.Contains(errs.String(), "fleet-secret") {
		t.Errorf("said %s", errs)
	}
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", fmt.Sprintf(form, "run/*.jsonl.zst")}); got != exitComplete {
		t.Errorf("judge: status %d: %s", got, errs)
	}
	errs.Reset()
	elsewhere := strings.Replace(fmt.Sprintf(form, "run/"), "fleet", "nobodys", 1)
	if got := run(t.Context(), s, append(args, elsewhere)); got != exitIncomplete || !strings.Contains(errs.String(), "--resume") {
		t.Errorf("a bucket that is not there: status %d: %s", got, errs)
	}
}
