package canary

import (
	"context"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/landfall-audit/landfall/internal/tcpinfo"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	dialWait       = 10 * time.Second
	headerWait     = 30 * time.Second
	maxHeaderBytes = 64 << 10
	// maxAnswerBytes bounds what is read of any answer: a range, or what a
	// service says of an error.
	maxAnswerBytes = 1 << 20
)

// front is the front door of a target as its client asks for it.
type front struct {
	scheme, host string // host as in a URL, with the port if it is not the usual one
}

func (f front) port() uint16 {
	if _, text, err := net.SplitHostPort(f.host); err == nil {
		if port, err := strconv.ParseUint(text, 10, 16); err == nil {
			return uint16(port)
		}
	}
	if f.scheme == "http" {
		return 80
	}
	return 443
}

func (f front) name() string {
	if host, _, err := net.SplitHostPort(f.host); err == nil {
		return host
	}
	return strings.Trim(f.host, "[]")
}

// discover learns where the client of a target sends its requests, and sends
// none: each is answered here, with a refusal that no client tries again.
func discover(ctx context.Context, t Target) (front, error) {
	var found front
	answer := func(r *nethttp.Request) (*nethttp.Response, error) {
		found = front{r.URL.Scheme, r.URL.Host}
		return refusal(r), nil
	}
	s, err := t.open(ctx, &nethttp.Client{Transport: roundTripper(answer)})
	if err != nil {
		return front{}, unopened(t, err)
	}
	defer s.Close()
	body, err := s.ReadRange(ctx, t.key(namePrefix+"nothing"), 0, 1)
	if err == nil {
		body.Close()
	}
	if found.host == "" {
		return front{}, unopened(t, err)
	}
	return found, nil
}

// refusal is the answer 403 to a request, made here.
func refusal(r *nethttp.Request) *nethttp.Response {
	return &nethttp.Response{
		Status: "403 Forbidden", StatusCode: nethttp.StatusForbidden, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: nethttp.Header{}, Body: nethttp.NoBody, Request: r,
	}
}

type roundTripper func(*nethttp.Request) (*nethttp.Response, error)

// RoundTrip calls the function.
func (f roundTripper) RoundTrip(r *nethttp.Request) (*nethttp.Response, error) { return f(r) }

// door is a way to a target through one address of its front door, or, where at
// is not valid, through any. Through one address there is one connection at a
// time, and the exchange that is looked at is the only one.
type door struct {
	front     front
	at        netip.AddrPort
	dialer    *net.Dialer
	transport *nethttp.Transport

	mu    sync.Mutex
	conn  syscall.Conn // the last one
	rtt   time.Duration
	asked exchange
}

// exchange is what was seen of the requests since the door was armed.
type exchange struct {
	// left is just before the first byte was given to the kernel. A request that
	// is made again does not begin anew: the first may have fetched the bytes.
	left     time.Time
	status   int    // of the last answer; 0: there was none
	code     string // what the service calls an error
	cached   string // what says that a cache answered
	versions bool   // the service keeps versions
	err      error  // why there was no answer, or why it is not taken
}

func newDoor(f front, at netip.AddrPort, dialer net.Dialer, allowPrivate bool) *door {
	d := &door{front: f, at: at, dialer: probe.Guard(dialer, allowPrivate)}
	d.dialer.Timeout = dialWait
	d.dialer.SetMultipathTCP(false) // its figures are those of a subflow
	d.transport = &nethttp.Transport{
		DialContext:            d.dial,
		MaxConnsPerHost:        1,
		MaxIdleConnsPerHost:    1,
		TLSHandshakeTimeout:    dialWait,
		ResponseHeaderTimeout:  headerWait,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true,
		ForceAttemptHTTP2:      false, // one request at a time
	}
	return d
}

// client returns the client that a store is opened with. It follows no redirect.
func (d *door) client() *nethttp.Client {
	return &nethttp.Client{Transport: d, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }}
}

func (d *door) close() { d.transport.CloseIdleConnections() }

// dial connects to the address, whatever the name resolves to, and times it.
func (d *door) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.at.IsValid() {
		address = d.at.String()
	}
	started := time.Now()
	conn, err := d.dialer.DialContext(ctx, network, address)
	took := time.Since(started)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rtt == 0 || took < d.rtt {
		d.rtt = took
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		d.conn = tcp
		d.rtt = tcpinfo.Of(tcp, d.rtt)
	}
	return &watched{conn, d}, nil
}

