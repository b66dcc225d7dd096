package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	if first != second || !validMachineID(first) || len(first) < 2*machineIDBytes {
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
	// It says nothing of the machine: the same one draws another.
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if another := newMachineID(); another == first {
		t.Error("two ids that were drawn are the same")
	}
	host, err := os.Hostname()
	if err == nil && strings.Contains(first, host) {
		t.Errorf("the id %q holds the name of the machine", first)
	}
}

func TestMachineIsKeptWhole(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	path := filepath.Join(config, "landfall", "machine")
	// Runs that begin at once agree.
	var group sync.WaitGroup
	ids := make([]string, 20)
	for i := range ids {
		group.Go(func() {
			keepMachineID(path, newMachineID(), false)
			ids[i], _ = readMachineID(path)
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] || !validMachineID(id) {
			t.Fatalf("ids %q", ids)
		}
	}
	if got := keptMachineID(); got != ids[0] {
		t.Errorf("kept %q, not %q", got, ids[0])
	}
	// What is no id is replaced, for good.
	for _, broken := range []string{"", "\x1b[2J\n", strings.Repeat("a", 1000), "two words\n"} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		id := keptMachineID()
		if !validMachineID(id) || keptMachineID() != id || strings.HasPrefix(broken, id) {
			t.Errorf("of %q came %q", broken, id)
		}
	}
}

func TestMachineWithoutAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", file) // nothing can be written below it
	if id := keptMachineID(); !validMachineID(id) || id != keptMachineID() {
		t.Errorf("got %q", id)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	if id := keptMachineID(); !validMachineID(id) {
		t.Errorf("got %q", id)
	}
}

func TestMachineVariable(t *testing.T) {
	for given, ok := range map[string]bool{"rack-7_b": true, "with space": false, "esc\x1b[2J": false, strings.Repeat("a", 65): false} {
		id, err := machineID(func(string) string { return given })
		if ok != (err == nil) || ok && id != given {
			t.Errorf("%q: %q, %v", given, id, err)
		}
		if err != nil && (!strings.Contains(err.Error(), machineVariable) || strings.Contains(err.Error(), "\x1b")) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// Going on with the run of another machine is a vantage of its own.
func TestResumeOnAnotherMachine(t *testing.T) {
	old := evidence.Vantage{Name: here, Network: evidence.NetworkLocal, Machine: "one"}
	for machine, same := range map[string]bool{"one": true, "other": false} {
		now := evidence.Vantage{Name: here, Network: evidence.NetworkLocal, Machine: machine}
		if samePlace(&old, &now) != same || onlyOtherMachines([]evidence.Observation{&old}, &now) == same {
			t.Errorf("%s: taken for the same is not %v", machine, same)
		}
	}
	old.Machine = "" // of a run from before machines had ids
	if !samePlace(&old, &evidence.Vantage{Name: here, Network: evidence.NetworkLocal, Machine: "one"}) {
		t.Error("a vantage without an id is not taken up")
	}
}
