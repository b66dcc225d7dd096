package providers

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers/schema"
)

// maxSheets bounds how many claim files one folder may have.
const maxSheets = 10000

// catalogueFiles is the sheets that come with the program.
//
//go:embed catalogue
var catalogueFiles embed.FS

// ErrUnknownVendor is wrapped by the error of [Lookup].
var ErrUnknownVendor = errors.New("unknown vendor")

// Parse reads one sheet. file is the name to use in positions and messages. The
// error is of type [schema.Problems] and lists everything that is wrong.
func Parse(file string, data []byte) (*Sheet, error) {
	sheet, err := schema.Parse(file, data, SchemaID, sheetType())
	if err != nil {
		return nil, err
	}
	return &sheet, nil
}

// LoadFile reads the sheet in a file of at most 4 MiB. Errors of the content are
// [schema.Problems]; others wrap the error of the file system.
func LoadFile(path string) (*Sheet, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("claim file: %w", err)
	}
	return Parse(path, data)
}

// readBounded reads at most one octet more than a sheet may have, which is
// enough for [Parse] to refuse it.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, schema.MaxSize+1))
	return data, errors.Join(err, file.Close())
}

// LoadPath reads the sheet in a file, or every *.yaml and *.yml of a folder in
// the order of their names, without its subfolders. Two sheets of one vendor
// are a problem, and so is a folder without sheets. Every file is read before
// the problems of all are returned.
func LoadPath(path string) ([]*Sheet, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	if !info.IsDir() {
		sheet, err := LoadFile(path)
		if err != nil {
			return nil, err
		}
		return []*Sheet{sheet}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && isYAML(entry.Name()) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("claims: no .yaml or .yml file in folder %s, name a claim file or a folder of them", path)
	}
	if len(files) > maxSheets {
		return nil, fmt.Errorf("claims: %d claim files in folder %s, expected at most %d", len(files), path, maxSheets)
	}
	return loadAll(files, LoadFile)
}

func isYAML(name string) bool {
	extension := strings.ToLower(filepath.Ext(name))
	return extension == ".yaml" || extension == ".yml"
}

// loadAll loads files and joins what is wrong with any of them.
func loadAll(files []string, load func(string) (*Sheet, error)) ([]*Sheet, error) {
	var sheets []*Sheet
	var failed []error
	for _, file := range files {
		sheet, err := load(file)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		sheets = append(sheets, sheet)
	}
	if err := CheckUnique(sheets); err != nil {
		failed = append(failed, err)
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	return sheets, nil
}

// CheckUnique is nil if no two sheets describe the same vendor. It is for sheets
// that come from several places, such as several files on a command line; the
// loaders of this package have checked their own.
func CheckUnique(sheets []*Sheet) error {
	var problems schema.Problems
	first := map[string]schema.Pos{}
	for _, sheet := range sheets {
		if before, twice := first[sheet.Vendor]; twice {
			problems = append(problems, schema.Problem{Pos: sheet.Pos, Message: fmt.Sprintf(
				"vendor %s is described at %s already, merge the two or give one another id", schema.Quote(sheet.Vendor), before)})
			continue
		}
		first[sheet.Vendor] = sheet.Pos
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

// Catalogue is the sheets that come with the program, sorted by vendor. Each
// call reads them anew, so a caller may change what it gets.
func Catalogue() ([]*Sheet, error) {
	entries, err := catalogueFiles.ReadDir("catalogue")
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	var files []string
	for _, entry := range entries {
		if isYAML(entry.Name()) {
			files = append(files, path.Join("catalogue", entry.Name()))
		}
	}
	sheets, err := loadAll(files, func(file string) (*Sheet, error) {
		data, err := catalogueFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		return Parse(file, data)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(sheets, func(a, b *Sheet) int { return strings.Compare(a.Vendor, b.Vendor) })
	return sheets, nil
}

// Lookup is the catalogue's sheet of a vendor. Its error wraps
// [ErrUnknownVendor] and names the nearest id.
func Lookup(id string) (*Sheet, error) {
	sheets, err := Catalogue()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(sheets))
	for i, sheet := range sheets {
		if sheet.Vendor == id {
			return sheet, nil
		}
		ids[i] = sheet.Vendor
	}
	return nil, fmt.Errorf("%w %s, %s", ErrUnknownVendor, schema.Quote(id), schema.Suggest(id, ids))
}
