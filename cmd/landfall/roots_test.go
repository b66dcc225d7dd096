package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
)

// writeRoot writes the root of a new authority and returns its digest.
func writeRoot(t *testing.T, path string) string {
	t.Helper()
	ca, err := fakenet.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(ca.PEM())
	digest := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(digest[:])
}

// Evidence names each root that the user vouches for, from flags and from the
// environment, on its first line.
func TestRootsAreNamed(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := t.TempDir()
	one, two := filepath.Join(folder, "one.pem"), filepath.Join(folder, "two.pem")
	want := map[string]bool{writeRoot(t, one): true, writeRoot(t, two): true}
	t.Setenv(campaign.RootsVariable, two+string(os.PathListSeparator))
	_, b := machineOf(t, "--roots", one, "--roots", two)
	if len(b.Header.Roots) != 2 || !want[b.Header.Roots[0]] || !want[b.Header.Roots[1]] || b.Header.Roots[0] == b.Header.Roots[1] {
		t.Errorf("the header has %v; %v are expected", b.Header.Roots, want)
	}
}

// A file that holds no roots stops every verb that looks before anything is
// asked or written.
func TestBadRootsStopBeforeAnythingIsAsked(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "company.pem")
	if err := os.WriteFile(bad, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	lab := newLab(t, t.Cleanup)
	out := filepath.Join(t.TempDir(), "site")
	for _, args := range [][]string{
		{"probe", "h0.vendor.test:" + lab.port, "--resolver", lab.resolver},
		{"audit", "h0.vendor.test:" + lab.port, "--resolver", lab.resolver, "--out", out, "--offline"},
		{"selfcheck", "--resolver", lab.resolver},
	} {
		s, printed, errs := isolated(t)
		status := run(t.Context(), s, append(args, "--roots", bad))
		if status != exitUsage || printed.Len() > 0 || !strings.Contains(errs.String(), "company.pem") || !strings.Contains(errs.String(), "BEGIN CERTIFICATE") {
			t.Errorf("%s: status %d, %s%s", args[0], status, printed, errs)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a folder was made for a run that never began")
	}
	if asked, _ := lab.questions(0); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}

// What a reader finds on the first line is what was trusted in the whole file.
func TestResumeWithOtherRoots(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	root := filepath.Join(t.TempDir(), "root.pem")
	writeRoot(t, root)
	lab := newLab(t, t.Cleanup)
	path := filepath.Join(t.TempDir(), "evidence.jsonl")
	look := func(more ...string) (int, string) {
		s, _, errs := isolatedAgain()
		args := append([]string{"probe", "h0.vendor.test:" + lab.port, "--resolver", lab.resolver, "--countries", "none", "--no-selfcheck", "--allow-private", "--samples", "1"}, more...)
		return run(t.Context(), s, args), errs.String()
	}
	if status, errs := look("--out", path, "--roots", root); status != exitComplete {
		t.Fatalf("status %d: %s", status, errs)
	}
	if status, errs := look("--resume", path, "--roots", root); status != exitComplete {
		t.Errorf("with the same roots: status %d: %s", status, errs)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if status, errs := look("--resume", path); status != exitUsage || !strings.Contains(errs, "--roots") {
		t.Errorf("without: status %d: %s", status, errs)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
	if _, err := evidence.ReadFile(path); err != nil {
		t.Error(err)
	}
}
