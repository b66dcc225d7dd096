package probe

import (
	"crypto/tls"
	"net"
	"time"
)

// Proof is a connection that times the handshake that is made over it up to the
// message by which the server proves, for this very handshake, that it holds the
// key of its certificate.
//
// Such a time bounds a distance only if nothing that it ends with can have been
// said before what it begins with was heard:
//
//   - TLS 1.3: from the first ClientHello, whose random the CertificateVerify of
//     the server signs (RFC 8446, 4.4.3). Not from the second one, where the
//     server asked for that: with a cookie alone it can be foreseen, and a server
//     could send its proof along with the question.
//   - TLS 1.2 and before: from the client's last message. The server's Finished
//     (RFC 5246, 7.4.9) is a check over that message, and takes the secret that
//     came in it, whose counterpart the server's key has signed.
type Proof struct {
	net.Conn
	first, last time.Time // messages of the client
	heard       time.Time
}

// changeCipherSpec begins a record that nothing answers, though it may stand
// alone (RFC 8446, D.4).
const changeCipherSpec = 20

// Write notes when a message was sent.
func (p *Proof) Write(data []byte) (int, error) {
	if p.last.IsZero() || len(data) == 0 || data[0] != changeCipherSpec {
		p.last = time.Now()
	}
	if p.first.IsZero() {
		p.first = p.last
	}
	return p.Conn.Write(data)
}

// Read notes when something came.
func (p *Proof) Read(into []byte) (int, error) {
	n, err := p.Conn.Read(into)
	if n > 0 {
		p.heard = time.Now()
	}
	return n, err
}

// Took returns the round trip of the handshake, right after it has ended; 0
// where there is none.
func (p *Proof) Took(version uint16) time.Duration {
	from := p.last
	if version >= tls.VersionTLS13 {
		from = p.first
	}
	if from.IsZero() || p.heard.Before(from) {
		return 0
	}
	return p.heard.Sub(from)
}

// Heard returns when something came last. It is asked by whoever reads, right
// after it has read: what was read came no later.
func (p *Proof) Heard() time.Time { return p.heard }
