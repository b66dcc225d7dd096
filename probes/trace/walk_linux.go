package trace

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// unable is why this system cannot trace: it can.
const unable = ""

// scout sends the packets of one method and takes what comes back.
type scout interface {
	// fire sends a packet. An error is one of this machine: no way there, no
	// socket left.
	fire(s probePacket) error
	// watched adds the descriptors to wait for.
	watched(to []unix.PollFd) []unix.PollFd
	// collect takes what came on a descriptor. Mute is set where an answer
	// does not say to which packet it belongs.
	collect(fd int32) (replies []reply, mute bool)
	close()
}

// walk sends what w says is due, and hands it what came back, until w says that
// it is enough or ctx ends.
func (p *Probe) walk(ctx context.Context, r route, w *walk, met func(netip.Addr)) error {
	bell, err := newBell(ctx)
	if err != nil {
		return err
	}
	defer bell.close()
	s, err := p.scout(ctx, r)
	if err != nil {
		return err
	}
	defer s.close()
	var fds []unix.PollFd
	for !w.over(time.Now()) && ctx.Err() == nil {
		wait, err := fire(s, w)
		if err != nil {
			return err
		}
		fds = s.watched(append(fds[:0], bell.watched()))
		if err := poll(fds, wait); err != nil {
			return err
		}
		for _, fd := range fds[1:] {
			if fd.Revents == 0 {
				continue
			}
			replies, mute := s.collect(fd.Fd)
			for _, got := range replies {
				if w.answered(got, time.Now()) && !got.host {
					met(got.from)
				}
			}
			if mute {
				w.unnamed()
			}
		}
	}
	return nil
}

// fire sends what is due, and tells how long there is nothing to send then.
func fire(s scout, w *walk) (time.Duration, error) {
	for {
		next, wait, ok := w.due(time.Now())
		if !ok {
			return wait, nil
		}
		w.sent(next, time.Now())
		if err := s.fire(next); err != nil {
			return 0, fmt.Errorf("sending a packet that may make %d hops: %w", next.ttl, err)
		}
	}
}

func (p *Probe) scout(ctx context.Context, r route) (scout, error) {
	base := base{
		ctx: ctx, to: r.to(), six: !r.at.Addr.Is4(), dialer: probe.Guard(p.Dialer, r.at.AllowPrivate),
	}
	switch r.method {
	case evidence.MethodTCP:
		return &tcpScout{base: base, probePackets: map[int32]probePacket{}}, nil
	case evidence.MethodUDP:
		return newUDPScout(base)
	case evidence.MethodICMP:
		return newICMPScout(base)
	}
	return nil, fmt.Errorf("paths are traced by tcp, udp and icmp, not by %q", r.method)
}

// maxFiles is how many files this process may have open.
func maxFiles() int {
	var most unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &most); err != nil {
		return spare
	}
	return int(min(most.Cur, 1<<20))
}

// poll waits until something comes on a descriptor, at most for wait.
func poll(fds []unix.PollFd, wait time.Duration) error {
	timeout := unix.NsecToTimespec(int64(max(wait, 0)))
	_, err := unix.Ppoll(fds, &timeout, nil)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("waiting for answers: %w", err)
	}
	return nil
}

// bell wakes poll when a context ends.
type bell struct {
	fd   int
	stop func() bool
	rung chan struct{}
}

func newBell(ctx context.Context) (*bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("waiting for answers: %w", err)
	}
	b := &bell{fd: fd, rung: make(chan struct{})}
	b.stop = context.AfterFunc(ctx, func() {
		defer close(b.rung)
		// It can fail only where it was rung before.
		_, _ = unix.Write(fd, binary.NativeEndian.AppendUint64(nil, 1))
	})
	return b, nil
}

func (b *bell) watched() unix.PollFd { return unix.PollFd{Fd: int32(b.fd), Events: unix.POLLIN} }

// close waits for a hand on the bell: the number of its descriptor may be that
// of another file afterwards.
func (b *bell) close() {
	if !b.stop() {
		<-b.rung
	}
	unix.Close(b.fd)
}
