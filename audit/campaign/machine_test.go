package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// An id says nothing of the machine: the same one draws another.
func TestMachineIDsDiffer(t *testing.T) {
	one, other := newMachineID(), newMachineID()
	if one == other || !validMachineID(one) || len(one) < 2*machineIDBytes {
		t.Errorf("ids %q and %q; two of 128 bits or more are expected", one, other)
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
		if err != nil && (!strings.Contains(err.Error(), MachineVariable) || strings.Contains(err.Error(), "\x1b")) {
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
