package fakenet

import (
	"net/netip"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/packettest"
)

// FuzzInbound returns any packet to a world: it answers, or not, and what it
// answers is a packet to whoever sent it.
func FuzzInbound(f *testing.F) {
	s := small()
	v, err := newView(s, "fra")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range [][2]netip.Addr{{packettest.Here4, packettest.There4}, {packettest.Here6, packettest.There6}, {packettest.Here4, s.Hosts[0].Addrs[0]}} {
		f.Add(packettest.UDP(c[0], c[1], 7, "x"))
		f.Add(packettest.UDP(c[0], c[1], 53, "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"))
		f.Add(packettest.Echo(c[0], c[1], "x"))
		expiring := packettest.Echo(c[0], c[1], "x")
		packet.SetTTL(expiring, 1)
		f.Add(expiring)
		f.Add(packet.Wrap(c[0], c[1], packet.ProtoTCP, 64, []byte("\x9c\x40\x01\xbb\x00\x00\x00\x00\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00")))
	}
	services := &services{view: v, names: newNames(v)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var replies [][]byte
		out := &pacer{alarm: quiet{}}
		fabric := newFabric(v, out)
		fabric.tcp = func(p packet.Packet) { fabric.outbound(append([]byte(nil), p.Raw...), time.Now()) }
		fabric.udp = services.datagram
		fabric.inbound(append([]byte(nil), raw...), time.Now())
		for _, d := range out.queue {
			replies = append(replies, d.data)
		}
		question, _ := packet.Parse(raw)
		for _, r := range replies {
			p := packettest.Intact(t, r)
			if p.Dst != question.Src && p.Dst != question.Dst {
				t.Errorf("a reply to %s, who did not ask", p.Dst)
			}
		}
	})
}

// quiet is an alarm that wakes nobody.
type quiet struct{}

func (quiet) wait(time.Duration) {}
func (quiet) ring()              {}
func (quiet) close()             {}
