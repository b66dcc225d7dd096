// Package capture reads recorded packets (pcap and pcapng): which addresses
// names were given, and which servers TLS clients asked for by name, with how
// much went there.
//
// It sees what stands in the clear: DNS over UDP port 53, and the server name of
// a ClientHello over TCP (RFC 6066, 3). What QUIC, encrypted DNS and encrypted
// ClientHellos carry is not read. Whatever a capture holds may be forged, so it
// says where to look and proves nothing.
package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// What is kept of a capture, which may be of any length and by anyone.
const (
	maxAnswers = 10_000
	maxFlows   = 100_000 // directions of connections
	maxPending = 64 << 20
	maxName    = 255  // octets (RFC 1035, 2.3.4)
	maxYear    = 9999 // of RFC 3339
)

// ErrCut says that some of a capture was not read: it is damaged from some
// place on, or has more than is kept.
var ErrCut = errors.New("the capture was not read as a whole")

// Read returns what a capture tells, as observations of the kinds dns and flow.
// An error that wraps [ErrCut] comes with what was read before.
func Read(in io.Reader) ([]evidence.Observation, error) {
	next, err := packets(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the capture: %w; expected pcap or pcapng", err)
	}
	r := &reader{answers: map[string]bool{}, flows: map[connection]*flow{}}
	for n := 1; ; n++ {
		packet, at, err := next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return r.observations(), fmt.Errorf("%w: packet %d: %w", ErrCut, n, err)
		}
		if at = at.UTC(); at.Year() > maxYear {
			at = time.Time{} // no time that can be written
		}
		r.packet(packet, at)
	}
	if r.left > 0 {
		return r.observations(), fmt.Errorf("%w: %d packets belong to more names and connections than are kept; split it", ErrCut, r.left)
	}
	return r.observations(), nil
}

// packets returns the packets of a capture of either form, one after another.
func packets(in *bufio.Reader) (next func() (gopacket.Packet, time.Time, error), err error) {
	decoding := gopacket.DecodeOptions{Lazy: true, NoCopy: true}
	if magic, _ := in.Peek(4); string(magic) == "\x0a\x0d\x0d\x0a" {
		ng, err := pcapgo.NewNgReader(in, pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, err
		}
		return func() (gopacket.Packet, time.Time, error) {
			data, info, err := ng.ReadPacketData()
			if err != nil {
				return nil, time.Time{}, err
			}
			link, ok := info.AncillaryData[0].(layers.LinkType)
			if !ok {
				link = ng.LinkType()
			}
			return gopacket.NewPacket(data, link, decoding), info.Timestamp, nil
		}, nil
	}
	plain, err := pcapgo.NewReader(in)
	if err != nil {
		return nil, err
	}
	return func() (gopacket.Packet, time.Time, error) {
		data, info, err := plain.ReadPacketData()
		if err != nil {
			return nil, time.Time{}, err
		}
		return gopacket.NewPacket(data, plain.LinkType(), decoding), info.Timestamp, nil
	}, nil
}

// reader puts packets together to names and connections.
type reader struct {
	seen    []evidence.Observation // the answers
	answers map[string]bool        // that were seen, to tell each once
	flows   map[connection]*flow
	order   []*flow // as they began
	pending int     // octets of ClientHellos that are not whole
	left    int     // packets that were left out
}

// connection is one direction of a connection.
type connection struct{ from, to netip.AddrPort }

func (c connection) back() connection { return connection{c.to, c.from} }

func (r *reader) packet(p gopacket.Packet, at time.Time) {
	from, to := addresses(p)
	if !from.IsValid() || !to.IsValid() {
		return
	}
	switch t := p.TransportLayer().(type) {
	case *layers.UDP:
		if t.SrcPort == 53 {
			r.answer(netip.AddrPortFrom(from, 53), t.Payload, at)
		}
	case *layers.TCP:
		r.segment(connection{netip.AddrPortFrom(from, uint16(t.SrcPort)), netip.AddrPortFrom(to, uint16(t.DstPort))}, t, at)
	}
}

func addresses(p gopacket.Packet) (from, to netip.Addr) {
	switch n := p.NetworkLayer().(type) {
	case *layers.IPv4:
		from, _ = netip.AddrFromSlice(n.SrcIP)
		to, _ = netip.AddrFromSlice(n.DstIP)
	case *layers.IPv6:
		from, _ = netip.AddrFromSlice(n.SrcIP)
		to, _ = netip.AddrFromSlice(n.DstIP)
	}
	return from.Unmap(), to.Unmap()
}

// answer keeps an answer to a question for addresses (RFC 1035, 4.1), once.
func (r *reader) answer(resolver netip.AddrPort, message []byte, at time.Time) {
	var m dns.Msg
	if m.Unpack(message) != nil || !m.Response || len(m.Question) != 1 {
		return
	}
	q := m.Question[0]
	if q.Qtype != dns.TypeA && q.Qtype != dns.TypeAAAA {
		return
	}
	o := &evidence.DNS{
		Meta: evidence.Meta{Kind: evidence.KindDNS, At: at}, Name: plain(q.Name), Type: dns.TypeToString[q.Qtype],
		Resolver: resolver.String(), Rcode: dns.RcodeToString[m.Rcode],
	}
	for _, record := range m.Answer {
		o.TTL = record.Header().Ttl
		switch record := record.(type) {
		case *dns.CNAME:
			o.Chain = append(o.Chain, plain(record.Target))
		case *dns.A:
			addr, _ := netip.AddrFromSlice(record.A)
			o.Answers = append(o.Answers, addr.Unmap())
		case *dns.AAAA:
			addr, _ := netip.AddrFromSlice(record.AAAA)
			o.Answers = append(o.Answers, addr)
		}
	}
	slices.SortFunc(o.Answers, netip.Addr.Compare)
	key := fmt.Sprint(o.Name, o.Type, o.Rcode, o.Chain, o.Answers)
	switch {
	case r.answers[key]:
	case len(r.answers) >= maxAnswers:
		r.left++
	default:
		r.answers[key] = true
		r.seen = append(r.seen, o)
	}
}

// plain is a name as evidence writes it.
func plain(name string) string {
	return probe.Text(strings.ToLower(strings.TrimSuffix(name, ".")), maxName)
}

// observations returns the answers, and then the connections whose server was asked for
// by name, with ids.
func (r *reader) observations() []evidence.Observation {
	out := slices.Clone(r.seen)
	for _, f := range r.order {
		if f.serverName == "" {
			continue
		}
		o := &evidence.Flow{
			Meta: evidence.Meta{Kind: evidence.KindFlow, At: f.first}, Addr: f.to.Addr(), Port: f.to.Port(), Protocol: "tcp",
			ServerName: probe.Text(f.serverName, maxName), BytesUp: f.bytes, First: f.first, Last: f.last,
		}
		if down := r.flows[f.back()]; down != nil {
			o.BytesDown = down.bytes
		}
		out = append(out, o)
	}
	for i, o := range out {
		o.Common().ID = fmt.Sprintf("e%d", i+1)
	}
	return out
}
