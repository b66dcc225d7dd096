package probe_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

func inPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestReadTrust(t *testing.T) {
	one, _ := probetest.Certificate(t, "a.example")
	other, _ := probetest.Certificate(t, "b.example")
	both := probetest.File(t, "both.pem", append(append([]byte("remarks before\n"), inPEM("CERTIFICATE", one.Leaf.Raw)...), inPEM("CERTIFICATE", other.Leaf.Raw)...))
	again := probetest.File(t, "again.pem", inPEM("CERTIFICATE", one.Leaf.Raw))
	trust, err := probe.ReadTrust(both, again)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, raw := range [][]byte{one.Leaf.Raw, other.Leaf.Raw} {
		digest := sha256.Sum256(raw)
		want = append(want, hex.EncodeToString(digest[:]))
	}
	slices.Sort(want)
	if got := trust.Digests(); !slices.Equal(got, want) {
		t.Errorf("digests %v; %v are expected", got, want)
	}
	for host, ok := range map[string]bool{"a.example": true, "127.0.0.1": true, "c.example": false} {
		got, err := trust.Verify([]*x509.Certificate{one.Leaf}, host, time.Now())
		if got.Trusted != ok || got.ByUser != ok || (err == nil) != ok {
			t.Errorf("%s: %+v, %v", host, got, err)
		}
	}
	if got, err := (*probe.Trust)(nil).Verify([]*x509.Certificate{one.Leaf}, "a.example", time.Now()); got.Trusted || err == nil {
		t.Errorf("without the user's roots: %+v, %v", got, err)
	}
	if got, err := trust.Verify(nil, "a.example", time.Now()); got.Trusted || err == nil {
		t.Errorf("no certificate: %+v, %v", got, err)
	}
}

// The embedded roots are trusted, those with a limit too: each is its own chain.
func TestEmbeddedRootsAreTrusted(t *testing.T) {
	trusted := 0
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (*probe.Trust)(nil).Verify([]*x509.Certificate{cert}, "", cert.NotBefore.Add(time.Hour))
		if got.ByUser {
			t.Errorf("%s: %+v, %v", cert.Subject, got, err)
		}
		if got.Trusted {
			trusted++
		}
	}
	if trusted < 100 {
		t.Errorf("%d of Mozilla's roots are trusted; more than 100 are expected", trusted)
	}
}

func TestBadRoots(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	good := inPEM("CERTIFICATE", cert.Leaf.Raw)
	for name, data := range map[string][]byte{
		"holds no certificate":           nil,
		"holds no certificate ":          []byte("\x1b[2Jnot PEM"),
		`"PRIVATE KEY", not`:             append(slices.Clone(good), inPEM("PRIVATE KEY", []byte("secret"))...),
		"certificate 1 cannot be read":   inPEM("CERTIFICATE", []byte("x")),
		"is larger than 4194304 bytes":   bytes.Repeat(good, 8000),
		"no such file or directory":      nil,
		"certificate 2 cannot be read: ": append(slices.Clone(good), inPEM("CERTIFICATE", good)...),
	} {
		path := probetest.File(t, "bad.pem", data)
		if strings.HasPrefix(name, "no such") {
			path += ".missing"
		}
		_, err := probe.ReadTrust(path)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(name)) || !strings.Contains(err.Error(), "bad.pem") ||
			!strings.Contains(err.Error(), "BEGIN CERTIFICATE") || strings.ContainsAny(err.Error(), "\x1b") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
