package fakenet

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// services are what listens on the ports of hosts.
type services struct {
	view   *view
	ca     *Authority
	signed signers
	names  *names
	web    *http.Server
	secure *backlog // connections for the web server
	plain  *backlog
	hosted map[scenario.Service]http.Handler // platforms

	mu      sync.Mutex // of closed: nothing starts once it is true
	closed  bool
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup
}

// maxServeTime bounds a connection.
const maxServeTime = 5 * time.Minute

func newServices(v *view, platforms []Platform) (*services, error) {
	ca, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	signed, err := newSigners(ca)
	if err != nil {
		return nil, err
	}
	s := &services{view: v, ca: ca, signed: signed, names: newNames(v), secure: newBacklog(), plain: newBacklog(), hosted: map[scenario.Service]http.Handler{}}
	for _, p := range platforms {
		if s.hosted[p.Service], err = p.Handler(v.scenario); err != nil {
			return nil, fmt.Errorf("starting the simulated %s: %w", p.Service, err)
		}
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.web = &http.Server{
		Handler:           http.HandlerFunc(s.answer),
		TLSConfig:         s.tlsConfig("h2", "http/1.1"),
		ReadHeaderTimeout: maxServeTime,
		ConnContext:       rememberHost,
		ErrorLog:          log.New(io.Discard, "", 0), // a vantage that hangs up is no news
	}
	return s, nil
}

func (s *services) tlsConfig(protocols ...string) *tls.Config {
	config := &tls.Config{GetCertificate: s.signed.certificate, NextProtos: protocols, MinVersion: tls.VersionTLS12}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if c, ok := hello.Conn.(*hostConn); ok && c.web.Raw != "" {
			return &tls.Config{GetCertificate: s.signed.certificate, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, nil
		}
		return nil, nil
	}
	return config
}

// nodeKey is the key of a connection to a host in its context.
type nodeKey struct{}

// rememberHost keeps the host of a connection for its requests.
func rememberHost(ctx context.Context, conn net.Conn) context.Context {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if c, ok := conn.(*hostConn); ok {
		ctx = context.WithValue(ctx, nodeKey{}, c)
	}
	return ctx
}

func (s *services) start() {
	if asksCountries(s.view.scenario) {
		// Ahead of the first question, which would wait for it.
		s.spawn(func() { _, _ = s.names.where.database() }) // an error is that of each question too
	}
	s.spawn(func() { _ = s.web.ServeTLS(s.secure, "", "") }) // ends with ErrServerClosed
	s.spawn(func() { _ = s.web.Serve(s.plain) })
}

// spawn runs f beside others; not once the services end.
func (s *services) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.workers.Go(f)
	return true
}

func (s *services) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	err := s.web.Close()
	s.secure.Close()
	s.plain.Close()
	s.workers.Wait()
	return err
}

// take serves a connection.
func (s *services) take(conn net.Conn, n *node, port uint16, service scenario.Service, state scenario.PortState, box *interceptor) {
	to := &hostConn{Conn: conn, node: n, service: service, shown: n.host.Certificate}
	to.web, to.at = n.webOf(port)
	lag := n.lag(port, box)
	switch {
	case box != nil && box.box.TLS:
		to.service, to.shown, lag = scenario.HTTPS, box.box.Certificate, 0 // which is then the middlebox's own
	case box != nil && state == scenario.Closed:
		conn.Close()
		return
	case box != nil && state != scenario.Open:
		to.service = scenario.Mute
	}
	if lag > 0 {
		to.Conn = s.lagging(conn, lag)
	}
	s.spawn(func() {
		defer context.AfterFunc(s.ctx, func() { to.Close() })()
		_ = to.SetDeadline(time.Now().Add(maxServeTime))
		switch to.service {
		case scenario.HTTPS, scenario.Globalping, scenario.Atlas, scenario.S3, scenario.WebDAV, scenario.Azure:
			s.secure.await(to)
		case scenario.HTTP:
			s.plain.await(to)
		default:
			defer to.Close()
			s.talk(to)
		}
	})
}

// talk serves a connection of a simple service until it ends.
func (s *services) talk(conn *hostConn) {
	switch conn.service {
	case scenario.DNS:
		s.names.stream(s.ctx, conn, conn.node)
	case scenario.DoT:
		s.names.stream(s.ctx, tls.Server(conn, s.tlsConfig("dot")), conn.node)
	case scenario.Echo:
		_, _ = io.Copy(conn, conn)
	default:
		_, _ = io.Copy(io.Discard, conn)
	}
}

// datagram returns the reply to a UDP datagram, and how much later than a round
// trip it comes.
func (s *services) datagram(n *node, service scenario.Service, p packet.Packet, data []byte) ([]byte, time.Duration) {
	switch service {
	case scenario.Echo:
		return data, 0
	case scenario.DNS:
		return s.names.datagram(n, p.Src, data)
	}
	return nil, 0
}

