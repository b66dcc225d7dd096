package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// maxBodyBytes bounds one answer. The longest real ones are pages of lists:
	// a thousand buckets or accounts with some kilobytes each.
	maxBodyBytes = 8 << 20
	// maxHeaderBytes bounds the headers of one.
	maxHeaderBytes = 64 << 10
	// headerTimeout bounds the wait for an answer to begin.
	headerTimeout = 15 * time.Second
	// keptConnections is how many idle connections to one host are kept: as many
	// as there are looks at once.
	keptConnections = 16
)

// ErrTooLong says that an answer did not end within bounds.
var ErrTooLong = fmt.Errorf("the answer has more than %d MiB; it was not read", maxBodyBytes>>20)

// DialFunc connects, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Client returns the HTTP client that clouds are asked with. It follows no
// redirect, and what it reads is bounded. It connects by dial, which can refuse
// private addresses; a proxy that the environment names (HTTPS_PROXY) is the
// user's own choice and reached by dialProxy. roots is whom certificates are
// trusted by; nil: the system's.
func Client(dial, dialProxy DialFunc, roots *x509.CertPool) *http.Client {
	var proxies sync.Map // addresses
	transport := &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			proxy, err := http.ProxyFromEnvironment(r)
			if proxy != nil {
				proxies.Store(addressOf(proxy), true)
			}
			return proxy, err
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if _, is := proxies.Load(address); is {
				return dialProxy(ctx, network, address)
			}
			return dial(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ResponseHeaderTimeout:  headerTimeout,
		MaxIdleConnsPerHost:    keptConnections,
		IdleConnTimeout:        time.Minute,
	}
	return &http.Client{
		Transport:     &boundedTransport{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// addressOf returns the address that the transport dials for a proxy.
func addressOf(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// boundedTransport bounds the bodies of answers.
type boundedTransport struct{ *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (t *boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.Transport.RoundTrip(r)
	if err == nil {
		response.Body = &bounded{ReadCloser: response.Body, left: maxBodyBytes}
	}
	return response, err
}

// bounded fails where a body is too long, instead of pretending that it ends.
type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	if b.left <= 0 && errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, err
}
