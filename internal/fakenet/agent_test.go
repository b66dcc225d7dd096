package fakenet

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/packettest"
)

// An agent measures what is true of the scenario, never less.
func TestAgent(t *testing.T) {
	s := small()
	a, err := NewAgent(s, "fra")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	there := netip.AddrPortFrom(packettest.There4, 443)
	least := truth(frankfurt, paris, newYork)
	const late = time.Second // a machine that is busy is late, never early
	for range 3 {            // connections are ended, so that ports can be used again
		echo, err := a.Echo(t.Context(), packettest.There4, 64)
		if err != nil || echo.Kind != Echoed || echo.From != packettest.There4 || echo.Took < least || echo.Took > least+late {
			t.Errorf("echo: %+v, %v; %v is true", echo, err, least)
		}
		open, err := a.Connect(t.Context(), there, 64)
		if err != nil || open.Kind != Accepted || open.Took < least || open.Took > least+late {
			t.Errorf("connection: %+v, %v; %v is true", open, err, least)
		}
	}
	closed, err := a.Connect(t.Context(), netip.AddrPortFrom(packettest.There4, 4444), 64)
	if err != nil || closed.Kind != Refused {
		t.Errorf("a closed port: %+v, %v", closed, err)
	}
	hop, err := a.Echo(t.Context(), packettest.There4, 1)
	if err != nil || hop.Kind != Expired || hop.From == packettest.There4 {
		t.Errorf("the first hop: %+v, %v", hop, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if nobody, err := a.Echo(ctx, netip.MustParseAddr("192.0.2.199"), 64); err == nil {
		t.Errorf("nobody answers: %+v", nobody)
	}
}

func TestAgentAsks(t *testing.T) {
	s, err := scenario.Named("honest-eu")
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAgent(s, "paris")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	query := new(dns.Msg)
	query.SetQuestion("sync.honest.example.", dns.TypeA)
	packed, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := a.Ask(t.Context(), netip.AddrPortFrom(a.Resolvers()[0], 53), packed)
	if err != nil {
		t.Fatal(err)
	}
	answer := new(dns.Msg)
	if err := answer.Unpack(reply.Data); err != nil || len(answer.Answer) != 1 {
		t.Errorf("%v, %v", answer, err)
	}
}
