package providers

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/providers/schema"
	"github.com/landfall-audit/landfall/providers/store"
)

// HostKind is what the host of an endpoint is.
type HostKind string

// The kinds of host.
const (
	HostName    HostKind = "name"    // a DNS name
	HostAddress HostKind = "address" // an IPv4 or IPv6 address
	HostBucket  HostKind = "bucket"  // a bucket or container of an object store
)

// The limits of a DNS name in octets (RFC 1035 section 2.3.4). 253 is what the
// 255 octets of the wire format leave for the text.
const (
	maxNameLength  = 253
	maxLabelLength = 63
)

// CheckHost returns nil if text can be the host of an endpoint: a DNS name without
// wildcard, an IP address without zone, or a bucket URL (see [store.CheckBucket]).
// Otherwise it says what to write.
func CheckHost(text string) error {
	if strings.Contains(text, "://") {
		return store.CheckBucket(text)
	}
	if text == "" {
		return errors.New("empty host, expected a name such as api.example.com")
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return fmt.Errorf("host %s has a zone, which means something on one machine only, leave %q out", schema.Quote(text), "%"+addr.Zone())
		}
		return nil
	}
	return checkName(text)
}

// checkName follows the preferred syntax of RFC 1035 section 2.3.1 as RFC 1123
// section 2.1 widened it, with underscores, which real service names use.
func checkName(name string) error {
	if len(name) > maxNameLength {
		return fmt.Errorf("host %s has %d octets, expected at most %d", schema.Quote(name), len(name), maxNameLength)
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		return fmt.Errorf("host %s has a port, write the name alone and the port as port: %s", schema.Quote(name), schema.Quote(name[i+1:]))
	}
	if strings.ContainsRune(name, '*') {
		return fmt.Errorf("host %s is a pattern, expected a name that can be looked up, name one real host", schema.Quote(name))
	}
	for _, char := range name {
		if !nameChar(char) {
			return fmt.Errorf("host %s has the character %q, expected letters, digits, hyphens and dots; write other scripts in their xn-- form", schema.Quote(name), char)
		}
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" {
			return fmt.Errorf("host %s has an empty label, remove the extra dot", schema.Quote(name))
		}
		if len(label) > maxLabelLength {
			return fmt.Errorf("host %s has a label of %d octets, expected at most %d", schema.Quote(name), len(label), maxLabelLength)
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("host %s has a label with a hyphen at its edge, remove it", schema.Quote(name))
		}
	}
	// 1.2.3 and 010.0.0.1 are read as addresses by some programs and as names by
	// others; a top level domain is never a number (RFC 3696 section 2).
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(strings.ToLower(last), "0x") {
		return fmt.Errorf("host %s looks like an address and is none, write all four numbers without leading zeros", schema.Quote(name))
	}
	return nil
}

func nameChar(char rune) bool {
	switch {
	case char >= 'a' && char <= 'z', char >= 'A' && char <= 'Z', char >= '0' && char <= '9':
		return true
	}
	return char == '-' || char == '.' || char == '_'
}

// HostKind is what the host is. It is meaningful for hosts that [CheckHost]
// accepts.
func (e Endpoint) HostKind() HostKind {
	if strings.Contains(e.Host, "://") {
		return HostBucket
	}
	if _, ok := e.Addr(); ok {
		return HostAddress
	}
	return HostName
}

// Addr is the host's address if the host is one. An IPv4 address mapped into
// IPv6 is given as IPv4.
func (e Endpoint) Addr() (netip.Addr, bool) {
	addr, err := netip.ParseAddr(e.Host)
	return addr.Unmap(), err == nil
}

// Bucket returns the bucket that the host names, if it is a bucket URL.
func (e Endpoint) Bucket() (store.Bucket, bool) { return store.ParseBucket(e.Host) }

// PrivateAddress reports whether the host is an address that is not on the
// public internet (see [PrivateAddr]). Names are not looked up.
func (e Endpoint) PrivateAddress() bool {
	addr, ok := e.Addr()
	return ok && PrivateAddr(addr)
}

// PrivateAddr reports whether an address is one that a probe must not be led to
// unless its user said so: of this machine, of its own network, or of nobody.
// 198.18.0.0/15 (RFC 2544) is not: published evidence uses it in place of real
// addresses.
func PrivateAddr(addr netip.Addr) bool { return ipspecial.Kind(addr) != "" }
