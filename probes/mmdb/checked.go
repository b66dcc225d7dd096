package mmdb

import (
	"errors"
	"fmt"

	"github.com/landfall-audit/landfall/evidence"
)

// Check returns a file that was opened if it holds what a probe looks for. Otherwise
// it closes the file, and the error says what it lacks and, in help, what to give.
func Check(file *Database, err error, holds func(decode func(any) error) (bool, error), lacks, help string) (*Database, error) {
	if err != nil {
		return nil, err
	}
	found, err := file.Holds(holds)
	if err == nil && !found {
		err = fmt.Errorf("%s: holds no %s; its type is %q: %s", file.File(), lacks, file.Name, help)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// embeds is a type that embeds a [Database].
type embeds interface{ opened() *Database }

func (d *Database) opened() *Database { return d }

// Files returns the files of databases that embed them.
func Files[D embeds](databases []D) []*Database {
	out := make([]*Database, len(databases))
	for i, d := range databases {
		out[i] = d.opened()
	}
	return out
}

// SetsOf returns what is known of the files of databases that are asked together.
func SetsOf[D embeds](databases []D) []evidence.DataSet { return DataSets(Files(databases)) }
