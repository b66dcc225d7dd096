package dns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxQueries bounds the questions of one sweep, repetitions included: one
	// for each of two hundred countries and both types of address.
	maxQueries = 400
	// confirmations is how many countries must be given the same, without a
	// scope, before the answer is taken to be the same for all (fewer where the
	// zone has shown that it does not go by subnets, see [enoughPlain]); and how
	// many times a scope is tested by asking for another subnet in it.
	confirmations  = 5
	leastConfirmed = 3 // of them, where the rest are lost
	scopeTests     = 3
	// repetitions is how often the first question is asked again to tell a
	// server that gives answers in turn: of two in turn by chance, both are seen
	// 31 times of 32.
	repetitions = 5
	// window bounds the questions of one level that wait for answers. With a
	// round trip of 100 ms that is faster than the pace allows.
	window = 32
	// serverSpacing lies between two questions of all sweeps to one server: 250
	// a second, a small part of what the smallest authoritative server takes.
	serverSpacing = 4 * time.Millisecond
	// maxServersTried bounds how many servers of a zone are tried in turn.
	maxServersTried = 3
	// leadWait is how long a server is first waited for, and then twice that.
	leadWait = time.Second
	// A question of a sweep is repeated once. It is given up after some times
	// the first round trip, which allows for queues, within these bounds.
	patience      = 4
	minWait       = 250 * time.Millisecond
	maxBadSubnets = 3 // replies for other subnets until a server is given up
)

// answer is what a server said to one client.
type answer struct {
	reading
	rcode  int
	server string       // as it stands in evidence
	subnet netip.Prefix // sent with the question; not valid: none
	scope  netip.Prefix // for whom it is; not valid: the server did not say
	zone   string       // whose own server it is
	err    error        // there is no answer
}

// tailored reports whether the server says that the answer depends on the
// subnet.
func (t *answer) tailored() bool { return t.scope.IsValid() && t.scope.Bits() > 0 }

// sameWay reports whether two answers lead by the same aliases to the same
// name, with whatever addresses.
func (t *answer) sameWay(u *answer) bool {
	return t.err == nil && u.err == nil && t.rcode == u.rcode && t.next == u.next && slices.Equal(t.chain, u.chain)
}

func (t *answer) same(u *answer) bool { return t.sameWay(u) && slices.Equal(t.addrs, u.addrs) }

// level asks for one name, for each client, the servers of its zone or a resolver
// in their place. One goroutine owns it.
type level struct {
	probe        *Probe
	authority    authority
	name         string // fully qualified
	qtype        uint16
	clients      []Client
	allowPrivate bool
	left         *atomic.Int64 // questions that the sweep may still ask

	peer    peer          // that answered first
	plain   bool          // it does not take client subnets
	wait    time.Duration // for an answer
	answers []*answer     // by client, who may share one; nil: missing
	pending []int         // clients who are to be asked for
	scopes  []int         // clients whose answers stand for a scope
	copied  []int         // clients who were given the answer of a scope
	tests   int           // scopes that were tested
	liar    bool          // scopes are not what the server says
	bad     int           // replies for other subnets
}

// errBudget says that a sweep asked as much as it may.
var errBudget = probe.Fail(evidence.ClassOther, "the %d questions of one sweep are used up", maxQueries)

// run returns what each client is answered. Depends is false where that does not
// depend on the client; then the answers stand for all together.
func (l *level) run(ctx context.Context) (answers []*answer, depends bool) {
	l.answers = make([]*answer, len(l.clients))
	first := l.firstAnswer(ctx)
	if first.err != nil || l.plain {
		l.deal([]answer{first})
		return l.answers, false
	}
	l.take(0, first)
	known := zoneServer{l.peer.zone, l.peer.host}
	few := min(len(l.clients), 1+confirmations)
	if known.zone != "" && l.probe.pace.isPlain(known) {
		few = min(len(l.clients), 2)
	}
	l.each(ctx, few)
	common := l.common(ctx, few)
	l.probe.pace.learn(known, len(common) == 1 && !l.spokeOfScopes())
	if len(common) > 0 {
		l.deal(common)
		return l.answers, false
	}
	l.each(ctx, len(l.clients))
	return l.answers, true
}

// spokeOfScopes reports whether a reply so far had a client subnet in it.
func (l *level) spokeOfScopes() bool {
	return slices.ContainsFunc(l.answers, func(t *answer) bool { return t != nil && t.scope.IsValid() })
}

// deal returns the clients answers in turn.
func (l *level) deal(answers []answer) {
	for i := range l.answers {
		l.answers[i] = &answers[i%len(answers)]
	}
}

