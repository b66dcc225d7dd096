// Package verdicttest gives tests and benchmarks measurements between hosts of
// known place, what is true of those, and vantages that lie.
package verdicttest

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// Folders are folders with claims.yaml, evidence.jsonl.gz and truth.csv (addr,
// site, country, lat, lon, kind, also, note): those named in LANDFALL_LABELLED,
// separated as in PATH, or those beside the project. Up leads to the folder that
// the project is in.
func Folders(up string) []string {
	if list := os.Getenv("LANDFALL_LABELLED"); list != "" {
		return filepath.SplitList(list)
	}
	found, _ := filepath.Glob(filepath.Join(up, "shared/data/latency/*/truth.csv"))
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

// Set is what stands in such a folder.
type Set struct {
	Sheets []*providers.Sheet
	Bundle *evidence.Bundle
	Truths map[string]Truth     // by address
	Places map[netip.Addr]Place // of the addresses of one known place
}

// Place is where a host is, in degrees (WGS 84).
type Place struct {
	Name, Country string
	Lat, Lon      float64
}

// Truth is where an address really is. Unsure are countries that cannot be
// ruled out. Of an anycast address the countries are those of its hosts.
type Truth struct {
	Countries, Unsure []string
	Anycast           bool
}

// Read reads what stands in a labelled folder.
func Read(folder string) (*Set, error) {
	s := &Set{Truths: map[string]Truth{}, Places: map[netip.Addr]Place{}}
	var err error
	if s.Sheets, err = providers.LoadPath(filepath.Join(folder, "claims.yaml")); err != nil {
		return nil, err
	}
	if s.Bundle, err = evidence.ReadFile(filepath.Join(folder, "evidence.jsonl.gz")); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(folder, "truth.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	for i, row := range rows[1:] {
		if err := s.add(row); err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", f.Name(), i+2, err)
		}
	}
	return s, nil
}

// add takes a row of truth.csv.
func (s *Set) add(row []string) error {
	t := s.Truths[row[0]]
	if row[2] != "" {
		t.Countries = append(t.Countries, row[2])
	}
	t.Anycast = strings.HasPrefix(row[5], "anycast")
	t.Unsure = append(t.Unsure, strings.Fields(strings.ReplaceAll(row[6], ";", " "))...)
	s.Truths[row[0]] = t
	if row[5] != "unicast" {
		return nil
	}
	addr, err := netip.ParseAddr(row[0])
	if err != nil {
		return err
	}
	p := Place{Name: row[1], Country: row[2]}
	if p.Lat, err = strconv.ParseFloat(row[3], 64); err != nil {
		return err
	}
	if p.Lon, err = strconv.ParseFloat(row[4], 64); err != nil {
		return err
	}
	s.Places[addr] = p
	return nil
}

// On is the day of the measurements.
func (s *Set) On() providers.Date { return providers.DateOf(s.Bundle.Header.Started) }

// Holds tells whether a claim is true of an address, and whether it can be scored.
func (t Truth) Holds(claim *providers.Claim, on providers.Date) (isTrue, scored bool) {
	if len(t.Countries) == 0 {
		return false, false
	}
	allow, _ := providers.Resolve(claim.Allow, on)
	deny, _ := providers.Resolve(claim.Deny, on)
	allowed := func(country string) bool {
		return (len(claim.Allow) == 0 || allow.Countries[country]) && !deny.Countries[country]
	}
	isTrue = !slices.ContainsFunc(t.Countries, func(c string) bool { return !allowed(c) })
	for _, c := range t.Unsure {
		if allowed(c) != isTrue {
			return false, false
		}
	}
	return isTrue, true
}
