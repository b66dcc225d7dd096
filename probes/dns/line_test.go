package dns_test

import (
	"fmt"
	nethttp "net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
)

// TestSlowNameHoldsUpNobody asks a server that answers in order, as this one does
// on each of its connections, for many names of which a few take longer than
// anybody waits.
func TestSlowNameHoldsUpNobody(t *testing.T) {
	for _, slow := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			t.Parallel()
			cert, roots := probetest.Certificate(t, "dns.example")
			end := make(chan struct{})
			p := newProbe(t, overTLS(t, cert, func(w mdns.ResponseWriter, query *mdns.Msg) {
				if strings.HasPrefix(query.Question[0].Name, "slow") {
					<-end
				}
				anyName(t)(w, query)
			}))
			t.Cleanup(func() { close(end) }) // before the server is to end
			p.Roots, p.TryTimeout = roots, 3*time.Second
			var failed, answered sync.Map
			var running sync.WaitGroup
			for i := range 30 {
				name := fmt.Sprintf("n%d.example", i)
				if i < slow {
					name = fmt.Sprintf("slow%d.example", i)
				}
				running.Go(func() {
					switch o := ask(t, p, name, "A").(type) {
					case *evidence.DNS:
						answered.Store(o.Name, true)
					case *evidence.Error:
						failed.Store(name, o.Error)
					}
				})
				if i < slow {
					time.Sleep(20 * time.Millisecond) // the slow ones come first
				}
			}
			running.Wait()
			failed.Range(func(name, text any) bool {
				if !strings.HasPrefix(name.(string), "slow") {
					t.Errorf("%s failed: %s", name, text)
				}
				return true
			})
			for i := range slow {
				if _, ok := failed.Load(fmt.Sprintf("slow%d.example", i)); !ok {
					t.Errorf("slow%d.example was answered, so nothing was shown", i)
				}
			}
		})
	}
}

// TestServerFailureIsAskedAgain over connections: the resolver failed at this
// name, for the moment.
func TestServerFailureIsAskedAgain(t *testing.T) {
	cert, roots := probetest.Certificate(t, "dns.example")
	for _, transport := range []string{"tls", "https"} {
		for _, test := range []struct {
			rcode, times int
			want         string
			asked        int64
		}{
			{mdns.RcodeServerFailure, 1, "NOERROR", 2},
			{mdns.RcodeServerFailure, 100, "SERVFAIL", 3},
			{mdns.RcodeRefused, 100, "REFUSED", 1},
			{mdns.RcodeNameError, 100, "NXDOMAIN", 1},
		} {
			t.Run(transport+" "+mdns.RcodeToString[test.rcode]+fmt.Sprint(test.times), func(t *testing.T) {
				t.Parallel()
				var n atomic.Int64
				change := func(m *mdns.Msg) {
					if int(n.Add(1)) <= test.times {
						m.Rcode, m.Answer = test.rcode, nil
					}
				}
				var p *dns.Probe
				if transport == "tls" {
					p = newProbe(t, overTLS(t, cert, func(w mdns.ResponseWriter, query *mdns.Msg) {
						m := new(mdns.Msg).SetReply(query)
						m.Answer = append(m.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.7"))
						change(m)
						_ = w.WriteMsg(m)
					}))
					p.Roots = roots
				} else {
					server := overHTTPS(t, func(w nethttp.ResponseWriter, r *nethttp.Request) { answerHTTPS(t, w, r, change) })
					p = newProbe(t, server.URL+"/dns-query")
					p.Roots = server.Client().Transport.(*nethttp.Transport).TLSClientConfig.RootCAs
				}
				step := p.Plan([]probe.Target{{Host: "a.example", Port: 443}}, probe.NewSeen())[0]
				got, err := p.Run(t.Context(), step)
				if d, ok := got[0].(*evidence.DNS); err != nil || !ok || d.Rcode != test.want || n.Load() != test.asked {
					t.Errorf("got %+v, error %v, after %d questions; %s after %d is expected", got[0], err, n.Load(), test.want, test.asked)
				}
			})
		}
	}
}