// watched is a connection that notes when something leaves.
type watched struct {
	net.Conn
	door *door
}

func (w *watched) Write(data []byte) (int, error) {
	w.door.leaving()
	return w.Conn.Write(data)
}

func (d *door) leaving() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked.left.IsZero() {
		d.asked.left = time.Now()
	}
}

// arm begins to look at an exchange. No request of an earlier one may be under
// way.
func (d *door) arm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = exchange{}
}

// seen returns what was seen since.
func (d *door) seen() exchange {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// roundTrip returns the shortest round trip to the address so far: of handshakes
// and of what was acknowledged since.
func (d *door) roundTrip() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.rtt = tcpinfo.Of(d.conn, d.rtt)
	}
	return d.rtt
}

// RoundTrip sends a request and notes what came of it. A redirect is an error:
// it leads to another front door, and the user chooses which one is looked at.
func (d *door) RoundTrip(r *nethttp.Request) (*nethttp.Response, error) {
	if r.URL.Scheme != d.front.scheme || r.URL.Host != d.front.host {
		return nil, fmt.Errorf("a request for %s instead of %s is not sent", r.URL.Host, d.front.host)
	}
	if r.Method == nethttp.MethodGet {
		r = r.Clone(r.Context())
		r.Header.Set("Cache-Control", "no-cache") // RFC 9111, 5.2.1.4: caches ask the store
	}
	response, err := d.transport.RoundTrip(r)
	if err != nil {
		d.note(exchange{err: err})
		return nil, err
	}
	seen := seenOf(response)
	if seen.err = redirect(response); seen.err != nil {
		response.Body.Close()
		response = refusal(r) // which no client follows, nor tries again
	}
	d.note(seen)
	response.Body = bounded{io.LimitReader(response.Body, maxAnswerBytes), response.Body}
	return response, nil
}

// bounded is a body that ends.
type bounded struct {
	io.Reader
	io.Closer
}

// seenOf returns what an answer says.
func seenOf(response *nethttp.Response) exchange {
	h, version := response.Header, response.Header.Get("x-amz-version-id")
	return exchange{
		status: response.StatusCode, code: probe.Text(h.Get("x-ms-error-code"), maxCodeBytes), cached: fromCache(h),
		versions: version != "" && version != "null",
	}
}

// note keeps what came of the last request.
func (d *door) note(seen exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen.left = d.asked.left
	d.asked = seen
}

const maxCodeBytes = 60

// redirect returns the error of an answer that leads elsewhere, nil of any other.
// S3 names the bucket's region beside 301, 307 and 400, and beside a refusal too.
func redirect(response *nethttp.Response) error {
	region, status := response.Header.Get("x-amz-bucket-region"), response.StatusCode
	leads := status >= 300 && status <= 399 && status != nethttp.StatusNotModified
	if region != "" && (leads || status == nethttp.StatusBadRequest) {
		region = probe.Text(region, maxCodeBytes)
		return fmt.Errorf("the bucket is in the region %s: add ?region=%s to the target", region, region)
	}
	if !leads {
		return nil
	}
	to := "elsewhere"
	if location, err := response.Location(); err == nil {
		to = probe.Text(location.Scheme+"://"+location.Host, maxLocationBytes)
	}
	return fmt.Errorf("the server leads to %s (%d), and no redirect is followed: give the address that it leads to as the target", to, status)
}

const maxLocationBytes = 200

// fromCache returns the header field by which an answer says that it came from a
// cache: RFC 9111 (Age), RFC 9211 (Cache-Status), and those of content networks.
// It is empty where nothing says so.
func fromCache(h nethttp.Header) string {
	for _, name := range []string{"Age", "Cache-Status", "X-Cache", "CF-Cache-Status", "X-Proxy-Cache", "X-Cache-Status", "X-Cache-Lookup", "CDN-Cache"} {
		for _, value := range h.Values(name) {
			lower := strings.ToLower(value)
			if name == "Age" && strings.Trim(value, "0 ") != "" || name != "Age" && strings.Contains(lower, "hit") {
				return probe.Text(name+": "+value, maxCodeBytes)
			}
		}
	}
	return ""
}
