// Package mmdb opens databases in the MaxMind DB format
// (https://maxmind.github.io/MaxMind-DB/) for the probes that look addresses
// up in them.
//
// A file comes from outside: every failure of it is one error that names the
// file and what to do, and nothing in it is believed without a look.
package mmdb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxNameBytes bounds the name that a file gives itself.
	maxNameBytes = 100
	// sampleRecords is how many records are looked at to tell what a database
	// holds. Some of the first networks may have none of the fields.
	sampleRecords = 200
	// sampleNetworks bounds the networks passed on the way to them, those
	// without a record included: a file whose tree folds back on itself has more
	// of them than can ever be counted.
	sampleNetworks = 20000
)

// Database is an open file. It may be used from several goroutines.
type Database struct {
	Name   string // what it is, for evidence
	Built  string // the day it was made, YYYY-MM-DD; empty: it does not say
	SHA256 string // of the file, in hex
	file   string
	reader *maxminddb.Reader
}

// Open opens the file at path. The file is mapped, not read: it must not be
// changed in place while it is in use.
func Open(path string) (*Database, error) {
	reader, err := maxminddb.Open(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	digest, err := digestOf(path)
	if err != nil {
		return nil, errors.Join(unusable(path, err), reader.Close())
	}
	return named(path, digest, reader), nil
}

func unusable(path string, err error) error {
	return fmt.Errorf("%s: cannot be used as a database of addresses (%w); it may be cut or of another type: fetch it again, uncompressed, in the MMDB format", path, err)
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// OpenBytes opens a database that lies in memory. The name stands for a path.
func OpenBytes(name string, data []byte) (*Database, error) {
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, unusable(name, err)
	}
	digest := sha256.Sum256(data)
	return named(name, hex.EncodeToString(digest[:]), reader), nil
}

func named(path, digest string, reader *maxminddb.Reader) *Database {
	d := &Database{SHA256: digest, Name: probe.Text(strings.ToLower(reader.Metadata.DatabaseType), maxNameBytes), file: path, reader: reader}
	// The packages of ip-location-db all call themselves "country ipvAll",
	// "asn ipv4" and the like; their file names tell them apart.
	if what, _, _ := strings.Cut(d.Name, " "); what == "country" || what == "city" || what == "asn" || what == "" {
		base := filepath.Base(path)
		d.Name = probe.Text(strings.TrimSuffix(base, filepath.Ext(base)), maxNameBytes)
	}
	if epoch := reader.Metadata.BuildEpoch; epoch > 0 && epoch <= latestEpoch {
		d.Built = reader.Metadata.BuildTime().UTC().Format(time.DateOnly)
	}
	return d
}

// latestEpoch is the end of the year 9999, beyond which a day has no
// four-digit year.
const latestEpoch = 253402300799

// File returns the path or name that it was opened by.
func (d *Database) File() string { return d.file }

// Close ends the use of the file.
func (d *Database) Close() error { return d.reader.Close() }

// Reader decodes a record with the function that it is given, as often as it
// needs to.
type Reader func(decode func(v any) error) error

// Lookup hands the record of addr to read, and gives the network that it is
// of. ok is false where the database has none.
func (d *Database) Lookup(addr netip.Addr, read Reader) (network netip.Prefix, ok bool, err error) {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() && d.reader.Metadata.IPVersion == 4 {
		return netip.Prefix{}, false, nil
	}
	found := d.reader.Lookup(addr)
	if err := found.Err(); err != nil {
		return netip.Prefix{}, false, fmt.Errorf("%s: looking up %s: %w; fetch the file again", d.file, addr, err)
	}
	if !found.Found() {
		return netip.Prefix{}, false, nil
	}
	if err := read(found.Decode); err != nil {
		return netip.Prefix{}, false, fmt.Errorf("%s: the record of %s: %w; fetch the file again", d.file, addr, err)
	}
	return found.Prefix(), true, nil
}

// Holds tells whether one of the first records satisfies the test. So a file
// of another type is found out before it is used. The error is that of a
// broken file.
func (d *Database) Holds(test func(decode func(v any) error) (bool, error)) (bool, error) {
	networks, records := 0, 0
	// Every leaf of the tree is asked for, so that each turn of the loop is
	// counted.
	for found := range d.reader.Networks(maxminddb.IncludeNetworksWithoutData(), maxminddb.IncludeAliasedNetworks()) {
		if err := found.Err(); err != nil {
			return false, fmt.Errorf("%s: reading its records: %w; fetch the file again", d.file, err)
		}
		if networks++; networks > sampleNetworks || records == sampleRecords {
			break
		}
		if !found.Found() {
			continue
		}
		records++
		if holds, err := test(found.Decode); holds || err != nil {
			return holds, d.broken(found.Prefix(), err)
		}
	}
	return false, nil
}

func (d *Database) broken(network netip.Prefix, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: the record of %s: %w; fetch the file again", d.file, network, err)
}

// OtherLayout tells the error of a record that has another type under a key
// than was expected from that of a broken file.
func OtherLayout(err error) bool {
	var mismatch maxminddb.UnmarshalTypeError
	return errors.As(err, &mismatch)
}
