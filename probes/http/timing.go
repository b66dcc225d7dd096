package http

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// timing follows one request. Its hooks run in the transport's goroutines.
type timing struct {
	mu        sync.Mutex
	connected bool
	dialled   time.Time // the connection was begun
	stood     time.Time // and stood
	shaking   time.Time // the handshake of TLS was begun
	shaken    time.Time // and ended
	got       time.Time // a connection that a request can be written to
	wrote     time.Time
	first     time.Time
}

func (t *timing) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart:         func(string, string) { t.note(func(now time.Time) { t.dialled = now }) },
		ConnectDone:          func(string, string, error) { t.note(func(now time.Time) { t.stood = now }) },
		TLSHandshakeStart:    func() { t.note(func(now time.Time) { t.shaking = now }) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { t.note(func(now time.Time) { t.shaken = now }) },
		GotConn:              func(httptrace.GotConnInfo) { t.note(func(now time.Time) { t.connected, t.got = true, now }) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { t.note(func(now time.Time) { t.wrote = now }) },
		GotFirstResponseByte: func() { t.note(func(now time.Time) { t.first = now }) },
	})
}

func (t *timing) note(set func(now time.Time)) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	set(now)
}

// fill writes the phases into an observation. The first byte takes the time
// since the request; it is 0, not known, for a server that answered before it
// was asked, and so is a phase that there was not. Over HTTP/2 (RFC 9113) nothing
// is answered unasked, and the transport may tell of the request after it tells of
// the answer: then the time is since the connection stood, and so over-stated.
func (t *timing) fill(out *evidence.HTTP) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out.ConnectMS = phase(t.dialled, t.stood)
	out.HandshakeMS = phase(t.shaking, t.shaken)
	asked := t.wrote
	if out.Protocol == protocolH2 && (asked.IsZero() || t.first.Before(asked)) {
		asked = t.got
	}
	out.TTFBMS = phase(asked, t.first)
}

// phase returns the milliseconds between two times; 0 where one of them never
// came.
func phase(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return probe.Milliseconds(to.Sub(from))
}

// failure tells a connection that failed from an answer that is no HTTP:
// whatever ends the exchange once the connection stands is a failure of HTTP,
// unless it is that nothing came in time. Answered is true where something came
// that is no HTTP in the eyes of net/http.
func (t *timing) failure(err error) (failed error, answered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	class := evidence.Classify(err)
	if !t.connected || class == evidence.ClassTimeout || class == evidence.ClassCancelled {
		return err, false
	}
	return probe.Fail(evidence.ClassHTTP, "no answer in HTTP: %w", err), true
}
