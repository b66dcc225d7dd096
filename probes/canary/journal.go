package canary

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// journal is the list of what a run wrote and has not deleted. A name stands in
// it, on the disk, before its object is written, so that no kill leaves an
// object that nobody knows of.
//
// The first line is journalSchema and the target; then each line is a name with
// + before it, once it may be there, or with -, once it is deleted.
type journal struct {
	path   string
	target string // as the user gave it
	lock   *flock.Flock

	mu   sync.Mutex
	file *os.File
	left []string
	// doubted are those whose write had no answer: it may still be done after a
	// delete has met nothing.
	doubted map[string]bool
}

const (
	journalSchema   = "landfall.canary/v1"
	journalEnding   = ".canary"
	lockEnding      = ".lock"
	maxJournalBytes = 16 << 20
)

// newJournal begins the journal of a run in a folder.
func newJournal(folder, run string, t Target) (*journal, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for the journal of what is written: %w", err)
	}
	j, err := openJournal(filepath.Join(folder, run+journalEnding), os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	j.target = t.text
	if err := j.line(journalSchema + " " + t.text); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

// errHeld says that another run holds a journal.
var errHeld = errors.New("held by another run")

// openJournal opens and locks the file of a journal. The lock is a file beside
// it: some systems let nobody read what is locked.
func openJournal(path string, flags int) (*journal, error) {
	j := &journal{path: path, lock: flock.New(path+lockEnding, flock.SetPermissions(0o600))}
	held, err := j.lock.TryLock()
	if err == nil && !held {
		err = errHeld
	}
	if err == nil {
		j.file, err = os.OpenFile(path, flags|os.O_RDWR|os.O_APPEND, 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the journal %s: %w", path, err), j.lock.Close())
	}
	return j, nil
}

// line puts a line on the disk.
func (j *journal) line(text string) error {
	_, err := j.file.WriteString(text + "\n")
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", j.path, err)
	}
	return nil
}

// wrote notes that an object may be there from now on.
func (j *journal) wrote(key string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.line("+" + key); err != nil {
		return err
	}
	j.left = append(j.left, key)
	return nil
}

// doubt notes that a write had no answer.
func (j *journal) doubt(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.doubted == nil {
		j.doubted = map[string]bool{}
	}
	j.doubted[key] = true
}

// doubtful tells whether a write had no answer.
func (j *journal) doubtful(key string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.doubted[key]
}

// removed notes that an object is gone.
func (j *journal) removed(key string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.left = slices.DeleteFunc(j.left, func(k string) bool { return k == key })
	return j.line("-" + key)
}

// remaining returns what is not deleted.
func (j *journal) remaining() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.left)
}

// close ends the journal. One of which nothing is left is removed.
func (j *journal) close() error {
	err := j.file.Close()
	if len(j.remaining()) == 0 {
		err = errors.Join(err, os.Remove(j.path), os.Remove(j.path+lockEnding))
	}
	return errors.Join(err, j.lock.Close())
}

// leftJournals opens the journals of earlier runs that left something, those
// that no other run holds. What cannot be read is an error beside them.
func leftJournals(folder string) ([]*journal, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*"+journalEnding))
	if err != nil {
		return nil, fmt.Errorf("looking for journals in %s: %w", folder, err)
	}
	var out []*journal
	var problems []error
	for _, path := range paths {
		j, err := openJournal(path, 0)
		if errors.Is(err, errHeld) || errors.Is(err, fs.ErrNotExist) { // or just ended
			continue
		}
		if err == nil {
			if err = j.read(); err == nil {
				out = append(out, j)
				continue
			}
			err = errors.Join(err, j.file.Close(), j.lock.Close())
		}
		problems = append(problems, err)
	}
	return out, errors.Join(problems...)
}

// read takes in what the file says. What stands behind the last end of a line
// was cut off before an object was written, and is cut off here too.
func (j *journal) read() error {
	text, whole := bufio.NewReader(io.LimitReader(j.file, maxJournalBytes)), int64(0)
	for {
		line, err := text.ReadString('\n')
		if err != nil {
			return j.file.Truncate(whole)
		}
		if err := j.take(strings.TrimSuffix(line, "\n"), whole == 0); err != nil {
			return err
		}
		whole += int64(len(line))
	}
}

// take takes in a line.
func (j *journal) take(line string, first bool) error {
	if first {
		schema, target, found := strings.Cut(line, " ")
		if !found || schema != journalSchema {
			return fmt.Errorf("%s is not the journal of a canary: %q stands first, not %s and a target; remove it if it is of no use", j.path, line, journalSchema)
		}
		j.target = target
		return nil
	}
	sign, key := line[:min(1, len(line))], line[min(1, len(line)):]
	switch {
	case !isCanary(key) || sign != "+" && sign != "-":
		return fmt.Errorf("%s has the line %q, which no canary wrote; nothing of it is deleted", j.path, line)
	case sign == "+":
		j.left = append(j.left, key)
	default:
		j.left = slices.DeleteFunc(j.left, func(k string) bool { return k == key })
	}
	return nil
}
