package evidence

import (
	"encoding/json"
	"fmt"
	"net/netip"
)

// OrderState is how far an order came.
type OrderState string

// The states of an order, in the order in which they follow one another. Each
// is a line of its own: a bundle only grows.
const (
	OrderAsked   OrderState = "asked"   // about to be sent; whether it was is not known
	OrderPlaced  OrderState = "placed"  // the platform took it, and gave it an id
	OrderRefused OrderState = "refused" // the platform did not take it: nothing was paid, it may be asked again
	OrderSettled OrderState = "settled" // all that came of it stands before this line
)

// Order is a measurement that a platform is asked for. It is the journal by
// which a run that was killed goes on without paying twice: the line "asked" is
// written before the platform hears of it, "placed" before it is polled.
type Order struct {
	Meta
	State OrderState `json:"state"`
	Of    string     `json:"of,omitempty"` // id of the line "asked"; empty on that line
	// Error says why a platform refused, or why nothing came of it.
	Error string `json:"error,omitempty"`

	// What was asked; on the line "asked" alone.
	Platform string     `json:"platform,omitempty"` // globalping, atlas
	Type     string     `json:"type,omitempty"`     // ping, traceroute, mtr, dns, http, sslcert
	Addr     netip.Addr `json:"addr,omitzero"`      // that is measured
	Name     string     `json:"name,omitempty"`     // of dns and http
	Port     uint16     `json:"port,omitempty"`     // of it; 0: none
	Method   string     `json:"method,omitempty"`   // tcp, icmp, udp; of dns the type of the record
	From     []string   `json:"from,omitempty"`     // the platform's keys of the vantages
	Cost     int        `json:"cost,omitempty"`     // in the platform's own unit
}

func (o *Order) check() error {
	var state error
	switch o.State {
	case OrderAsked, OrderPlaced, OrderRefused, OrderSettled:
	default:
		state = fmt.Errorf("state is %q; asked, placed, refused or settled is expected", o.State)
	}
	for _, key := range o.From {
		if err := checkText("from", key); err != nil {
			return err
		}
	}
	return firstError(o.Meta.check(), state, checkText("of", o.Of), checkText("error", o.Error), checkText("platform", o.Platform),
		checkText("type", o.Type), checkText("name", o.Name), checkText("method", o.Method), checkCount("cost", o.Cost))
}

// Original is what a platform gave for a measurement, byte for byte but for
// white space: what was read from it can be read again.
type Original struct {
	Meta
	Platform string          `json:"platform"` // globalping, atlas
	Body     json.RawMessage `json:"body"`     // the answer, as JSON
}

// maxOriginalBytes leaves room in a line for the rest of it.
const maxOriginalBytes = maxLineBytes / 2

func (o *Original) check() error {
	var body error
	switch {
	case len(o.Body) > maxOriginalBytes:
		body = fmt.Errorf("body has %d bytes; at most %d are taken", len(o.Body), maxOriginalBytes)
	case !json.Valid(o.Body):
		body = fmt.Errorf("body is not JSON (RFC 8259)")
	}
	return firstError(o.Meta.check(), checkText("platform", o.Platform), body)
}
