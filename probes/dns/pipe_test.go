package dns

import (
	"math"
	"net"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
)

// user is a question on a pipe.
type user struct {
	id     uint16
	answer chan piped
}

// idlePipe is a connection over which nothing comes: the test hands out the
// replies.
func idlePipe(t *testing.T) *pipe {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	return newPipe(near)
}

// enlisted is a further user of p who draws an id.
func enlisted(t *testing.T, p *pipe, drawn uint16) user {
	t.Helper()
	u := user{answer: make(chan piped, 1)}
	var ended error
	if u.id, _, ended = p.enlist(drawn, u.answer); ended != nil || !p.enter() {
		t.Fatalf("the connection has ended: %v", ended)
	}
	return u
}

// replied lets a reply come, and tells whether it was for u.
func (u user) replied(p *pipe) bool {
	reply := new(mdns.Msg)
	reply.Id = u.id
	if !p.deliver(reply) {
		return false
	}
	select {
	case got := <-u.answer:
		return got.reply == reply
	default:
		return false
	}
}

func TestQuestionsThatDrawOneIDAreToldApart(t *testing.T) {
	p := idlePipe(t)
	for _, drawn := range []uint16{7, math.MaxUint16} {
		first, second := enlisted(t, p, drawn), enlisted(t, p, drawn)
		if first.id != drawn || second.id != drawn+1 {
			t.Errorf("ids %d and %d; the second is the next that is free", first.id, second.id)
		}
		if !second.replied(p) || !first.replied(p) {
			t.Errorf("a reply to id %d or %d did not come to who asked", first.id, second.id)
		}
		p.leave(first.id, first.answer)
		p.leave(second.id, second.answer)
	}
}

// TestLateLeaverDoesNotEndWhoHasItsID takes an id again between the answer to
// the question that had it and the end of that question.
func TestLateLeaverDoesNotEndWhoHasItsID(t *testing.T) {
	p := idlePipe(t)
	first := enlisted(t, p, 7)
	if !first.replied(p) {
		t.Fatal("the first question has no answer")
	}
	second := enlisted(t, p, 7)
	if second.id != first.id {
		t.Fatalf("id %d; that of an answered question is free", second.id)
	}
	p.leave(first.id, first.answer)
	if !second.replied(p) {
		t.Error("the reply to the second question belongs to nobody, which ends the connection for all")
	}
}

// TestLateReply comes to a question that was given up: it is passed over, it ends
// the connection for nobody, and it is not taken for the reply to another.
func TestLateReply(t *testing.T) {
	p := idlePipe(t)
	first, other := enlisted(t, p, 7), enlisted(t, p, 9)
	p.leave(first.id, first.answer)
	again := enlisted(t, p, 7)
	if again.id == 7 {
		t.Error("the id of a question that was given up is free before its reply came")
	}
	late := new(mdns.Msg)
	late.Id = first.id
	if !p.deliver(late) {
		t.Error("a late reply belongs to nobody, which ends the connection for all")
	}
	if p.deliver(late) {
		t.Error("a second reply to one question is taken")
	}
	if !again.replied(p) || !other.replied(p) {
		t.Error("a reply did not come to who asked")
	}
	if after := enlisted(t, p, 7); after.id != 7 || !after.replied(p) {
		t.Errorf("id %d; 7 is free once its reply has come", after.id)
	}
}

// TestWornOutConnection takes nobody any more once many questions were given up.
func TestWornOutConnection(t *testing.T) {
	p := idlePipe(t)
	for range maxLate {
		u := enlisted(t, p, 7)
		p.leave(u.id, u.answer)
	}
	if p.enter() {
		t.Error("a connection that owes a thousand answers takes another question")
	}
}

func TestWhoIsHeldUp(t *testing.T) {
	p := idlePipe(t)
	if p.quiet(0) {
		t.Error("a connection that owes nothing is quiet")
	}
	first, second := enlisted(t, p, 7), enlisted(t, p, 9)
	if p.behind(first.answer) || !p.behind(second.answer) || p.quiet(time.Hour) || !p.quiet(0) {
		t.Error("the second question waits behind the first, and has not waited for an hour")
	}
	p.leave(first.id, first.answer)
	if !p.behind(second.answer) {
		t.Error("a question that was given up holds up the server as before")
	}
	if !first.late(p) || p.behind(second.answer) {
		t.Error("nobody is held up once the first is answered")
	}
}

// late lets a reply come to a question that was given up.
func (u user) late(p *pipe) bool {
	reply := new(mdns.Msg)
	reply.Id = u.id
	return p.deliver(reply)
}
