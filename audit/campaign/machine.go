package campaign

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// MachineVariable overrides the id of this machine.
const MachineVariable = "LANDFALL_MACHINE"

const (
	machineIDBytes    = 16 // 128 bits: nobody draws the same one twice
	maxMachineIDChars = 64
)

// machineID returns the id by which evidence tells this machine from others. It is
// a random number in the user's config folder, and says nothing of the machine or
// its user. Where it cannot be kept, each run has one of its own.
func machineID(getenv func(string) string) (string, error) {
	if given := getenv(MachineVariable); given != "" {
		if !validMachineID(given) {
			return "", fmt.Errorf("$%s: 1 to %d letters, digits, hyphens and underscores are expected; leave it out to have one drawn", MachineVariable, maxMachineIDChars)
		}
		return given, nil
	}
	return keptMachineID(), nil
}

func validMachineID(id string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return id != "" && len(id) <= maxMachineIDChars && strings.Trim(id, allowed) == ""
}

// freshMachineID is what this process goes by where nothing can be kept.
var freshMachineID = sync.OnceValue(newMachineID)

func newMachineID() string {
	var id [machineIDBytes]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// keptMachineID returns the id in the config folder, and puts one there first if
// there is none.
func keptMachineID() string {
	base, err := os.UserConfigDir()
	if err != nil {
		return freshMachineID()
	}
	path := filepath.Join(base, "landfall", "machine")
	id, err := readMachineID(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && id == "" {
		keepMachineID(path, freshMachineID(), err == nil)
		// Another run may have been quicker.
		id, _ = readMachineID(path)
	}
	return cmp.Or(id, freshMachineID())
}

// readMachineID returns the id in a file; empty where what it holds is none.
func readMachineID(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxMachineIDChars+2))
	if err != nil {
		return "", err
	}
	if id := strings.TrimSpace(string(data)); validMachineID(id) {
		return id, nil
	}
	return "", nil
}

// keepMachineID writes an id so that nobody ever reads a part of it. Of two runs
// that do so at once the first one's stays, unless it is to be replaced. Where
// nothing can be written there is nothing to be done about it.
func keepMachineID(path, id string, replace bool) {
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".machine-") // mode 0600
	if err != nil {
		return
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(id + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return
	}
	if !replace {
		err = os.Link(file.Name(), path)
		replace = err != nil && !errors.Is(err, os.ErrExist) // a file system without links
	}
	if replace {
		_ = os.Rename(file.Name(), path)
	}
}
