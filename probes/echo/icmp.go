package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/landfall-audit/landfall/evidence"
)

// The numbers of ICMP and ICMPv6 among the protocols of IP.
const (
	protocolICMP  = 1
	protocolICMP6 = 58
)

// WhyNoICMP tells why this system does not let the program send ICMP echo. It
// is empty where it does. No packet is sent.
func WhyNoICMP() string {
	socket, err := icmp.ListenPacket("udp4", "0.0.0.0")
	if err == nil {
		socket.Close()
		return ""
	}
	if errors.Is(err, os.ErrPermission) {
		return "this system lets only privileged programs send ICMP echo; on Linux the sysctl net.ipv4.ping_group_range changes that"
	}
	return fmt.Sprintf("this system does not let the program send ICMP echo: %v", err)
}

// family is what differs between ICMP and ICMPv6.
type family struct {
	network, any   string
	protocol       int
	request, reply icmp.Type
}

func familyOf(addr netip.Addr) family {
	if addr.Is4() {
		return family{"udp4", "0.0.0.0", protocolICMP, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	}
	return family{"udp6", "::", protocolICMP6, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
}

// icmpMethod sends echo requests (RFC 792, RFC 4443) from a socket of the kind
// that needs no privilege.
func icmpMethod(addr netip.Addr) method {
	f := familyOf(addr)
	return method{
		name: evidence.MethodICMP,
		open: func(_ context.Context, _ *Probe, h host, _ uint16) (io.ReadWriteCloser, error) {
			return openICMP(f, h.addr)
		},
		packet: func(sample int, mark token) []byte {
			m := icmp.Message{Type: f.request, Body: &icmp.Echo{Seq: sample, Data: mark[:]}}
			out, _ := m.Marshal(nil) // fails for extensions alone
			return out
		},
		answers: func(answer []byte) (token, bool) { return echoAnswer(f, answer) },
	}
}

// echoAnswer reads an echo reply.
func echoAnswer(f family, answer []byte) (mark token, ok bool) {
	m, err := icmp.ParseMessage(f.protocol, answer)
	if err != nil || m.Type != f.reply || m.Code != 0 {
		return token{}, false
	}
	body, ok := m.Body.(*icmp.Echo)
	if !ok || len(body.Data) != len(mark) {
		return token{}, false
	}
	return token(body.Data), true
}
