package trace

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// FuzzQuotes checks that nobody who has not seen a packet answers for it.
func FuzzQuotes(f *testing.F) {
	to := netip.MustParseAddrPort("203.0.113.7:443")
	mark := token{1, 2, 3, 4, 5, 6, 7, 8}
	u := &udpScout{probePackets: map[token]probePacket{mark: {ttl: 1}}}
	i := &icmpScout{sent: map[uint16]echo{1: {probePacket{ttl: 1}, mark}}}
	f.Add(mark[:])
	f.Add(i.packet(1, mark))
	f.Add([]byte{echoReply4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{0x10, 0, 1, 0xbb, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, quote []byte) {
		if _, ok := u.named(quote); ok && token(quote) != mark {
			t.Errorf("%x is taken for a packet over UDP", quote)
		}
		if _, ok := i.echoed(quote); ok && token(quote[tokenAt:]) != mark {
			t.Errorf("%x is taken for an echo", quote)
		}
		if seq, ok := quotesEcho(quote, echoRequest4); ok && (len(quote) < echoHeader || quote[0] != echoRequest4 || seq != binary.BigEndian.Uint16(quote[6:])) {
			t.Errorf("%x quotes the echo request %d", quote, seq)
		}
		if quotesTCP(quote, to.Port()) && len(quote) < tcpQuote {
			t.Errorf("%x is taken for a quote", quote)
		}
	})
}

func TestEchoRequestsAreOneFlow(t *testing.T) {
	i := &icmpScout{}
	want := checksum(i.packet(1, token{1, 2, 3, 4, 5, 6, 7, 8}))
	for seq := range uint16(2000) {
		mark := token{byte(seq), byte(seq >> 3), 255, byte(seq), 7, byte(seq * 31), 250, 1}
		if got := checksum(i.packet(seq, mark)); got != want {
			t.Fatalf("the checksum of request %d is %#x, of the others %#x", seq, got, want)
		}
	}
}
