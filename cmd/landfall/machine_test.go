package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// machineOf looks once and returns the id on the vantage line.
func machineOf(t *testing.T, args ...string) (string, *evidence.Bundle) {
	t.Helper()
	s, out, errs := isolatedAgain()
	lab := newLab(t, t.Cleanup)
	claims := filepath.Join(t.TempDir(), "claims.yaml")
	writeClaims(t, claims, lab.port, 1)
	args = append([]string{"probe", "--claims", claims, "--resolver", lab.resolver, "--countries", "none", "--no-selfcheck", "--allow-private", "--samples", "1"}, args...)
	if status := run(t.Context(), s, args); status != exitComplete {
		t.Fatalf("status %d: %s", status, errs)
	}
	b, err := evidence.ReadAll("the output", strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range b.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			return v.Machine, b
		}
	}
	t.Fatal("there is no vantage line")
	return "", nil
}

func TestMachineIsTheSameInEachRun(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	first, _ := machineOf(t)
	second, _ := machineOf(t, "--vantage", "here@50.11,8.68")
	if id, err := hex.DecodeString(first); first != second || err != nil || len(id) < 16 {
		t.Errorf("ids %q and %q; one of 128 bits or more is expected", first, second)
	}
	path := filepath.Join(config, "landfall", "machine")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; only its owner may read it", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
	host, err := os.Hostname()
	if err == nil && strings.Contains(first, host) {
		t.Errorf("the id %q holds the name of the machine", first)
	}
}
