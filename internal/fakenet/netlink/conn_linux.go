// Package netlink sets up the interfaces and routes of a network namespace.
package netlink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Conn speaks rtnetlink(7) with the kernel, in the network namespace of the
// thread that opened it.
type Conn struct {
	fd  int
	seq uint32
}

// Open returns a connection to the kernel, to be closed after use.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket(AF_NETLINK)", err)
	}
	return &Conn{fd: fd}, nil
}

func (n *Conn) Close() { unix.Close(n.fd) }

// do sends a request and waits for its acknowledgement.
func (n *Conn) do(kind uint16, flags uint16, body []byte) error {
	n.seq++
	length := unix.SizeofNlMsghdr + len(body)
	message := binary.NativeEndian.AppendUint32(nil, uint32(length))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = binary.NativeEndian.AppendUint16(message, flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	message = binary.NativeEndian.AppendUint32(message, n.seq)
	message = binary.NativeEndian.AppendUint32(message, 0)
	message = append(message, body...)
	if err := unix.Sendto(n.fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto(netlink)", err)
	}
	reply := make([]byte, 4096)
	size, _, err := unix.Recvfrom(n.fd, reply, 0)
	if err != nil {
		return os.NewSyscallError("recvfrom(netlink)", err)
	}
	if size < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(reply[4:]) != unix.NLMSG_ERROR {
		return errors.New("the kernel's reply over netlink is no acknowledgement")
	}
	if code := int32(binary.NativeEndian.Uint32(reply[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

// attribute appends a route attribute, filled up to four bytes.
func attribute(body []byte, kind uint16, value []byte) []byte {
	body = binary.NativeEndian.AppendUint16(body, uint16(unix.SizeofRtAttr+len(value)))
	body = binary.NativeEndian.AppendUint16(body, kind)
	body = append(body, value...)
	for len(body)%unix.RTA_ALIGNTO != 0 {
		body = append(body, 0)
	}
	return body
}

func number(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

// Up switches an interface on; where length is not 0, with a queue of so many
// packets of at most mtu bytes.
func (n *Conn) Up(index int, length, mtu uint32) error {
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	binary.NativeEndian.PutUint32(body[8:], unix.IFF_UP)
	binary.NativeEndian.PutUint32(body[12:], unix.IFF_UP) // which flags change
	if length != 0 {
		body = attribute(body, unix.IFLA_MTU, number(mtu))
		body = attribute(body, unix.IFLA_TXQLEN, number(length))
	}
	if err := n.do(unix.RTM_NEWLINK, 0, body); err != nil {
		return fmt.Errorf("switching an interface on: %w", err)
	}
	return nil
}

// Family returns the address family of an address, as the kernel numbers it.
func Family(a netip.Addr) byte {
	if a.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

// Address returns an interface an address.
func (n *Conn) Address(index int, a netip.Addr) error {
	body := make([]byte, unix.SizeofIfAddrmsg)
	body[0], body[1], body[2] = Family(a), byte(a.BitLen()), unix.IFA_F_NODAD
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	body = attribute(body, unix.IFA_LOCAL, a.AsSlice())
	body = attribute(body, unix.IFA_ADDRESS, a.AsSlice())
	if err := n.do(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body); err != nil {
		return fmt.Errorf("giving the vantage the address %s: %w", a, err)
	}
	return nil
}

// Route sends everything of a family to an interface.
func (n *Conn) Route(index int, family byte) error {
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[4], body[5], body[6], body[7] = family, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_LINK, unix.RTN_UNICAST
	if family == unix.AF_INET6 {
		body[6] = unix.RT_SCOPE_UNIVERSE
	}
	body = attribute(body, unix.RTA_OIF, number(uint32(index)))
	if err := n.do(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body); err != nil {
		return fmt.Errorf("setting the default route: %w", err)
	}
	return nil
}