// lead asks for the first client, one server after the other until one
// answers, and settles how to ask that one. Without a subnet it asks for nobody
// in particular.
func (l *level) lead(ctx context.Context) answer {
	subnet := l.clients[0].Subnet
	l.wait = min(leadWait, l.probe.tryTimeout())
	last := answer{err: l.authority.err}
	for _, addr := range l.authority.servers[:min(len(l.authority.servers), maxServersTried)] {
		l.peer = l.authorityPeer(addr)
		began := time.Now()
		got := l.ask(ctx, subnet)
		l.probe.pace.heard(l.peer.host, got.err)
		if got.err == nil && refusesSubnets(got.rcode) && subnet.IsValid() {
			got, l.plain = l.ask(ctx, netip.Prefix{}), true
		}
		if last = l.refused(got); last.err == nil {
			l.plain = l.plain || !subnet.IsValid()
			l.wait = l.probe.patient(time.Since(began))
			return last
		}
		l.plain = false
		if ctx.Err() != nil || errors.Is(last.err, errBudget) {
			return last
		}
	}
	if subnet.IsValid() && len(l.authority.servers) > 0 && evidence.Classify(last.err) == evidence.ClassTimeout {
		// Some firewalls let questions with a client subnet not pass.
		got := l.refused(l.ask(ctx, netip.Prefix{}))
		l.probe.pace.heard(l.peer.host, got.err)
		if got.err == nil {
			l.plain = true
			return got
		}
	}
	return last
}

// refused makes an error of a code that is no answer.
func (l *level) refused(got answer) answer {
	if got.err == nil && refusesSubnets(got.rcode) {
		got.err = probe.Fail(evidence.ClassOther, "%s, asked for the zone %s, says %s", l.peer.name, cmp.Or(l.authority.zone, "of the name"), rcodeWord(got.rcode))
	}
	return got
}

// refusesSubnets tells the codes by which servers refuse a question with a
// client subnet, or any question for a zone that is not theirs.
func refusesSubnets(rcode int) bool {
	switch rcode {
	case mdns.RcodeFormatError, mdns.RcodeNotImplemented, mdns.RcodeRefused, mdns.RcodeServerFailure, mdns.RcodeBadVers:
		return true
	}
	return false
}

// common returns what stands for all, if the first few answers show that they do
// not depend on the subnet: one answer, or the several that are given in turn.
func (l *level) common(ctx context.Context, few int) []answer {
	var good []answer
	equal := true
	for _, got := range l.answers[:few] {
		switch {
		case got.err != nil:
			continue
		case got.tailored():
			return nil
		}
		good = append(good, *got)
		equal = equal && got.same(&good[0])
	}
	if len(good) < min(few, leastConfirmed) {
		return nil
	}
	if equal {
		return good[:1]
	}
	// The answers differ though the server says that they do not depend on the
	// subnet. Either it gives some of many in turn, to the same client too, or it
	// does not tell the truth.
	l.liar = true
	for range repetitions {
		again := l.ask(ctx, l.clients[0].Subnet)
		if again.err == nil && !again.tailored() {
			l.liar = l.liar && again.same(l.answers[0])
			good = append(good, again)
		}
	}
	if l.liar {
		return nil
	}
	return ways(good)
}

// ways joins the addresses of answers that lead the same way.
func ways(answers []answer) []answer {
	var out []answer
	for _, a := range answers {
		at := slices.IndexFunc(out, func(known answer) bool { return known.sameWay(&a) })
		if at < 0 {
			at, out = len(out), append(out, a)
		}
		addrs := slices.Concat(out[at].addrs, a.addrs)
		slices.SortFunc(addrs, netip.Addr.Compare)
		out[at].addrs = slices.Compact(addrs)
	}
	return out
}

// each asks for the first n clients that have no answer yet, several at once.
// Who is in a scope that was answered is not asked for.
func (l *level) each(ctx context.Context, n int) {
	type result struct {
		client int
		answer
	}
	results := make(chan result)
	running := map[int]bool{}
	l.pending = nil
	for i := range l.clients[:n] {
		if l.answers[i] == nil {
			l.pending = append(l.pending, i)
		}
	}
	for {
		for len(running) < window && l.bad < maxBadSubnets && ctx.Err() == nil {
			i, ok := l.next(running)
			if !ok {
				break
			}
			running[i] = true
			go func() { results <- result{i, l.ask(ctx, l.clients[i].Subnet)} }()
		}
		if len(running) == 0 {
			break
		}
		got := <-results
		delete(running, got.client)
		l.take(got.client, got.answer)
	}
	for _, i := range l.pending {
		l.answers[i] = &answer{err: l.whyNot(ctx)}
	}
}

func (l *level) whyNot(ctx context.Context) error {
	if l.bad >= maxBadSubnets {
		return probe.Fail(evidence.ClassOther, "the server %s answers for other subnets than were asked", l.peer.name)
	}
	return fmt.Errorf("not asked in time: %w", context.Cause(ctx))
}

