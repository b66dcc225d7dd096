package probe

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
)

// maxNameBytes is the longest name in presentation form, without the final
// dot (RFC 1035, 2.3.4, counts 255 octets on the wire).
const maxNameBytes = 253

// maxZoneBytes is the longest name of an interface on the systems known
// (IF_MAX_STRING_SIZE of Windows; IFNAMSIZ elsewhere is 16).
const maxZoneBytes = 256

// Target is one endpoint that a claim speaks of.
type Target struct {
	Host string // a name, a literal address, or the URL of a bucket
	Port uint16 // 0 for a bucket
	// AllowPrivate lets probes contact loopback, link-local and private
	// addresses for this target, which [Allowed] refuses otherwise.
	AllowPrivate bool
	// Anonymous keeps the user's credentials from the server of a bucket: whoever
	// wrote the target chose the server.
	Anonymous bool
	// Landmark marks a host of known place that is looked at for the sake of
	// others: each is connected to once, and the nearest few alone are looked at
	// more closely, see [NearLandmarks].
	Landmark bool
}

// Bucket returns the bucket of a target that is one. All other ways to look pass it
// by, since it has no name that can be asked for.
func (t Target) Bucket() (store.Bucket, bool) {
	if !strings.Contains(t.Host, "://") || providers.CheckHost(t.Host) != nil {
		return store.Bucket{}, false
	}
	return (providers.Endpoint{Host: t.Host}).Bucket()
}

// Literal returns the address of a target whose host is one.
func (t Target) Literal() (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(t.Host, "[]"))
	if err != nil || !PlainZone(addr) {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// PlainZone tells whether the zone of an address (RFC 4007, 11) can be the name
// or number of an interface. Anything is taken for one otherwise, blanks and
// control characters too.
func PlainZone(addr netip.Addr) bool {
	return strings.Trim(strings.ToLower(addr.Zone()), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && len(addr.Zone()) <= maxZoneBytes
}

// Name returns the host as it is asked for and written in evidence: lower case,
// without the final dot, internationalised names in their ASCII form (RFC
// 5891), a literal address in its canonical form. A host that cannot be asked
// for returns an error.
func (t Target) Name() (string, error) {
	if addr, ok := t.Literal(); ok {
		return addr.String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(t.Host, "."))
	if !isASCII(name) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("host %q is not an internationalised name (RFC 5891): %w", t.Host, err)
		}
		name = ascii
	}
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("host %q: %w", t.Host, err)
	}
	return name, nil
}

// Check reports a target that cannot be probed.
func (t Target) Check() error {
	if _, bucket := t.Bucket(); bucket {
		return nil
	}
	if t.Port == 0 {
		return fmt.Errorf("target %q has no port; give one from 1 to 65535", t.Host)
	}
	_, err := t.Name()
	return err
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// checkName allows what host names hold in practice: letters, digits, hyphen
// (RFC 1123, 2.1) and the underscore of service names (RFC 8552).
func checkName(name string) error {
	if name == "" || len(name) > maxNameBytes {
		return fmt.Errorf("a name of 1 to %d bytes is expected, this has %d", maxNameBytes, len(name))
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return fmt.Errorf("the label %q has %d bytes; 1 to 63 are allowed (RFC 1035)", label, len(label))
		}
	}
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r) {
			return fmt.Errorf("a name holds letters, digits, hyphens and dots; remove %q", r)
		}
	}
	return nil
}
