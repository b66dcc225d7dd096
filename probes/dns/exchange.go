package dns

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// udpBytes is the size of answer that fits every path without fragments
	// (DNS flag day 2020).
	udpBytes = 1232
	// maxStrays bounds the messages that do not belong to the question while
	// one try waits: more is a flood, and reading on would serve the sender.
	maxStrays = 64
)

// exchange asks the servers of a resolver in turn until one gives a usable
// reply, and gives that server as it stands in evidence.
func (p *Probe) exchange(ctx context.Context, r Resolver, name string, qtype uint16) (*mdns.Msg, string, error) {
	var (
		last       *mdns.Msg
		lastServer string
		failed     error
	)
	for try := range p.tries(r) {
		if last != nil && r.transport != overUDP && !pause(ctx, failureCached) {
			break
		}
		server := r.servers[try%len(r.servers)]
		reply, err := p.try(ctx, r, server, name, qtype)
		if cut := probe.Cut(ctx); cut != nil {
			return nil, "", cut
		}
		if err != nil && r.transport != overUDP {
			failed = err
			break
		}
		if err != nil {
			failed = err
			continue
		}
		if last, lastServer = reply, evidenceName(r, server); settles(reply) || r.transport != overUDP && reply.Rcode == mdns.RcodeRefused {
			break
		}
	}
	if last == nil {
		return nil, "", failed
	}
	return last, lastServer, nil
}

// failureCached is how long a resolver answers out of its memory that it failed,
// at the least (RFC 9520, 3.2).
const failureCached = 1100 * time.Millisecond

// pause waits; it is false where ctx ends first.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tries returns how often to ask. A connection repeats what is lost itself, and
// what a resolver behind it fails at is asked again like any other.
func (p *Probe) tries(r Resolver) int {
	if p.Tries > 0 {
		return p.Tries
	}
	return DefaultTries
}

func (p *Probe) tryTimeout() time.Duration {
	if p.TryTimeout > 0 {
		return p.TryTimeout
	}
	return DefaultTryTimeout
}

func (p *Probe) authorityPort() uint16 {
	if p.AuthorityPort > 0 {
		return p.AuthorityPort
	}
	return mustPort(defaultPort)
}

// settles tells an answer from a server's own trouble, for which another
// server, or the same a moment later, is worth asking.
func settles(reply *mdns.Msg) bool {
	return reply.Rcode != mdns.RcodeServerFailure && reply.Rcode != mdns.RcodeRefused
}

func evidenceName(r Resolver, server string) string {
	if r.transport == overUDP {
		return server
	}
	return r.text
}

// try sends the question once, and again without EDNS to a server too old to
// know it (RFC 6891, 7).
func (p *Probe) try(ctx context.Context, r Resolver, server, name string, qtype uint16) (*mdns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, p.tryTimeout())
	defer cancel()
	reply, err := p.send(ctx, r, server, newQuery(name, qtype))
	if err == nil && reply.Rcode == mdns.RcodeFormatError {
		return p.send(ctx, r, server, new(mdns.Msg).SetQuestion(name, qtype))
	}
	return reply, err
}

// newQuery returns a question that also asks the server what it calls itself
// (RFC 5001).
func newQuery(name string, qtype uint16) *mdns.Msg {
	query := new(mdns.Msg).SetQuestion(name, qtype)
	query.SetEdns0(udpBytes, false)
	option := query.IsEdns0()
	option.Option = append(option.Option, &mdns.EDNS0_NSID{Code: mdns.EDNS0NSID})
	return query
}

func (p *Probe) send(ctx context.Context, r Resolver, server string, query *mdns.Msg) (*mdns.Msg, error) {
	switch r.transport {
	case overHTTPS:
		return p.sendHTTPS(ctx, r, query)
	case overTLS:
		return p.sendTLS(ctx, server, query)
	}
	return p.sendPlain(ctx, server, query, true)
}

// sendPlain asks over UDP, and over TCP where the answer does not fit. The
// guard against private addresses holds unless they are allowed.
func (p *Probe) sendPlain(ctx context.Context, server string, query *mdns.Msg, allowPrivate bool) (*mdns.Msg, error) {
	d := probe.Guard(p.Dialer, allowPrivate)
	reply, err := p.sendUDP(ctx, d, server, query)
	if err == nil && reply.Truncated {
		return p.sendTCP(ctx, d, lineKey{server: server, inward: allowPrivate}, query)
	}
	return reply, err
}

func (p *Probe) sendUDP(ctx context.Context, d *net.Dialer, server string, query *mdns.Msg) (*mdns.Msg, error) {
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing the question: %w", err)
	}
	conn, err := d.DialContext(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	defer probe.Bind(ctx, conn)()
	if _, err := conn.Write(packed); err != nil {
		return nil, fmt.Errorf("sending the question: %w", err)
	}
	var stray error
	for range maxStrays {
		buffer := make([]byte, udpBytes+1)
		n, err := conn.Read(buffer)
		if err != nil && stray != nil {
			return nil, fmt.Errorf("no reply to the question (%w); one was refused: %w", err, stray)
		}
		if err != nil {
			return nil, fmt.Errorf("no reply: %w", err)
		}
		if n > udpBytes {
			stray = fmt.Errorf("it has more than the %d bytes asked for", udpBytes)
			continue
		}
		reply, err := unpack(buffer[:n], query)
		if err == nil {
			return reply, nil
		}
		stray = err
	}
	return nil, probe.Fail(evidence.ClassOther, "a flood of %d replies that do not belong to the question; the last: %w", maxStrays, stray)
}

// unpack reads a message and refuses one that does not belong to query.
func unpack(raw []byte, query *mdns.Msg) (*mdns.Msg, error) {
	reply := new(mdns.Msg)
	if err := reply.Unpack(raw); err != nil {
		return nil, fmt.Errorf("it is not a DNS message: %w", err)
	}
	return reply, checkReply(query, reply)
}

func (p *Probe) sendTCP(ctx context.Context, d *net.Dialer, key lineKey, query *mdns.Msg) (*mdns.Msg, error) {
	return p.lines.ask(ctx, key, func(ctx context.Context) (net.Conn, error) {
		conn, err := d.DialContext(ctx, "tcp", key.server)
		if err != nil {
			return nil, fmt.Errorf("over TCP, after a truncated reply: %w", err)
		}
		return conn, nil
	}, query)
}

func (p *Probe) sendTLS(ctx context.Context, server string, query *mdns.Msg) (*mdns.Msg, error) {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return nil, fmt.Errorf("resolver %s: %w", server, err)
	}
	return p.lines.ask(ctx, lineKey{server: server, secure: true, roots: p.Roots}, func(ctx context.Context) (net.Conn, error) {
		conn, err := p.Dialer.DialContext(ctx, "tcp", server)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: p.Roots, Time: p.Time, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		return secure, nil
	}, query)
}
