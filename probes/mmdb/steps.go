package mmdb

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Question is one address asked of one database: what a step of a probe that
// looks addresses up carries.
type Question struct {
	Addr  netip.Addr
	File  *Database
	Label string // what the database is called in evidence
}

// Subject is the canonical text of a question.
func Subject(addr netip.Addr, label, built string) string {
	return addr.String() + " " + label + " " + built
}

// Plan returns the steps of a probe that asks each file for each address.
func Plan(name string, files []*Database, targets []probe.Target, seen *probe.Seen) []probe.Step {
	var out []probe.Step
	labels := Labels(files)
	for _, addr := range probe.Addrs(targets, seen) {
		for i, file := range files {
			out = append(out, probe.Step{
				Probe: name, Subject: Subject(addr, labels[i], file.Built), Ask: Question{addr, file, labels[i]},
			})
		}
	}
	return out
}

// Asked returns the question of a step that [Plan] made, unless ctx has ended.
func Asked(ctx context.Context, step probe.Step) (Question, error) {
	q, ok := step.Ask.(Question)
	if !ok {
		return q, probe.Foreign(step)
	}
	return q, ctx.Err()
}

// DataSets returns files that are asked together, by their [Labels].
func DataSets(files []*Database) []evidence.DataSet {
	out := make([]evidence.DataSet, len(files))
	for i, label := range Labels(files) {
		out[i] = evidence.DataSet{Name: label, SHA256: files[i].SHA256, Built: files[i].Built}
	}
	return out
}

// Labels returns a name for each database that no other of them has, for
// evidence: two files can call themselves the same.
func Labels(databases []*Database) []string {
	used := map[string]int{}
	var out []string
	for _, d := range databases {
		label := d.Name
		used[label]++
		if n := used[label]; n > 1 {
			label += " (" + strconv.Itoa(n) + ")"
		}
		out = append(out, label)
	}
	return out
}
