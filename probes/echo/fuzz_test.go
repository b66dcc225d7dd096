package echo

import (
	"bytes"
	"net/netip"
	"testing"

	"golang.org/x/net/icmp"
)

var aToken = token{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// FuzzQUICAnswer checks that only an answer which repeats both connection ids
// is taken.
func FuzzQUICAnswer(f *testing.F) {
	f.Add(append(append(append([]byte{longHeader, 0, 0, 0, 0, idBytes}, aToken[idBytes:]...), append([]byte{idBytes}, aToken[:idBytes]...)...), 0, 0, 0, 1))
	f.Add(quicPacket(1, aToken))
	f.Fuzz(func(t *testing.T, answer []byte) {
		mark, ok := quicAnswer(answer)
		if ok && (!bytes.Contains(answer, mark[:idBytes]) || !bytes.Contains(answer, mark[idBytes:]) || len(answer) < minAnswer) {
			t.Errorf("%x gives %x", answer, mark)
		}
	})
}

const minAnswer = idsAt + 2 + 2*idBytes + 4

func TestQUICAnswer(t *testing.T) {
	good := append(append(append([]byte{longHeader, 0, 0, 0, 0, idBytes}, aToken[idBytes:]...), append([]byte{idBytes}, aToken[:idBytes]...)...), 0, 0, 0, 1)
	if mark, ok := quicAnswer(good); !ok || mark != aToken {
		t.Errorf("got %x, %v", mark, ok)
	}
	for n := range len(good) {
		if _, ok := quicAnswer(good[:n]); ok {
			t.Errorf("the first %d bytes are taken for an answer", n)
		}
	}
	if n := len(quicPacket(1, aToken)); n != minInitial {
		t.Errorf("a packet has %d bytes; a server answers %d", n, minInitial)
	}
}

// FuzzEchoAnswer does the same for ICMP.
func FuzzEchoAnswer(f *testing.F) {
	for _, addr := range []string{"203.0.113.7", "2001:db8::7"} {
		family := familyOf(netip.MustParseAddr(addr))
		reply, err := (&icmp.Message{Type: family.reply, Body: &icmp.Echo{Seq: 1, Data: aToken[:]}}).Marshal(nil)
		if err != nil {
			f.Fatal(err)
		}
		if mark, ok := echoAnswer(family, reply); !ok || mark != aToken {
			f.Errorf("%x gives %x, %v", reply, mark, ok)
		}
		f.Add(reply)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, addr := range []string{"203.0.113.7", "2001:db8::7"} {
			if mark, ok := echoAnswer(familyOf(netip.MustParseAddr(addr)), answer); ok && !bytes.HasSuffix(answer, mark[:]) {
				t.Errorf("%x gives %x", answer, mark)
			}
		}
		if mark, ok := udpQuote(answer); ok && !bytes.HasPrefix(answer, mark[:]) {
			t.Errorf("%x gives %x", answer, mark)
		}
	})
}
