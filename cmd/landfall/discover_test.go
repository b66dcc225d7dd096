package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Hosts are proposed from recorded packets: those that were given addresses and
// those that TLS went to, with how much. Of a capture that is cut off, what stands
// before is told, and that it was cut.
func TestDiscoverFromCapture(t *testing.T) {
	const recorded = "../../probes/capture/testdata/session.pcap"
	whole, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(cut, whole[:len(whole)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.pcap")
	if err := os.WriteFile(damaged, whole[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{recorded: exitComplete, cut: exitIncomplete, damaged: exitUsage} {
		s, out, errs := isolated(t)
		if got := run(t.Context(), s, []string{"catalog", "discover", file}); got != want {
			t.Errorf("%s: status %d, want %d: %s", file, got, want, errs)
		}
		if want == exitUsage {
			continue
		}
		for _, line := range []string{`- host: "up.example.com"`, "# received data from the observed program", "# resolves to addresses", "octets went there"} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: %q is not told:\n%s", file, line, out)
			}
		}
		if told := strings.Contains(errs.String(), "not read as a whole"); told != (want == exitIncomplete) {
			t.Errorf("%s: that it was cut is told: %v: %s", file, told, errs)
		}
	}
}
