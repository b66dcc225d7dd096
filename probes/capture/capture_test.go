package capture

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
)

var (
	client   = netip.MustParseAddrPort("192.0.2.10:50000")
	server   = netip.MustParseAddrPort("203.0.113.7:443")
	resolver = netip.MustParseAddrPort("192.0.2.53:53")
	began    = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
)

// hello is what a real TLS client sends first.
func hello(t testing.TB, name string) []byte {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		_ = tls.Client(near, &tls.Config{ServerName: name}).Handshake()
		_ = near.Close()
	}()
	buffer := make([]byte, maxHello)
	n, err := far.Read(buffer)
	if err = errors.Join(err, far.Close()); err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

// answer is what a resolver sends for a name.
func answer(t testing.TB, name, alias, addr string) []byte {
	t.Helper()
	var m dns.Msg
	m.SetQuestion(name, dns.TypeA)
	m.Response = true
	for _, text := range []string{name + " 60 IN CNAME " + alias, alias + " 60 IN A " + addr} {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, record)
	}
	data, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func frame(t testing.TB, from, to netip.AddrPort, transport gopacket.SerializableLayer, payload []byte) []byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice(), Protocol: layers.IPProtocolTCP}
	switch transport := transport.(type) {
	case *layers.UDP:
		ip.Protocol = layers.IPProtocolUDP
		transport.SrcPort, transport.DstPort = layers.UDPPort(from.Port()), layers.UDPPort(to.Port())
		_ = transport.SetNetworkLayerForChecksum(ip)
	case *layers.TCP:
		transport.SrcPort, transport.DstPort = layers.TCPPort(from.Port()), layers.TCPPort(to.Port())
		_ = transport.SetNetworkLayerForChecksum(ip)
	}
	out := gopacket.NewSerializeBuffer()
	ethernet := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ethernet, ip, transport, gopacket.Payload(payload)); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out.Bytes())
}

// session is a lookup and an upload over TLS, its ClientHello cut in three and
// out of order, one part of it sent twice.
func session(t testing.TB) [][]byte {
	t.Helper()
	h := hello(t, "up.example.com")
	const isn = 0xffffff00 // so that sequence numbers wrap
	part := func(from, to int) []byte {
		return frame(t, client, server, &layers.TCP{Seq: isn + 1 + uint32(from), ACK: true}, h[from:to])
	}
	return [][]byte{
		frame(t, resolver, client, &layers.UDP{}, answer(t, "up.example.com.", "eu.example.net.", "203.0.113.7")),
		frame(t, resolver, client, &layers.UDP{}, answer(t, "up.example.com.", "eu.example.net.", "203.0.113.7")),
		frame(t, client, server, &layers.TCP{Seq: isn, SYN: true}, nil),
		frame(t, server, client, &layers.TCP{Seq: 7, SYN: true, ACK: true}, nil),
		part(0, 100), part(200, len(h)), part(0, 100), part(100, 250),
		frame(t, server, client, &layers.TCP{Seq: 8, ACK: true}, make([]byte, 300)),
		frame(t, client, server, &layers.TCP{Seq: isn + 1 + uint32(len(h)), ACK: true}, make([]byte, 1000)),
		frame(t, netip.MustParseAddrPort("192.0.2.10:50001"), netip.MustParseAddrPort("203.0.113.8:22"), &layers.TCP{Seq: 1}, []byte("SSH-2.0-x\r\n")),
	}
}

type packetWriter interface {
	WritePacket(gopacket.CaptureInfo, []byte) error
}

func record(t testing.TB, w packetWriter, frames [][]byte) {
	t.Helper()
	for i, data := range frames {
		info := gopacket.CaptureInfo{Timestamp: began.Add(time.Duration(i) * time.Second), CaptureLength: len(data), Length: len(data)}
		if err := w.WritePacket(info, data); err != nil {
			t.Fatal(err)
		}
	}
}

func pcap(t testing.TB, frames [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	record(t, w, frames)
	return out.Bytes()
}

func pcapng(t testing.TB, frames [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	record(t, w, frames)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRead(t *testing.T) {
	frames := session(t)
	up := int64(100 + 1000)
	for _, f := range frames[5:8] {
		up += int64(len(f) - 54) // Ethernet, IPv4 and TCP without options
	}
	want := []evidence.Observation{
		&evidence.DNS{
			Meta: evidence.Meta{Kind: evidence.KindDNS, ID: "e1", At: began}, Name: "up.example.com", Type: "A", Resolver: "192.0.2.53:53", Rcode: "NOERROR",
			Chain: []string{"eu.example.net"}, Answers: []netip.Addr{server.Addr()}, TTL: 60,
		},
		&evidence.Flow{
			Meta: evidence.Meta{Kind: evidence.KindFlow, ID: "e2", At: began.Add(2 * time.Second)}, Addr: server.Addr(), Port: 443, Protocol: "tcp",
			ServerName: "up.example.com", BytesUp: up, BytesDown: 300, First: began.Add(2 * time.Second), Last: began.Add(9 * time.Second),
		},
	}
	for name, data := range map[string][]byte{"pcap": pcap(t, frames), "pcapng": pcapng(t, frames)} {
		got, err := Read(bytes.NewReader(data))
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// A capture that was recorded before still tells the same.
func TestRecorded(t *testing.T) {
	file, err := os.Open("testdata/session.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := Read(file)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d observations, %v", len(got), err)
	}
	if flow, ok := got[1].(*evidence.Flow); !ok || flow.ServerName != "up.example.com" || flow.Addr != server.Addr() || flow.BytesUp < 1000 {
		t.Errorf("%+v", got[1])
	}
}

// A capture that ends within a packet tells what stands before, and that it was
// cut; what is none is refused.
func TestCutAndOther(t *testing.T) {
	whole := pcap(t, session(t))
	got, err := Read(bytes.NewReader(whole[:len(whole)-5]))
	if !errors.Is(err, ErrCut) || len(got) != 2 {
		t.Errorf("%d observations, %v", len(got), err)
	}
	for _, other := range []string{"", "x", "\xd4\xc3\xb2\xa1", "\x0a\x0d\x0d\x0a\x00"} {
		if got, err := Read(strings.NewReader(other)); err == nil || len(got) != 0 {
			t.Errorf("%q: %d observations, %v", other, len(got), err)
		}
	}
}

// More connections than are kept are said, and do not fill the memory.
func TestTooManyConnections(t *testing.T) {
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65536, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	syn := frame(t, client, server, &layers.TCP{SYN: true}, nil)[14:]
	for n := range maxFlows + 1 {
		syn[13], syn[14], syn[15] = byte(n>>16), byte(n>>8), byte(n) // the source address
		info := gopacket.CaptureInfo{Timestamp: began, CaptureLength: len(syn), Length: len(syn)}
		if err := w.WritePacket(info, syn); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(&out); !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), "1 packets belong to more") {
		t.Errorf("%v", err)
	}
}

// FuzzRead: whatever a capture holds, it is read or refused, and what is told
// can be written as evidence.
func FuzzRead(f *testing.F) {
	frames := session(f)
	f.Add(pcap(f, frames))
	f.Add(pcapng(f, frames))
	f.Add(pcap(f, frames)[:200])
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(bytes.NewReader(data))
		if err != nil && !errors.Is(err, ErrCut) {
			return
		}
		for _, o := range got {
			if err := evidence.Validate(o); err != nil {
				t.Error(err)
			}
		}
		b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "r", Tool: "t", Started: began}, Observations: got}
		if _, err := b.WriteTo(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
