package fakenet

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/fakenet/netlink"
	"github.com/landfall-audit/landfall/internal/fakenet/tcpstack"
)

const (
	tunPath = "/dev/net/tun"
	tunName = "internet"
	// tunQueue is how many packets wait in the device. The usual 500 overflow
	// when a thousand connections begin at once.
	tunQueue = 1 << 14
)

// openTUN makes a TUN device that has the vantage's addresses and is the way
// to everywhere else (Documentation/networking/tuntap.rst of Linux).
func openTUN(addrs []netip.Addr) (*os.File, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &UnavailableError{Step: "opening " + tunPath, Err: err, Hint: hintTUN}
	}
	request, err := unix.NewIfreq(tunName)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true) // so that closing it ends a read
	}
	if err != nil {
		unix.Close(fd)
		return nil, &UnavailableError{Step: "making a TUN device", Err: err, Hint: hintNamespaces()}
	}
	device := os.NewFile(uintptr(fd), tunPath)
	if err := connect(addrs); err != nil {
		device.Close()
		return nil, err
	}
	return device, nil
}

// connect switches the loopback interface and the device on, and sets routes.
func connect(addrs []netip.Addr) error {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return fmt.Errorf("finding the loopback interface: %w", err)
	}
	tun, err := net.InterfaceByName(tunName)
	if err != nil {
		return fmt.Errorf("finding the TUN device: %w", err)
	}
	n, err := netlink.Open()
	if err != nil {
		return fmt.Errorf("setting the interfaces up: %w", err)
	}
	defer n.Close()
	if err := n.Up(lo.Index, 0, 0); err != nil {
		return err
	}
	if err := n.Up(tun.Index, tunQueue, tcpstack.MTU); err != nil {
		return err
	}
	families := map[byte]bool{}
	for _, a := range addrs {
		if err := n.Address(tun.Index, a); err != nil {
			return err
		}
		if families[netlink.Family(a)] {
			continue
		}
		families[netlink.Family(a)] = true
		if err := n.Route(tun.Index, netlink.Family(a)); err != nil {
			return err
		}
	}
	return nil
}
