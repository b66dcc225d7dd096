package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/ipspecial"
)

// Allowed reports an address that a probe must not contact because of what
// an answer from outside said: one of this machine, of its own network, or of
// nobody. An answer could otherwise lead probes to services that trust their
// neighbours.
func Allowed(addr netip.Addr) error {
	if !addr.IsValid() {
		return fmt.Errorf("no address to contact")
	}
	if what := ipspecial.Kind(addr); what != "" {
		return fmt.Errorf("%s is not contacted: it is %s; give --allow-private if it is yours and meant", addr, what)
	}
	return nil
}

// Guard returns a copy of base that connects to no private address, whatever
// called it: the check stands in the dialer's last hook before the system call
// (the control function), where no name is left to be resolved again. A dialer
// for a target that allows private addresses is not guarded.
func Guard(base net.Dialer, allowPrivate bool) *net.Dialer {
	if allowPrivate {
		return &base
	}
	control, controlContext := base.Control, base.ControlContext
	base.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err == nil {
			err = Allowed(at.Addr())
		}
		switch {
		case err != nil:
			return &Failure{Class: evidence.ClassDenied, Err: err}
		case controlContext != nil:
			return controlContext(ctx, network, address, c)
		case control != nil:
			return control(network, address, c)
		}
		return nil
	}
	return &base
}