// next takes a client out of pending who is to be asked for. Those whose answer
// is known get it; those whose neighbour is being asked for wait for that.
func (l *level) next(running map[int]bool) (int, bool) {
	width := l.usualScope()
	for at := 0; at < len(l.pending); {
		i := l.pending[at]
		source := l.covering(i)
		if source < 0 && l.neighbour(i, running, width) {
			at++
			continue
		}
		l.pending = slices.Delete(l.pending, at, at+1)
		if source < 0 {
			return i, true
		}
		if l.tests < scopeTests {
			l.tests++
			return i, true
		}
		l.answers[i] = l.answers[source]
		l.copied = append(l.copied, i)
	}
	return 0, false
}

// covering returns a client whose answer was given for a network that i is in; -1
// where there is none, or scopes are not to be believed.
func (l *level) covering(i int) int {
	if !l.liar {
		for _, source := range l.scopes {
			if l.answers[source].scope.Contains(l.clients[i].Subnet.Addr()) {
				return source
			}
		}
	}
	return -1
}

// usualScope returns the length that most scopes have so far.
func (l *level) usualScope() int {
	var count [129]int
	most := 0
	for _, i := range l.scopes {
		bits := l.answers[i].scope.Bits()
		if count[bits]++; count[bits] > count[most] {
			most = bits
		}
	}
	return most
}

// neighbour reports whether somebody is being asked for whose answer, if its
// scope is as usual, would be good for i.
func (l *level) neighbour(i int, running map[int]bool, width int) bool {
	if width == 0 || l.liar {
		return false
	}
	for other := range running {
		subnet := l.clients[other].Subnet
		if width < subnet.Bits() && netip.PrefixFrom(subnet.Addr(), width).Masked().Contains(l.clients[i].Subnet.Addr()) {
			return true
		}
	}
	return false
}

// take keeps an answer, and holds it against the scope that it was in already.
// Where that turns out to be untrue, everybody is asked for.
func (l *level) take(i int, got answer) {
	if errors.Is(got.err, errOtherSubnet) {
		l.bad++
	}
	if source := l.covering(i); source >= 0 && got.err == nil && !got.same(l.answers[source]) {
		l.liar = true
		for _, other := range l.copied {
			l.answers[other] = nil
		}
		l.pending, l.copied = append(l.pending, l.copied...), nil
	}
	if l.answers[i] = &got; got.err == nil && got.tailored() {
		l.scopes = append(l.scopes, i)
	}
}

// errOtherSubnet marks the reply of a server for another subnet.
var errOtherSubnet = errors.New("the reply is refused")

// ask sends one question, and repeats it once. It reads what does not change
// while a level runs, and may be called from several goroutines.
func (l *level) ask(ctx context.Context, subnet netip.Prefix) answer {
	out := answer{server: l.peer.name, subnet: subnet, zone: l.peer.zone, err: errBudget}
	for try := range 2 {
		if l.left.Add(-1) < 0 {
			return out
		}
		var reply *mdns.Msg
		if reply, out.err = l.send(ctx, subnet, l.wait*time.Duration(1+try)); out.err != nil {
			if ctx.Err() != nil {
				return out
			}
			continue
		}
		out.rcode = reply.Rcode
		if subnet.IsValid() {
			if out.scope, out.err = scope(reply, subnet); out.err != nil {
				out.err = probe.Fail(evidence.ClassOther, "%w of %s: %w", errOtherSubnet, l.peer.name, out.err)
				return out
			}
		}
		if out.err = l.ownWord(reply); out.err != nil {
			return out
		}
		if out.reading, out.err = read(reply, l.name, l.qtype); out.err != nil {
			out.err = probe.Fail(evidence.ClassOther, "the answer of %s for %s %w", l.peer.name, plain(l.name), out.err)
		}
		return out
	}
	return out
}

// ownWord reports a reply that is not the server's own word on the name. What
// says yes or no without authority comes from somebody on the way who answers
// in the server's place, or from a server that does not have the zone. A resolver
// is asked for what others say.
func (l *level) ownWord(reply *mdns.Msg) error {
	if refusesSubnets(reply.Rcode) || reply.Authoritative || l.peer.resolver {
		return nil
	}
	if len(reply.Answer) == 0 && slices.ContainsFunc(reply.Ns, func(rr mdns.RR) bool { return rr.Header().Rrtype == mdns.TypeNS }) {
		return probe.Fail(evidence.ClassOther, "the server %s refers to others", l.peer.name)
	}
	return probe.Fail(evidence.ClassOther, "the answer of %s is not authoritative: the server does not have the zone, or somebody on the way answers in its place", l.peer.name)
}

// send asks the peer, not faster than the pace.
func (l *level) send(ctx context.Context, subnet netip.Prefix, wait time.Duration) (*mdns.Msg, error) {
	release, err := l.probe.pace.turn(ctx, l.peer.host)
	if err != nil {
		return nil, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, min(wait, l.probe.tryTimeout()))
	defer cancel()
	query := newQuery(l.name, l.qtype)
	query.RecursionDesired = l.peer.resolver
	if subnet.IsValid() {
		withSubnet(query, subnet)
	}
	return l.peer.ask(ctx, query)
}
