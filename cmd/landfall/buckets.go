package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	// maxListedTargets bounds a file of targets, and maxTargetBytes one of its lines.
	maxListedTargets = 100_000
	maxTargetBytes   = 4096
)

// named returns the targets that arguments and files name, those in full that stand
// for all buckets of somebody.
func (l *looking) named(ctx context.Context, args []string) ([]string, error) {
	targets := slices.Clone(args)
	for _, path := range l.targetFiles {
		listed, err := l.readTargets(path)
		if err != nil {
			return nil, fmt.Errorf("--targets: %w", err)
		}
		targets = append(targets, listed...)
	}
	if len(targets) == 0 && len(l.targetFiles) > 0 && len(l.claims) == 0 {
		return nil, errors.New("--targets: no target is in the files; write one a line")
	}
	var out []string
	seen := map[string]bool{}
	for _, target := range targets {
		some, err := l.expand(ctx, target)
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			if !seen[one] {
				seen[one] = true
				out = append(out, one)
			}
		}
	}
	return out, nil
}

func (l *looking) readTargets(path string) ([]string, error) {
	r := l.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	return targetLines(path, r)
}

func targetLines(path string, r io.Reader) ([]string, error) {
	var out []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTargetBytes)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if strings.ContainsAny(text, " \t") {
			return nil, fmt.Errorf("%s:%d: %q is more than one target; write one a line", path, number, text)
		}
		if out = append(out, text); len(out) > maxListedTargets {
			return nil, fmt.Errorf("%s has more than %d targets", path, maxListedTargets)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w; a target has at most %d bytes", path, err, maxTargetBytes)
	}
	return out, nil
}

// expand returns the buckets that a target without a bucket's name stands for; any
// other target stands for itself.
func (l *looking) expand(ctx context.Context, target string) ([]string, error) {
	scheme, scope, all, err := store.ParseScope(target)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	if !all {
		return []string{target}, nil
	}
	of, err := l.clouds().Of(scheme)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	buckets, err := of.List(ctx, scope)
	if err != nil {
		return nil, incomplete(fmt.Errorf("%s: %w", target, err))
	}
	out := make([]string, len(buckets))
	for i, b := range buckets {
		out[i] = b.String()
	}
	return out, nil
}

func isBucket(t probes.Target) bool {
	_, bucket := t.Bucket()
	return bucket
}

// onlyBuckets reports whether there is nothing to measure: buckets are asked
// about, and neither where this machine is nor what databases say matters.
func onlyBuckets(targets []probes.Target) bool {
	return len(targets) > 0 && !slices.ContainsFunc(targets, func(t probes.Target) bool { return !isBucket(t) })
}

// cloudsFor returns who is asked about the buckets among the targets; nobody where
// there are none.
func (l *looking) cloudsFor(targets []probes.Target) cloud.Clouds {
	if !slices.ContainsFunc(targets, isBucket) {
		return nil
	}
	return l.clouds()
}

// maxRefusals bounds how many different reasons are said.
const maxRefusals = 20

// tellRefusals says what clouds did not answer, and what would help: each reason
// in one line, however many buckets it kept from being known.
func tellRefusals(u *ui, failures []evidence.Observation) {
	first, count := map[string]string{}, map[string]int{}
	var reasons []string
	for _, o := range failures {
		failed, ok := o.(*evidence.Error)
		if !ok || failed.Probe != storage.Name {
			continue
		}
		if count[failed.Error]++; count[failed.Error] == 1 {
			first[failed.Error] = failed.Target
			reasons = append(reasons, failed.Error)
		}
	}
	for _, reason := range reasons[:min(len(reasons), maxRefusals)] {
		where := oneLine(first[reason])
		if more := count[reason] - 1; more > 0 {
			where += fmt.Sprintf(" and %d more", more)
		}
		u.warn("%s: %s", where, oneLine(reason))
	}
}
