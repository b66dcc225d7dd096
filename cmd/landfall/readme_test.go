package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/sources"
)

// The README's example is run, and its output is what stands there.
// UPDATE_SCRIPTS=1 writes it anew.
func TestReadmeExample(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), "```console\n")
	block, after, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("README.md has no console block")
	}
	dir := t.TempDir()
	var want strings.Builder
	commands := 0
	for _, line := range strings.Split(block, "\n") {
		command, is := strings.CutPrefix(line, "$ landfall ")
		if !is {
			continue
		}
		commands++
		want.WriteString(line + "\n")
		command = strings.ReplaceAll(command, "verdicts.json", filepath.Join(dir, "verdicts.json"))
		s, out, errs := isolated(t)
		if got := run(t.Context(), s, strings.Fields(command)); got != exitComplete {
			t.Fatalf("%s: status %d, %s", line, got, errs)
		}
		want.Write(out.Bytes())
	}
	if commands != 2 {
		t.Errorf("%d commands were run, want 2", commands)
	}
	if want.String() == block {
		return
	}
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile("README.md", []byte(before+"```console\n"+want.String()+"```\n"+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the README shows\n%s\nbut the commands give\n%s", block, &want)
}

// The licences of the embedded data are said where its users look.
func TestAttributionsAreShown(t *testing.T) {
	var all bytes.Buffer
	for _, a := range sources.Attributions() {
		all.WriteString(a.Text + a.Licence)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"IP Geolocation by DB-IP", "CC BY 4.0"} {
		if !bytes.Contains(all.Bytes(), []byte(words)) || !bytes.Contains(readme, []byte(words)) {
			t.Errorf("%q does not stand in both the reports and the README", words)
		}
	}
}
