package echo

import (
	"context"
	"crypto/rand"
	"io"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// method is a kind of packet that is answered.
type method struct {
	name string
	port uint16
	open func(ctx context.Context, p *Probe, h host, port uint16) (io.ReadWriteCloser, error)
	// packet makes the packet of one sample.
	packet func(sample int, mark token) []byte
	// answers returns the token that an answer repeats.
	answers func(answer []byte) (token, bool)
}

// token is what an answer has to repeat.
type token [16]byte

// methods returns the methods that make sense for a host.
func (p *Probe) methods(h host) []method {
	var out []method
	if p.NoICMP == "" {
		out = append(out, icmpMethod(h.addr))
	}
	if canUDP {
		out = append(out, udpMethod())
	}
	if h.quic {
		out = append(out, quicMethod())
	}
	return out
}

// udpQuote reads the token that a quote of a UDP packet begins with.
func udpQuote(quote []byte) (mark token, ok bool) {
	if len(quote) < len(mark) {
		return token{}, false
	}
	return token(quote), true
}

// result is what one method gave.
type result struct {
	sent      int
	samplesMS []float64
	err       error // why there is no more
}

// arrival is a packet that came.
type arrival struct {
	data []byte
	at   time.Time     // when it was read
	ago  time.Duration // how long before it came, by the system's clock; 0 if that is not known
	err  error
}

// slewShare is the most by which a clock that is being corrected runs fast, with
// room: adjtimex(2) allows 500 ppm.
const slewShare = 1000

// after returns how long after sent the packet came, at the least that is sure.
// By the steady clock it was read then; how much earlier it came, the system's
// clock says, which may be set in between. By how much it was set shows in what
// the two clocks say of the whole time, and is not counted.
func (a arrival) after(sent time.Time) time.Duration {
	return delay(a.at.Sub(sent), a.at.Round(0).Sub(sent.Round(0)), a.ago)
}

// delay takes from a steady time what of ago is sure, given the same time by
// the system's clock. A stamp from before the question is none.
func delay(steady, system, ago time.Duration) time.Duration {
	sure := ago - ago/slewShare - time.Microsecond - (system - steady).Abs()
	if sure <= 0 || sure >= steady {
		return steady
	}
	return steady - sure
}

const (
	// maxPacket is more than any answer that counts.
	maxPacket = 2048
	// maxArrivals bounds how many packets are looked at: whoever sends more
	// wants to keep this program busy.
	maxArrivals = 100
)

// sample sends the packets of one method and takes the answers.
func (p *Probe) sample(ctx context.Context, h host, m method) (r result) {
	conn, err := m.open(ctx, p, h, m.port)
	if err != nil {
		return result{err: err}
	}
	arrivals, stop := receive(conn)
	defer stop()
	samples := probe.OrDefault(p.Samples, DefaultSamples)
	spacing, wait := probe.OrDefault(p.Spacing, DefaultSpacing), probe.OrDefault(p.Wait, DefaultWait)
	open := map[token]time.Time{}
	clock := time.NewTimer(probe.Scatter(spacing))
	defer clock.Stop()
	for len(r.samplesMS) < samples {
		select {
		case <-ctx.Done():
			r.err = ctx.Err()
			return r
		case <-clock.C:
			if r.sent == samples {
				return r
			}
			var mark token
			_, _ = rand.Read(mark[:]) // never fails
			open[mark] = time.Now()
			r.sent++
			if _, err := conn.Write(m.packet(r.sent, mark)); err != nil {
				r.err = err
				return r
			}
			if clock.Reset(probe.Scatter(spacing)); r.sent == samples {
				clock.Reset(wait)
			}
		case a := <-arrivals:
			if a.err != nil {
				r.err = a.err
				return r
			}
			mark, ok := m.answers(a.data)
			if sent, waiting := open[mark]; ok && waiting {
				delete(open, mark)
				r.samplesMS = append(r.samplesMS, probe.Milliseconds(a.after(sent)))
			}
		}
	}
	return r
}

// receive reads packets and notes when they came. The function that it gives
// closes conn and waits until nothing reads from it any more.
func receive(conn io.ReadWriteCloser) (<-chan arrival, func()) {
	out, enough, ended := make(chan arrival), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, maxPacket)
		for range maxArrivals {
			n, err := conn.Read(buffer)
			a := arrival{at: time.Now(), err: err}
			if stamped, ok := conn.(interface{ since() time.Duration }); ok {
				a.ago = stamped.since()
			}
			a.data = append(a.data, buffer[:n]...)
			select {
			case out <- a:
			case <-enough:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out, func() {
		close(enough)
		conn.Close()
		<-ended
	}
}

// at returns a port of the host.
func (h host) at(port uint16) string { return netip.AddrPortFrom(h.addr, port).String() }

// quicMethod asks a server of QUIC for a version that nobody has, to which it
// answers with those that it has (RFC 9000, 6.1), after one round trip and
// without any cryptography.
func quicMethod() method {
	m := method{name: evidence.MethodQUIC, port: quicPort, packet: quicPacket, answers: quicAnswer}
	m.open = func(ctx context.Context, p *Probe, h host, port uint16) (io.ReadWriteCloser, error) {
		return guarded(p, h).DialContext(ctx, "udp", h.at(port))
	}
	return m
}
