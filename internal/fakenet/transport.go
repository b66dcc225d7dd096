package fakenet

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// dohPath is where resolvers take questions over HTTPS (RFC 8484).
const dohPath = "/dns-query"

// dohType is the media type of DNS messages (RFC 8484, 6).
const dohType = "application/dns-message"

// datagram answers a message over UDP; nothing where it is none.
func (d *names) datagram(n *node, source netip.Addr, data []byte) ([]byte, time.Duration) {
	query := new(dns.Msg)
	if query.Unpack(data) != nil || query.Response || !d.listens(n) {
		return nil, 0
	}
	m, lag := d.reply(n, query, source)
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = min(max(size, int(opt.UDPSize())), bufferBytes)
	}
	m.Truncate(size)
	packed, err := m.Pack()
	if err != nil {
		return nil, 0
	}
	return packed, lag
}

// stream answers messages over a connection, each behind its length (RFC 1035,
// 4.2.2), until the other side ends it.
func (d *names) stream(ctx context.Context, conn net.Conn, n *node) {
	source := sourceOf(conn.RemoteAddr().String())
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		data := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, data); err != nil {
			return
		}
		packed, lag, ok := d.exchange(n, data, source)
		if !ok || !sleep(ctx, lag) {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
			return
		}
	}
}

// exchange answers a message that came over a connection.
func (d *names) exchange(n *node, data []byte, source netip.Addr) (packed []byte, lag time.Duration, ok bool) {
	query := new(dns.Msg)
	if query.Unpack(data) != nil {
		return nil, 0, false
	}
	m, lag := d.reply(n, query, source)
	packed, err := m.Pack()
	return packed, lag, err == nil && len(packed) <= dns.MaxMsgSize
}

// overHTTPS answers a message in a request (RFC 8484, 4.1).
func (d *names) overHTTPS(w http.ResponseWriter, r *http.Request, n *node) {
	data, err := io.ReadAll(io.LimitReader(r.Body, dns.MaxMsgSize))
	if r.Method == http.MethodGet {
		data, err = base64.RawURLEncoding.DecodeString(r.URL.Query().Get("dns"))
	}
	if err != nil {
		http.Error(w, "the message cannot be read", http.StatusBadRequest)
		return
	}
	packed, lag, ok := d.exchange(n, data, sourceOf(r.RemoteAddr))
	if !ok {
		http.Error(w, "not a DNS message", http.StatusBadRequest)
		return
	}
	if !sleep(r.Context(), lag) {
		return
	}
	w.Header().Set("Content-Type", dohType)
	_, _ = w.Write(packed) // whether the vantage reads it is its own affair
}

// sourceOf returns the address of a remote end.
func sourceOf(text string) netip.Addr {
	at, _ := netip.ParseAddrPort(text)
	return at.Addr().Unmap()
}

// sleep waits, and tells whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
