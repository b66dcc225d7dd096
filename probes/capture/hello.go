package capture

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/gopacket/gopacket/layers"
)

const (
	maxHello    = 32 << 10 // octets of a ClientHello; keys for quantum-safe exchanges make them some 2 KB
	maxSegments = 64       // that it may be cut into
)

// flow is what went one way of a connection. Octets that were sent twice count
// twice.
type flow struct {
	connection
	first, last time.Time
	bytes       int64
	base        uint32 // sequence number of the first octet (RFC 9293, 3.4)
	segments    []segment
	settled     bool // whether it is TLS, and for whom, is known
	serverName  string
}

type segment struct {
	offset int // from the first octet
	data   []byte
}

// segment takes one of TCP.
func (r *reader) segment(c connection, t *layers.TCP, at time.Time) {
	f := r.flows[c]
	if f == nil {
		if len(r.flows) >= maxFlows {
			r.left++
			return
		}
		f = &flow{connection: c, first: at, base: t.Seq}
		r.flows[c], r.order = f, append(r.order, f)
	}
	if t.SYN && f.bytes == 0 {
		f.base = t.Seq + 1
	}
	f.last = at
	f.bytes += int64(len(t.Payload))
	if f.settled || len(t.Payload) == 0 {
		return
	}
	r.hello(f, int(int32(t.Seq-f.base)), t.Payload)
}

// hello keeps a segment until the server's name is known, or that there is none.
func (r *reader) hello(f *flow, offset int, data []byte) {
	switch {
	case offset < 0 || offset+len(data) > maxHello || len(f.segments) == maxSegments:
		r.settle(f, "")
		return
	case r.pending+len(data) > maxPending:
		r.left++
		r.settle(f, "")
		return
	}
	f.segments = append(f.segments, segment{offset, bytes.Clone(data)})
	r.pending += len(data)
	begun := f.begun()
	if len(begun) == 0 {
		return // what comes before it is still on its way
	}
	if name, known := serverName(begun); known {
		r.settle(f, name)
	}
}

func (r *reader) settle(f *flow, name string) {
	for _, s := range f.segments {
		r.pending -= len(s.data)
	}
	f.segments, f.settled, f.serverName = nil, true, name
}

// begun returns what is there from the first octet on without a gap.
func (f *flow) begun() []byte {
	slices.SortStableFunc(f.segments, func(a, b segment) int { return cmp.Compare(a.offset, b.offset) })
	var out []byte
	for _, s := range f.segments {
		switch {
		case s.offset > len(out):
			return out
		case s.offset+len(s.data) > len(out):
			out = append(out, s.data[len(out)-s.offset:]...)
		}
	}
	return out
}

// serverName reads whom a ClientHello asks for (RFC 8446, 4.1.2). It is not
// known as long as the message is not whole, and empty where there is none.
func serverName(begun []byte) (name string, known bool) {
	const handshake = 22 // RFC 8446, 5.1
	if begun[0] != handshake {
		return "", true
	}
	errRead := errors.New("read")
	conn := tls.Server(recorded{Reader: bytes.NewReader(begun)}, &tls.Config{
		MinVersion: tls.VersionTLS10, // whatever the client speaks, it is only read
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			name, known = hello.ServerName, true
			return nil, errRead
		},
	})
	err := conn.Handshake()
	cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	return name, known || !cut
}

// recorded is a connection of which one side was recorded.
type recorded struct {
	io.Reader
	net.Conn // whatever else is asked of it is not there
}

func (r recorded) Read(p []byte) (int, error)       { return r.Reader.Read(p) }
func (r recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (r recorded) Close() error                     { return nil }
func (r recorded) SetDeadline(time.Time) error      { return nil }
func (r recorded) SetReadDeadline(time.Time) error  { return nil }
func (r recorded) SetWriteDeadline(time.Time) error { return nil }
func (r recorded) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (r recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
