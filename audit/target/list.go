package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	// maxListedTargets bounds a file of targets, and maxTargetBytes one of its lines.
	maxListedTargets = 100_000
	maxTargetBytes   = 4096
)

// List is targets as a user names them.
type List struct {
	Names  []string  // vendor ids, files, hosts and buckets
	Files  []string  // files with further ones, one a line; "-" is In
	Claims []string  // claims files and folders
	In     io.Reader // nil: the process's standard input
	// Clouds returns who lists buckets; it is asked where a target stands for all
	// buckets of somebody.
	Clouds func() cloud.Clouds
}

// A ListError says that a cloud did not list its buckets.
type ListError struct {
	Target string
	Err    error
}

func (e *ListError) Error() string { return e.Target + ": " + e.Err.Error() }

func (e *ListError) Unwrap() error { return e.Err }

// Expand returns the names of all targets, each once. A target that stands for all
// buckets of somebody is replaced by these.
func (l List) Expand(ctx context.Context) ([]string, error) {
	targets := slices.Clone(l.Names)
	for _, path := range l.Files {
		listed, err := l.readFile(path)
		if err != nil {
			return nil, fmt.Errorf("--targets: %w", err)
		}
		targets = append(targets, listed...)
	}
	if len(targets) == 0 && len(l.Files) > 0 && len(l.Claims) == 0 {
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

func (l List) readFile(path string) ([]string, error) {
	r := l.In
	if path == "-" && r == nil {
		r = os.Stdin
	}
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
func (l List) expand(ctx context.Context, target string) ([]string, error) {
	scheme, scope, all, err := store.ParseScope(target)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	if !all {
		return []string{target}, nil
	}
	of, err := l.Clouds().Of(scheme)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	buckets, err := of.List(ctx, scope)
	if err != nil {
		return nil, &ListError{target, err}
	}
	out := make([]string, len(buckets))
	for i, b := range buckets {
		out[i] = b.String()
	}
	return out, nil
}

// IsBucket reports whether a target is a bucket.
func IsBucket(t probes.Target) bool {
	_, bucket := t.Bucket()
	return bucket
}

// OnlyBuckets reports whether there is nothing to measure. Clouds are asked about
// buckets: neither where this machine is nor what databases say matters.
func OnlyBuckets(targets []probes.Target) bool {
	return len(targets) > 0 && !slices.ContainsFunc(targets, func(t probes.Target) bool { return !IsBucket(t) })
}
