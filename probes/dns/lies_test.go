package dns_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
)

// lie runs a server that answers each question over UDP with what change made
// of the right answer, as often as times says, and then with the right one.
func lie(t *testing.T, times int, change func(reply *mdns.Msg)) string {
	t.Helper()
	return probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		right := new(mdns.Msg).SetReply(query)
		right.Answer = append(right.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.7"))
		wrong := right.Copy()
		change(wrong)
		for range times {
			_ = w.WriteMsg(wrong)
		}
		_ = w.WriteMsg(right)
	})
}

// TestStrays sends replies that do not belong to the question: they are passed
// over, up to a bound, and the right one is taken.
func TestStrays(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(reply *mdns.Msg)
		text   string // in the failure that a flood of them ends in; empty: they are too big for the socket to hold a flood
	}{
		{"wrong-id", func(r *mdns.Msg) { r.Id++ }, "its id is"},
		{"wrong-question", func(r *mdns.Msg) { r.Question[0].Name = "evil.example." }, "evil.example A, which was not asked"},
		{"wrong-type", func(r *mdns.Msg) { r.Question[0].Qtype = mdns.TypeTXT }, "TXT, which was not asked"},
		{"no-question", func(r *mdns.Msg) { r.Question = nil }, "repeats 0 questions"},
		{"no-reply-bit", func(r *mdns.Msg) { r.Response = false }, "not a reply"},
		{"oversized", func(r *mdns.Msg) {
			for range 10 {
				r.Extra = append(r.Extra, record(t, "x.example. 60 TXT "+strings.Repeat("x", 250)))
			}
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := ask(t, newProbe(t, lie(t, 3, test.change)), "a.example", "A").(*evidence.DNS); !ok || len(got.Answers) != 1 {
				t.Errorf("got %+v; the right answer came after the wrong ones", got)
			}
			if test.text == "" {
				return
			}
			p := newProbe(t, lie(t, 64, test.change))
			p.Tries = 1
			wantFailure(t, ask(t, p, "a.example", "A"), evidence.ClassOther, test.text)
		})
	}
}

// TestStraysAlone waits in vain after a reply that does not belong to the
// question.
func TestStraysAlone(t *testing.T) {
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		reply.Id++
		_ = w.WriteMsg(reply)
	})
	p := newProbe(t, server)
	p.TryTimeout, p.Tries = 50*time.Millisecond, 1
	wantFailure(t, ask(t, p, "a.example", "A"), evidence.ClassTimeout, "no reply")
}

func TestLies(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(reply *mdns.Msg)
		text   string
	}{
		{"other-name", func(r *mdns.Msg) { r.Answer[0].Header().Name = "evil.example." }, "other names only, such as evil.example"},
		{"loop", func(r *mdns.Msg) {
			r.Answer = []mdns.RR{record(t, "a.example. 60 CNAME b.example."), record(t, "b.example. 60 CNAME A.example.")}
		}, "loops at a.example"},
		{"self-loop", func(r *mdns.Msg) { r.Answer = []mdns.RR{record(t, "a.example. 60 CNAME a.example.")} }, "loops at a.example"},
		{"twenty-aliases", func(r *mdns.Msg) {
			r.Answer = []mdns.RR{record(t, "a.example. 60 CNAME n0.example.")}
			for i := range 20 {
				r.Answer = append(r.Answer, record(t, fmt.Sprintf("n%d.example. 60 CNAME n%d.example.", i, i+1)))
			}
		}, "longer than the 16"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantFailure(t, ask(t, newProbe(t, lie(t, 1, test.change)), "a.example", "A"), evidence.ClassOther, test.text)
		})
	}
}

func TestLiesOverTCP(t *testing.T) {
	truncate := func(w mdns.ResponseWriter, query *mdns.Msg) bool {
		if w.RemoteAddr().Network() != "udp" {
			return false
		}
		reply := new(mdns.Msg).SetReply(query)
		reply.Truncated = true
		_ = w.WriteMsg(reply)
		return true
	}
	for _, test := range []struct {
		name   string
		answer func(w mdns.ResponseWriter, query *mdns.Msg)
		text   string // in the failure that a flood of them ends in; empty: they are too big for the socket to hold a flood
	}{
		{"wrong-id", func(w mdns.ResponseWriter, query *mdns.Msg) {
			reply := new(mdns.Msg).SetReply(query)
			reply.Id++
			_ = w.WriteMsg(reply)
		}, "its id is"},
		{"cut", func(w mdns.ResponseWriter, _ *mdns.Msg) {
			_, _ = w.Write([]byte{0, 1, 2})
			_ = w.Close()
		}, "refused"},
		{"closed", func(w mdns.ResponseWriter, _ *mdns.Msg) { _ = w.Close() }, "no reply"},
		{"thousand-records", func(w mdns.ResponseWriter, query *mdns.Msg) {
			reply := new(mdns.Msg).SetReply(query)
			reply.Compress = true
			for i := range 1000 {
				reply.Answer = append(reply.Answer, record(t, fmt.Sprintf("a.example. 60 A 198.51.%d.%d", 100+i/250, i%250)))
			}
			_ = w.WriteMsg(reply)
		}, "at most 512"},
		{"hundred-aliases", func(w mdns.ResponseWriter, query *mdns.Msg) {
			reply := new(mdns.Msg).SetReply(query)
			reply.Answer = append(reply.Answer, record(t, "a.example. 60 CNAME n0.example."))
			for i := range 100 {
				reply.Answer = append(reply.Answer, record(t, fmt.Sprintf("n%d.example. 60 CNAME n%d.example.", i, i+1)))
			}
			_ = w.WriteMsg(reply)
		}, "longer than the 16"},
		{"three-hundred-addresses", func(w mdns.ResponseWriter, query *mdns.Msg) {
			reply := new(mdns.Msg).SetReply(query)
			reply.Compress = true
			for i := range 300 {
				reply.Answer = append(reply.Answer, record(t, fmt.Sprintf("a.example. 60 A 198.51.%d.%d", 100+i/250, i%250)))
			}
			_ = w.WriteMsg(reply)
		}, "at most 256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
				if !truncate(w, query) {
					test.answer(w, query)
				}
			})
			p := newProbe(t, server)
			p.Tries = 1
			wantFailure(t, ask(t, p, "a.example", "A"), evidence.ClassOther, test.text)
		})
	}
}

func TestEndlessChainOfAnswers(t *testing.T) {
	var asked atomic.Int64
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		reply.Answer = append(reply.Answer, record(t, fmt.Sprintf("%s 60 CNAME n%d.example.", query.Question[0].Name, asked.Add(1))))
		_ = w.WriteMsg(reply)
	})
	wantFailure(t, ask(t, newProbe(t, server), "a.example", "A"), evidence.ClassOther, "left 4 answers in a row")
}
