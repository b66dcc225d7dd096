package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxInterim bounds the answers that come before the answer, such as 103 (RFC
// 9110, 15.2).
const maxInterim = 5

// head is the beginning of an answer as it was read, whatever is wrong with it.
type head struct {
	status   int
	protocol string
	header   nethttp.Header
}

// lenient asks again, and reads the answer's head without the strictness of
// net/http. That refuses the whole answer for one control character in any
// header, a length that is none or a line without a colon, and with it the
// headers that say where the server is: whoever writes one of them decides what
// is seen.
func (p *Probe) lenient(ctx context.Context, q page) (*evidence.HTTP, error) {
	page, err := url.Parse(q.url)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", q.url, err)
	}
	called := time.Now()
	raw, err := probe.Guard(p.Dialer, q.at.AllowPrivate).DialContext(ctx, "tcp", q.at.AddrPort().String())
	if err != nil {
		return nil, err
	}
	defer probe.Bind(ctx, raw)()
	stood := time.Now()
	conn, agreed := raw, ""
	if page.Scheme == "https" {
		config := tlsConfig()
		config.ServerName, config.NextProtos = q.at.Host, []string{protocolH2, "http/1.1"}
		secure := tls.Client(raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn, agreed = secure, secure.ConnectionState().NegotiatedProtocol
	}
	shaken := time.Now()
	ask := p.askPlainly
	if agreed == protocolH2 {
		ask = p.askFrames
	}
	timed := &firstByte{Conn: conn}
	got, err := ask(timed, page)
	if err != nil {
		return nil, err
	}
	out := p.answer(q, got.status, got.protocol, got.header)
	out.ConnectMS, out.TTFBMS = phase(called, stood), phase(shaken, timed.came)
	if agreed != "" {
		out.HandshakeMS = phase(stood, shaken)
	}
	return out, nil
}

// firstByte notes when an answer began.
type firstByte struct {
	net.Conn
	came time.Time
}

func (f *firstByte) Read(into []byte) (int, error) {
	n, err := f.Conn.Read(into)
	if n > 0 && f.came.IsZero() {
		f.came = time.Now()
	}
	return n, err
}

// askPlainly asks over HTTP/1.1 (RFC 9112).
func (p *Probe) askPlainly(conn net.Conn, page *url.URL) (*head, error) {
	request := "GET " + page.RequestURI() + " HTTP/1.1\r\nHost: " + page.Host + "\r\nUser-Agent: " + p.userAgent() + "\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, err
	}
	from := bufio.NewReader(io.LimitReader(conn, maxHeaderBytes))
	for range maxInterim {
		got, err := readHead(from)
		if err != nil || got.status >= nethttp.StatusOK || got.status == nethttp.StatusSwitchingProtocols {
			return got, err
		}
	}
	return nil, fmt.Errorf("more than %d interim answers", maxInterim)
}

// readHead reads a status line and the fields up to the empty line (RFC 9112, 2.1),
// and passes over lines that are none.
func readHead(from *bufio.Reader) (*head, error) {
	line, err := readLine(from)
	if err != nil {
		return nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || status < 100 || !strings.HasPrefix(version, "HTTP/1.") {
		return nil, fmt.Errorf("the answer begins with %q; a status line of HTTP/1.1 is expected", probe.Text(line, maxStatusBytes))
	}
	out := &head{status: status, protocol: strings.ToLower(version), header: nethttp.Header{}}
	if out.protocol != "http/1.0" {
		out.protocol = "http/1.1"
	}
	last := ""
	for {
		line, err := readLine(from)
		if err != nil {
			return nil, err
		}
		if line == "" {
			return out, nil
		}
		if (line[0] == ' ' || line[0] == '\t') && last != "" { // folded, RFC 9112, 5.2
			values := out.header[last]
			values[len(values)-1] += " " + strings.TrimSpace(line)
			continue
		}
		last = out.add(line)
	}
}

// maxStatusBytes bounds what an error tells of a first line.
const maxStatusBytes = 80

// add keeps a field, and returns its name; a line that is none has no name.
func (h *head) add(line string) string {
	name, value, ok := strings.Cut(line, ":")
	name = strings.Trim(name, " \t")
	if !ok || !httpguts.ValidHeaderFieldName(name) {
		return ""
	}
	name = nethttp.CanonicalHeaderKey(name)
	h.header[name] = append(h.header[name], strings.Trim(value, " \t"))
	return name
}

// readLine reads a line without its end. A lone CR ends none.
func readLine(from *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := from.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return "", fmt.Errorf("the head of the answer does not end within %d bytes: %w", maxHeaderBytes, io.ErrUnexpectedEOF)
		case err != nil:
			return "", err
		}
		return string(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))), nil
	}
}
