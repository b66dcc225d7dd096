// Package storetest stands for the servers of clouds that no emulator can be run
// of: a server on loopback to which every HTTPS host leads, and answers of the
// shape that the clouds document.
package storetest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Internet is a server that every HTTPS host leads to.
type Internet struct {
	Client *http.Client // is led there
	// Proxy and Roots lead another process there, as HTTPS_PROXY and
	// SSL_CERT_FILE.
	Proxy, Roots string
}

// Serve runs the server until the test ends.
func Serve(t testing.TB, handler http.Handler) *Internet {
	t.Helper()
	ca, err := fakenet.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{GetCertificate: ca.Certificate, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	at := server.Listener.Addr().String()

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	var dialer net.Dialer
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, at)
	}
	client := cloud.Client(dial, dial, pool)
	t.Cleanup(client.CloseIdleConnections)

	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(tunnel(at))
	t.Cleanup(proxy.Close)
	return &Internet{Client: client, Proxy: proxy.URL, Roots: roots}
}

// tunnel is a proxy that leads every tunnel (RFC 9110, 9.3.6) to one address.
func tunnel(at string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "tunnels alone", http.StatusMethodNotAllowed)
			return
		}
		far, err := net.Dial("tcp", at)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			far.Close()
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(far, near); far.Close() }()
		go func() { _, _ = io.Copy(near, far); near.Close() }()
	})
}

// Recorded answers from an archive (txtar). A file of it is called as what is
// asked, such as
//
//	GET https://s3.eu-central-1.amazonaws.com/bucket?replication=
//
// with the query in the order of its names, and holds the answer as HTTP/1.1 has
// it. The text before the files says what shape the answers have and where it is
// documented.
type Recorded struct {
	answers map[string][]byte

	mu    sync.Mutex
	asked []string
}

// Load reads an archive.
func Load(t testing.TB, path string) *Recorded {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recorded{answers: map[string][]byte{}}
	for _, file := range archive.Files {
		r.answers[file.Name] = file.Data
	}
	if len(r.answers) == 0 {
		t.Fatalf("%s has no answers", path)
	}
	return r
}

// nameless is a part of queries that names the operation once more.
const nameless = "x-id"

// ServeHTTP implements [http.Handler]. What nobody recorded is refused as S3
// refuses.
func (r *Recorded) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	query := q.URL.Query()
	query.Del(nameless)
	at := url.URL{Scheme: "https", Host: q.Host, Path: q.URL.Path, RawQuery: query.Encode()}
	key := q.Method + " " + at.String()
	r.mu.Lock()
	r.asked = append(r.asked, key)
	r.mu.Unlock()
	answer, ok := r.answers[key]
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
		return
	}
	head, body, _ := bytes.Cut(answer, []byte("\n\n"))
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(head)+"\n\n")), q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(response.StatusCode)
	if q.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// Asked returns what was asked so far.
func (r *Recorded) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.asked...)
}
