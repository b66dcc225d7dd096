package tls

import (
	"net"
	"time"
)

// timed is a connection that times the last round trip of a handshake: from
// just before the last message was sent that something came back for, to the
// end of what came back.
//
// It is the one that bounds a distance. In every version of TLS the server ends
// its side of the handshake with a check over all that was said (Finished, RFC
// 8446, 4.4.4, and RFC 5246, 7.4.9), the client's last message before it too.
// A server could send its first messages before it was asked, this one not.
type timed struct {
	net.Conn
	sent      time.Time
	roundTrip time.Duration
}

// changeCipherSpec begins a record that nothing answers, though it may stand
// alone (RFC 8446, D.4).
const changeCipherSpec = 20

// Write notes when a message was sent.
func (t *timed) Write(data []byte) (int, error) {
	if t.sent.IsZero() || len(data) == 0 || data[0] != changeCipherSpec {
		t.sent = time.Now()
	}
	return t.Conn.Write(data)
}

// Read notes when something came.
func (t *timed) Read(into []byte) (int, error) {
	n, err := t.Conn.Read(into)
	if n > 0 && !t.sent.IsZero() {
		t.roundTrip = time.Since(t.sent)
	}
	return n, err
}
