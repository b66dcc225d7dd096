package tls

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/landfall-audit/landfall/probes/probe"
)

// What bounds a connection over HTTP/2 on which nothing is asked for. A server
// sends its settings, windows and acknowledgements, less than a kilobyte.
const (
	maxFrames     = 100
	maxFrameBytes = 16 << 10 // the least that every endpoint takes, RFC 9113, 4.2
	maxBytes      = 64 << 10
	// lastWait is how long an acknowledgement of the last PING is waited for; no
	// round trip on earth takes longer without a queue.
	lastWait = 2 * time.Second
)

// octets are the opaque data of a PING (RFC 9113, 6.7).
type octets [8]byte

// series times PING frames on one connection.
//
// An acknowledgement has to hold the eight octets of its PING (RFC 9113, 6.7).
// They are drawn at random just before it is sent and travel encrypted, so nobody
// can acknowledge a PING before having read it with the key of the connection,
// whose handshake took that of the certificate: the time is that of a round trip
// to there or more. Octets that were not sent, or were acknowledged already, show
// a server that does not answer what it read, and the whole series is refused.
type series struct {
	conn    *tls.Conn
	watched *probe.Proof
	framer  *http2.Framer
	spacing time.Duration

	writing sync.Mutex // one frame at a time

	mu   sync.Mutex
	open map[octets]time.Time
	took []float64 // ms
	sent int
	full chan struct{} // closed when every PING was acknowledged
}

func newSeries(conn *tls.Conn, watched *probe.Proof, spacing time.Duration) *series {
	s := &series{
		conn: conn, watched: watched, spacing: spacing,
		open: map[octets]time.Time{}, full: make(chan struct{}),
	}
	s.framer = http2.NewFramer(conn, io.LimitReader(conn, maxBytes))
	s.framer.SetMaxReadFrameSize(maxFrameBytes)
	s.framer.SetReuseFrames()
	return s
}

// run sends the PINGs and returns how long the acknowledged ones took. It ends
// what reads from the connection, which is of no use afterwards.
func (s *series) run(ctx context.Context) (samplesMS []float64, sent int, err error) {
	if err := s.greet(); err != nil {
		return nil, 0, fmt.Errorf("greeting: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.read() }()
	readErr, over := s.send(ctx, ended)
	_ = s.write(func() error { return s.framer.WriteGoAway(0, http2.ErrCodeNo, nil) }) // a courtesy
	if !over {
		_ = s.conn.SetDeadline(time.Unix(1, 0))
		readErr = <-ended
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var forged *forgedError
	switch {
	case errors.As(readErr, &forged):
		return nil, s.sent, forged
	case len(s.took) > 0:
		return s.took, s.sent, nil // what is missing counts as lost
	case ctx.Err() != nil:
		return nil, s.sent, ctx.Err()
	case over && readErr != nil:
		return nil, s.sent, readErr
	}
	return nil, s.sent, fmt.Errorf("none of %d was acknowledged", s.sent)
}

// greet sends the connection preface (RFC 9113, 3.4).
func (s *series) greet() error {
	var preface bytes.Buffer
	preface.WriteString(http2.ClientPreface)
	if err := http2.NewFramer(&preface, nil).WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0}); err != nil {
		return err
	}
	_, err := s.conn.Write(preface.Bytes())
	return err
}

// send sends the PINGs and waits for the last of their acknowledgements. Frames may
// follow the preface before the server has greeted (RFC 9113, 3.4). Over is true
// where reading has ended by itself.
func (s *series) send(ctx context.Context, ended <-chan error) (readErr error, over bool) {
	clock := time.NewTimer(probe.Scatter(s.spacing))
	defer clock.Stop()
	for left := DefaultPings; ; {
		select {
		case <-s.full:
			return nil, false
		case readErr := <-ended:
			return readErr, true
		case <-ctx.Done():
			return nil, false
		case <-clock.C:
			if left == 0 {
				return nil, false
			}
			if s.ping() != nil { // reading says why
				return <-ended, true
			}
			left--
			clock.Reset(probe.Scatter(s.spacing))
			if left == 0 {
				clock.Reset(lastWait)
			}
		}
	}
}

// ping sends one PING.
func (s *series) ping() error {
	var mark octets
	_, _ = rand.Read(mark[:]) // never fails
	return s.write(func() error {
		s.mu.Lock()
		s.sent++
		s.open[mark] = time.Now()
		s.mu.Unlock()
		return s.framer.WritePing(false, mark)
	})
}

func (s *series) write(frame func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return frame()
}

// read takes frames until the connection ends.
func (s *series) read() error {
	for n := range maxFrames {
		frame, err := s.framer.ReadFrame()
		if err != nil {
			return err
		}
		settings, isSettings := frame.(*http2.SettingsFrame)
		if n == 0 && (!isSettings || settings.IsAck()) {
			return errors.New("the server's first frame is not its settings (RFC 9113, 3.4)")
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = s.write(s.framer.WriteSettingsAck)
			}
		case *http2.PingFrame:
			err = s.pinged(frame)
		case *http2.GoAwayFrame:
			return fmt.Errorf("the server ended the connection: %s", frame.ErrCode)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("the server sent more than %d frames", maxFrames)
}

// pinged takes an acknowledgement, or acknowledges a PING of the server's own.
func (s *series) pinged(frame *http2.PingFrame) error {
	if !frame.IsAck() {
		return s.write(func() error { return s.framer.WritePing(true, frame.Data) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, waiting := s.open[frame.Data]
	if !waiting {
		return &forgedError{}
	}
	delete(s.open, frame.Data)
	s.took = append(s.took, probe.Milliseconds(s.watched.Heard().Sub(sent)))
	if len(s.took) == DefaultPings {
		close(s.full)
	}
	return nil
}

// forgedError is the end of a series whose server acknowledged what was not sent.
type forgedError struct{}

func (*forgedError) Error() string {
	return "the server acknowledged octets that were not sent, or had been acknowledged; its times are not used"
}
