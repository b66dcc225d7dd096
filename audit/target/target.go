// Package target reads what an audit is to look at: vendors, claims files, hosts
// and buckets.
package target

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/schema"
)

// Sheets returns the sheets that targets and claims files name. Without any, it is
// the whole embedded catalogue.
func Sheets(targets, claims []string) ([]*providers.Sheet, error) {
	if len(targets) == 0 && len(claims) == 0 {
		return providers.Catalogue()
	}
	var sheets []*providers.Sheet
	var problems []error
	for _, path := range claims {
		loaded, err := providers.LoadPath(path)
		sheets, problems = append(sheets, loaded...), append(problems, err)
	}
	for _, target := range targets {
		loaded, err := sheetsOf(target)
		sheets, problems = append(sheets, loaded...), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return sheets, providers.CheckUnique(sheets)
}

func sheetsOf(target string) ([]*providers.Sheet, error) {
	if isPath(target) {
		return providers.LoadPath(target)
	}
	if strings.Contains(target, "://") {
		return endpointSheet(target)
	}
	sheet, err := providers.Lookup(target)
	if err == nil {
		return []*providers.Sheet{sheet}, nil
	}
	if strings.ContainsAny(target, ".:") {
		return endpointSheet(target)
	}
	return nil, err
}

// isPath reports whether a target is meant as a file or folder.
func isPath(target string) bool {
	if strings.Contains(target, "://") {
		return false
	}
	if strings.ContainsRune(target, os.PathSeparator) || strings.HasSuffix(target, ".yaml") || strings.HasSuffix(target, ".yml") {
		return true
	}
	info, err := os.Stat(target)
	return err == nil && info.IsDir()
}

// endpointSheet makes a sheet without claims for one endpoint.
func endpointSheet(target string) ([]*providers.Sheet, error) {
	host, port, err := HostAndPort(target)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	if err := providers.CheckHost(host); err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	if bucket, ok := (providers.Endpoint{Host: host}).Bucket(); ok {
		host = bucket.String()
		target = host
	}
	return []*providers.Sheet{{
		Schema: providers.SchemaID, Vendor: target, Name: target, File: target,
		Endpoints: []providers.Endpoint{{Host: host, Port: port}},
	}}, nil
}

// HostAndPort returns the host and the port that a target names, 443 where it names
// none. Whether the host is one is not checked.
func HostAndPort(target string) (string, uint16, error) {
	scheme, _, isURL := strings.Cut(target, "://")
	if isURL && scheme != "https" && scheme != "http" {
		return target, providers.DefaultPort, nil // a bucket; CheckHost tells
	}
	port := uint16(providers.DefaultPort)
	if isURL {
		u, err := url.Parse(target)
		if err != nil {
			return "", 0, fmt.Errorf("not a URL: %w", err)
		}
		if scheme == "http" {
			port = 80
		}
		target = u.Host
	}
	if _, err := netip.ParseAddr(strings.Trim(target, "[]")); err == nil {
		return strings.Trim(target, "[]"), port, nil
	}
	host, text, err := net.SplitHostPort(target)
	if err != nil {
		return target, port, nil // no port in it
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q; 1 to 65535 is expected", text)
	}
	return host, uint16(n), nil
}

// Probed returns the endpoints of sheets as probes look at them.
func Probed(sheets []*providers.Sheet, allowPrivate bool) ([]probes.Target, error) {
	var out []probes.Target
	var problems []error
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			if e.PrivateAddress() && !allowPrivate {
				problems = append(problems, fmt.Errorf("%s: %s is a private address, and a claims file may come from anyone; give --allow-private if it is meant", place(sheet, e.Pos), e.Host))
				continue
			}
			if bucket, ok := e.Bucket(); ok {
				// A claims file may come from anyone: the server that it names is
				// not shown the user's credentials.
				foreign := bucket.Endpoint != "" && e.Pos.Line > 0
				out = append(out, probes.Target{Host: e.Host, AllowPrivate: allowPrivate, Anonymous: foreign})
				continue
			}
			out = append(out, probes.Target{Host: e.Host, Port: e.Port, AllowPrivate: allowPrivate})
		}
	}
	return out, errors.Join(problems...)
}

func place(sheet *providers.Sheet, pos schema.Pos) string {
	if pos.Line == 0 {
		return sheet.File
	}
	return pos.String()
}

// WithClaims returns the sheets that have claims.
func WithClaims(sheets []*providers.Sheet) []*providers.Sheet {
	return slices.DeleteFunc(slices.Clone(sheets), func(s *providers.Sheet) bool { return len(s.Claims) == 0 })
}
