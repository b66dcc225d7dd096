package rtt

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// What Windows calls a connection that was reset or refused (Winsock error
// codes); elsewhere no error has these numbers.
const (
	wsaeConnReset   = syscall.Errno(10054)
	wsaeConnRefused = syscall.Errno(10061)
)

type controlFunc = func(context.Context, string, string, syscall.RawConn) error

// watch follows one connection from just before its SYN.
type watch struct {
	started time.Time
	socket  socket
}

// arm returns the dialer's last hook before connect: what was there already,
// then the start of the clock. The time before it, for making the socket, is
// no part of a round trip.
func (w *watch) arm(first controlFunc, old func(string, string, syscall.RawConn) error) controlFunc {
	return func(ctx context.Context, network, address string, c syscall.RawConn) error {
		switch {
		case first != nil:
			if err := first(ctx, network, address, c); err != nil {
				return err
			}
		case old != nil:
			if err := old(network, address, c); err != nil {
				return err
			}
		}
		if err := w.socket.hold(network, c); err != nil {
			return err
		}
		w.started = time.Now()
		return nil
	}
}

// isReply tells whether a failed connection was answered: with a RST, or with
// a SYN-ACK and a RST right behind it. The time up to the RST is too long then,
// which does no harm.
func isReply(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, wsaeConnRefused) || errors.Is(err, wsaeConnReset)
}