// hostConn is a connection that knows which host it is to. The first byte that
// came over it was read.
type hostConn struct {
	net.Conn
	node    *node
	service scenario.Service
	web     *scenario.Web
	at      scenario.Place // of the server
	shown   scenario.Certificate
	first   []byte
}

func (c *hostConn) Read(into []byte) (int, error) {
	if len(c.first) == 0 || len(into) == 0 {
		return c.Conn.Read(into)
	}
	n := copy(into, c.first)
	c.first = c.first[n:]
	return n, nil
}

// backlog is a listener whose connections come from the fabric.
type backlog struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newBacklog() *backlog {
	return &backlog{conns: make(chan net.Conn), done: make(chan struct{})}
}

// await returns the server a connection once the vantage says something over it.
// Most connections only time the handshake: they are not worth a server's care.
func (b *backlog) await(conn *hostConn) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn.Conn, first); err != nil {
		conn.Close()
		return
	}
	conn.first = first
	b.add(conn)
}

func (b *backlog) add(conn net.Conn) {
	select {
	case b.conns <- conn:
	case <-b.done:
		conn.Close()
	}
}

// Accept returns the next connection.
func (b *backlog) Accept() (net.Conn, error) {
	select {
	case conn := <-b.conns:
		return conn, nil
	case <-b.done:
		return nil, net.ErrClosed
	}
}

func (b *backlog) Close() error {
	b.once.Do(func() { close(b.done) })
	return nil
}

// Addr returns an address that stands for all hosts.
func (b *backlog) Addr() net.Addr { return &net.TCPAddr{} }

// lagging lets what is written on conn wait: behind a middlebox the host's
// words come later than the handshake promised.
func (s *services) lagging(conn net.Conn, lag time.Duration) net.Conn {
	l := &laggingConn{Conn: conn, lag: lag, queue: make(chan delayed, 64), closed: make(chan struct{})}
	s.spawn(l.run)
	return l
}

type delayed struct {
	at   time.Time
	data []byte
}

type laggingConn struct {
	net.Conn
	lag    time.Duration
	queue  chan delayed
	once   sync.Once
	closed chan struct{}
}

func (l *laggingConn) Write(data []byte) (int, error) {
	select {
	case l.queue <- delayed{time.Now().Add(l.lag), append([]byte(nil), data...)}:
		return len(data), nil
	case <-l.closed:
		return 0, net.ErrClosed
	}
}

// SetWriteDeadline does nothing: what was written is on its way, whatever the
// writer decides since. TLS sets one that is over where it ends a connection.
func (l *laggingConn) SetWriteDeadline(time.Time) error { return nil }

// Close ends the connection after what was written.
func (l *laggingConn) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *laggingConn) run() {
	defer l.Conn.Close()
	for {
		select {
		case d := <-l.queue:
			if !l.pass(d) {
				return
			}
		case <-l.closed:
			for len(l.queue) > 0 && l.pass(<-l.queue) {
			}
			return
		}
	}
}

func (l *laggingConn) pass(d delayed) bool {
	time.Sleep(time.Until(d.at))
	_, err := l.Conn.Write(d.data)
	return err == nil
}

// answer is every web server of the scenario.
func (s *services) answer(w http.ResponseWriter, r *http.Request) {
	c, known := r.Context().Value(nodeKey{}).(*hostConn)
	if !known {
		http.Error(w, "no such host", http.StatusMisdirectedRequest)
		return
	}
	n := c.node
	if platform := s.hosted[c.service]; platform != nil {
		platform.ServeHTTP(w, r)
		return
	}
	if r.URL.Path == dohPath && s.names.listens(n) {
		s.names.overHTTPS(w, r, n)
		return
	}
	if !AwaitStore(r) {
		return
	}
	if c.web.Raw != "" {
		sendRaw(w, c.web.Raw)
		return
	}
	for name, value := range c.web.Headers {
		w.Header().Set(name, value)
	}
	status := c.web.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, c.web.Body) // whether the vantage reads it is its own affair
}

// sendRaw answers with these bytes alone, and ends the connection.
func sendRaw(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "raw answers need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, raw)
}

// AwaitStore waits as long as it takes to fetch something from the store behind
// the host that a request was sent to (Web.Storage), and tells whether the
// client let it.
func AwaitStore(r *http.Request) bool {
	c, known := r.Context().Value(nodeKey{}).(*hostConn)
	if !known || c.web.Storage == nil {
		return r.Context().Err() == nil
	}
	return sleep(r.Context(), 2*scenario.OneWay(c.at.KM(*c.web.Storage)))
}

// CacheOf returns what the host that a request was sent to keeps of objects.
func CacheOf(r *http.Request) scenario.Cache {
	if c, known := r.Context().Value(nodeKey{}).(*hostConn); known {
		return c.web.Cache
	}
	return ""
}
