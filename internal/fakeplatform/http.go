package fakeplatform

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet"
)

const (
	// requestWait is how long Globalping's probes wait for an answer.
	requestWait = 10 * time.Second
	// maxBodyBytes is how much of a body they keep.
	maxBodyBytes = 10_000
)

// exchange is an http test while it runs: a request over one connection of its
// own, as Globalping's probes make it.
type exchange struct {
	order  *order
	addr   netip.Addr
	marks  []time.Time // when it began, had an address, was connected, had a session, had a first byte, had all
	conn   net.Conn
	tls    map[string]any
	answer *http.Response
	body   []byte
}

// request makes an http test from one machine.
func (m *measurement) request(ctx context.Context, where *machine) map[string]any {
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	x := &exchange{order: m.order}
	err := x.run(ctx, where)
	if x.conn != nil {
		x.conn.Close()
	}
	if err != nil {
		return map[string]any{
			"status": "failed", "rawOutput": err.Error(), "resolvedAddress": nil, "headers": map[string]any{}, "rawHeaders": nil, "rawBody": nil,
			"truncated": false, "statusCode": nil, "statusCodeName": nil, "timings": x.timings(nil), "tls": nil,
		}
	}
	return x.result()
}

func (x *exchange) run(ctx context.Context, where *machine) error {
	agent, err := where.agent()
	if err != nil {
		return err
	}
	x.mark()
	if x.addr, err = where.address(ctx, x.order.Target); err != nil {
		return err
	}
	x.mark()
	port := cmp.Or(x.order.Options.Port, map[bool]uint16{true: 443, false: 80}[x.secure()])
	if x.conn, err = agent.Dial(ctx, netip.AddrPortFrom(x.addr, port)); err != nil {
		return err
	}
	if end, ok := ctx.Deadline(); ok {
		_ = x.conn.SetDeadline(end) // a connection of memory takes any
	}
	x.mark()
	if x.secure() {
		if err := x.shake(ctx, agent); err != nil {
			return err
		}
	} else {
		x.mark()
	}
	return x.ask()
}

func (x *exchange) mark() { x.marks = append(x.marks, time.Now()) }

// handshakes lets one exchange at a time shake hands. The machines of a platform
// each have a processor of their own, and these share one: without turns, what
// the handshakes of the others cost would be measured as distance.
var handshakes sync.Mutex

// takeTurn waits until no other exchange shakes hands, and returns how to end the
// turn. What was measured so far moves by the time that it waited.
func (x *exchange) takeTurn() (end func()) {
	began := time.Now()
	handshakes.Lock()
	waited := time.Since(began)
	for i := range x.marks {
		x.marks[i] = x.marks[i].Add(waited)
	}
	return handshakes.Unlock
}

// secure reports whether the request goes over TLS, as it does where nobody says
// otherwise.
func (x *exchange) secure() bool { return x.order.Options.Protocol != "HTTP" }

// name is what the server is called in the handshake and in the request.
func (x *exchange) name() string { return cmp.Or(x.order.Options.Request.Host, x.order.Target) }

// shake shakes hands, with whoever is there: a certificate that does not hold is
// reported, and stops nothing.
func (x *exchange) shake(ctx context.Context, agent *fakenet.Agent) error {
	// The groups are those of the OpenSSL that the probes' Node comes with.
	config := &tls.Config{
		ServerName: x.name(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
	}
	if x.order.Options.Protocol == "HTTP2" {
		return errors.New("HTTP/2 is not simulated")
	}
	client := tls.Client(x.conn, config)
	end := x.takeTurn()
	err := client.HandshakeContext(ctx)
	x.mark()
	end()
	if err != nil {
		return err
	}
	x.conn, x.tls = client, tellTLS(client.ConnectionState(), x.name(), agent.Roots())
	return nil
}

// tellTLS describes a session as the API does.
func tellTLS(state tls.ConnectionState, name string, roots *x509.CertPool) map[string]any {
	leaf := state.PeerCertificates[0]
	sum := sha256.Sum256(leaf.Raw)
	out := map[string]any{
		"authorized": true, "protocol": strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1), "cipherName": tls.CipherSuiteName(state.CipherSuite),
		"createdAt": leaf.NotBefore.UTC().Format(time.RFC3339), "expiresAt": leaf.NotAfter.UTC().Format(time.RFC3339),
		"subject": map[string]any{"CN": leaf.Subject.CommonName, "alt": alternatives(leaf)},
		"issuer":  map[string]any{"CN": leaf.Issuer.CommonName, "O": strings.Join(leaf.Issuer.Organization, ", ")},
		"keyType": "EC", "keyBits": 256, "serialNumber": colons(leaf.SerialNumber.Bytes()), "fingerprint256": colons(sum[:]),
		"publicKey": colons(leaf.RawSubjectPublicKeyInfo),
	}
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	switch {
	case err != nil && bytes.Equal(leaf.RawIssuer, leaf.RawSubject):
		out["authorized"], out["error"] = false, "DEPTH_ZERO_SELF_SIGNED_CERT"
	case err != nil:
		out["authorized"], out["error"] = false, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
	case leaf.VerifyHostname(name) != nil:
		out["authorized"], out["error"] = false, "ERR_TLS_CERT_ALTNAME_INVALID"
	}
	return out
}

