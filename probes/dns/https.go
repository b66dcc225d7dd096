package dns

import (
	"bytes"
	"context"
	"fmt"
	"io"
	nethttp "net/http"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// messageType is the media type of RFC 8484, 6.
	messageType = "application/dns-message"
	// maxReplyHeaderBytes is far above what resolvers send.
	maxReplyHeaderBytes = 16 << 10
)

// sendHTTPS asks by POST (RFC 8484), whose answers no cache on the way keeps.
// Questions share connections, see [lines].
func (p *Probe) sendHTTPS(ctx context.Context, r Resolver, query *mdns.Msg) (*mdns.Msg, error) {
	query = query.Copy()
	query.Id = 0 // RFC 8484, 4.1: the exchange is what ties them together
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing the question: %w", err)
	}
	request, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodPost, r.url, bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("resolver %s: %w", r, err)
	}
	request.Header.Set("Content-Type", messageType)
	request.Header.Set("Accept", messageType)
	response, err := p.lines.transport(p).RoundTrip(request) // follows no redirect
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); response.StatusCode != nethttp.StatusOK || got != messageType {
		return nil, probe.Fail(evidence.ClassHTTP, "status %d with content type %q; 200 with %s is expected", response.StatusCode, got, messageType)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, mdns.MaxMsgSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the reply: %w", err)
	}
	if len(raw) > mdns.MaxMsgSize {
		return nil, probe.Fail(evidence.ClassOther, "the reply is refused: it has more than the %d bytes of a DNS message", mdns.MaxMsgSize)
	}
	reply, err := unpack(raw, query)
	if err != nil {
		return nil, probe.Fail(evidence.ClassOther, "the reply is refused: %w", err)
	}
	return reply, nil
}
