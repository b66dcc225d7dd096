package view

import (
	"github.com/landfall-audit/landfall/verdict"
)

// addressKey is an address of an endpoint of a vendor.
type addressKey struct{ vendor, endpoint, addr string }

// Seen is when an endpoint had an address.
type Seen struct {
	First, Last string // when the runs started
	Runs        int    // in how many of the runs that measured the endpoint
	Of          int

	run string // that was counted last
}

// maxAddresses bounds what is remembered of addresses; it is that of some
// thousand endpoints behind a busy content network.
const maxAddresses = 500_000

// addToHistory counts the addresses of a run, which is older than those so far.
func (l *Loader) addToHistory(d *verdict.Document, started string) {
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		if v.Subject == verdict.Path {
			continue
		}
		l.count(addressKey{v.Vendor, v.Endpoint, ""}, d.Run.Run, started)
		if v.Addr != "" {
			l.count(addressKey{v.Vendor, v.Endpoint, v.Addr}, d.Run.Run, started)
		}
	}
}

func (l *Loader) count(key addressKey, run, started string) {
	s := l.seen[key]
	switch {
	case s == nil && len(l.seen) >= maxAddresses:
		return
	case s == nil:
		s = &Seen{Last: started}
		l.seen[key] = s
	case s.run == run:
		return
	}
	s.run, s.First = run, started
	s.Runs++
}

// Seen returns when an endpoint of a vendor had an address; ok is false where
// there is one run only.
func (v *View) Seen(vendor, endpoint, addr string) (Seen, bool) {
	s := v.seen[addressKey{vendor, endpoint, addr}]
	if s == nil || len(v.Runs) < 2 {
		return Seen{}, false
	}
	out := *s
	if of := v.seen[addressKey{vendor, endpoint, ""}]; of != nil {
		out.Of = of.Runs
	}
	return out, true
}