// alternatives are the names of a certificate as OpenSSL writes them.
func alternatives(leaf *x509.Certificate) string {
	var out []string
	for _, name := range leaf.DNSNames {
		out = append(out, "DNS:"+name)
	}
	for _, addr := range leaf.IPAddresses {
		out = append(out, "IP Address:"+addr.String())
	}
	return strings.Join(out, ", ")
}

// colons writes bytes as OpenSSL does: AA:BB.
func colons(data []byte) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", data), " ", ":")
}

// ask sends the request and reads the answer.
func (x *exchange) ask() error {
	o := x.order.Options.Request
	request, err := http.NewRequest(cmp.Or(o.Method, http.MethodHead), "http://"+hostOf(x.name())+"/"+strings.TrimPrefix(o.Path, "/"), nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "globalping probe (https://github.com/jsdelivr/globalping)")
	request.Close = true
	if err := request.Write(x.conn); err != nil {
		return err
	}
	reader := bufio.NewReader(x.conn)
	if x.answer, err = http.ReadResponse(reader, request); err != nil {
		return err
	}
	x.mark()
	defer x.answer.Body.Close()
	x.body, err = io.ReadAll(io.LimitReader(x.answer.Body, maxBodyBytes+1))
	x.mark()
	return err
}

// hostOf writes a host as it stands in a URL.
func hostOf(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		return "[" + host + "]"
	}
	return host
}

// timings are whole milliseconds between the marks, as differences of clocks
// that are read in whole milliseconds: what they tell can be up to one too low.
func (x *exchange) timings(marks []time.Time) map[string]any {
	out := map[string]any{"total": nil, "dns": nil, "tcp": nil, "tls": nil, "firstByte": nil, "download": nil}
	if len(marks) == 0 {
		return out
	}
	for i, step := range []string{"dns", "tcp", "tls", "firstByte", "download"} {
		out[step] = marks[i+1].UnixMilli() - marks[i].UnixMilli()
	}
	if !x.secure() {
		out["tls"] = nil
	}
	out["total"] = marks[len(marks)-1].UnixMilli() - marks[0].UnixMilli()
	return out
}

func (x *exchange) result() map[string]any {
	headers := map[string]any{}
	var raw []string
	for name, values := range x.answer.Header {
		for _, value := range values {
			raw = append(raw, name+": "+value)
		}
		if headers[strings.ToLower(name)] = any(values); len(values) == 1 {
			headers[strings.ToLower(name)] = values[0]
		}
	}
	var body any
	if len(x.body) > 0 {
		body = string(x.body[:min(len(x.body), maxBodyBytes)])
	}
	var session any
	if x.tls != nil {
		session = x.tls
	}
	rawHeaders := strings.Join(raw, "\n")
	return map[string]any{
		"status": "finished", "rawOutput": fmt.Sprintf("HTTP/1.1 %d\n%s", x.answer.StatusCode, rawHeaders), "resolvedAddress": x.addr.String(),
		"headers": headers, "rawHeaders": rawHeaders, "rawBody": body, "truncated": len(x.body) > maxBodyBytes,
		"statusCode": x.answer.StatusCode, "statusCodeName": http.StatusText(x.answer.StatusCode), "timings": x.timings(x.marks), "tls": session,
	}
}

// cannedRequest is the result of an http test that nothing was measured for.
func cannedRequest(o *order) map[string]any {
	x := &exchange{
		order: o, addr: netip.AddrFrom4([4]byte{203, 0, 113, 1}), answer: &http.Response{StatusCode: http.StatusOK, Header: http.Header{}},
		tls: map[string]any{
			"authorized": true, "protocol": "TLSv1.3", "cipherName": "TLS_AES_128_GCM_SHA256",
			"subject": map[string]any{"CN": "canned", "alt": ""}, "issuer": map[string]any{"CN": "canned"}, "fingerprint256": colons(make([]byte, sha256.Size)),
		},
	}
	if addr, err := netip.ParseAddr(o.Target); err == nil {
		x.addr = addr
	}
	began := time.Now()
	for _, ms := range []time.Duration{0, 0, 20, 41, 62, 62} {
		x.marks = append(x.marks, began.Add(ms*time.Millisecond))
	}
	return x.result()
}
