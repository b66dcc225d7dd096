package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/cmd/landfall/internal/simulated"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// templateSeed is the variable that says with which seed the worlds are made, "time"
// for a new one; without it they are the same each time.
const templateSeed = "LANDFALL_SEED"

// defaultSeed is tried where none is named.
const defaultSeed = 1

// Each network that misleads whoever measures in it leads to no verdict that is
// false; the same network without that decides. Cities, ports, addresses and
// orders are others each time.
func TestMisleadingNetworks(t *testing.T) {
	needs.Namespaces(t)
	names, err := scenario.Templates()
	if err != nil {
		t.Fatal(err)
	}
	seed := seedOf(t)
	for _, name := range names {
		for _, fault := range []bool{true, false} {
			s, err := scenario.FromTemplate(name, fault, seed)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(fmt.Sprintf("%s/%d", s.Name, seed), func(t *testing.T) {
				t.Parallel()
				hold(t, s, judgeFilesOf(t, s))
				if t.Failed() {
					t.Logf("repeat it with %s=%d go test ./cmd/landfall -run 'TestMisleadingNetworks/%s'", templateSeed, seed, s.Name)
				}
			})
		}
	}
}

// seedOf returns the seed that the worlds are made with.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	switch set := os.Getenv(templateSeed); set {
	case "":
		return defaultSeed
	case "time":
		return uint64(time.Now().UnixNano()) % 1_000_000
	default:
		seed, err := strconv.ParseUint(set, 10, 64)
		if err != nil {
			t.Fatalf("%s=%s: %v", templateSeed, set, err)
		}
		return seed
	}
}

// judgeFilesOf looks from every vantage and returns the verdicts of all files
// together: those of the vantages, and those that somebody adds.
func judgeFilesOf(t *testing.T, s *scenario.Scenario) *verdict.Document {
	t.Helper()
	e, claims, _ := lookFromEverywhere(t, s)
	allowed := []int{exitComplete}
	if len(s.Supply) > 0 {
		allowed = append(allowed, exitIncomplete) // a file that is set aside leaves the rest complete, or not
	}
	return verdictsOf(t, claims, allowed, filesOf(t, e)...)
}

// filesOf returns the files of evidence that there are once all have looked, in
// an order of the scenario's seed.
func filesOf(t *testing.T, e *simulated.Run) []string {
	t.Helper()
	var files []string
	looked := map[string]scenario.Looked{}
	for _, v := range e.Scenario.Lookouts() {
		path := e.File(&v)
		b, err := evidence.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(text), "\n")
		looked[v.Name] = scenario.Looked{Run: b.Header.Run, Header: header}
		files = append(files, path)
	}
	for _, added := range e.Scenario.Supply {
		text, err := added.Fill(looked, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(e.Work, "added-"+added.Name+".jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if e.Scenario.Seed%2 == 1 {
		slices.Reverse(files)
	}
	return files
}
