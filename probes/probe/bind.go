package probe

import (
	"context"
	"net"
	"time"
)

// Bind ends what waits on conn when ctx ends, also where a read or write knows
// nothing of contexts. The function that it gives ends the binding and closes
// conn.
func Bind(ctx context.Context, conn net.Conn) func() {
	if deadline, ok := ctx.Deadline(); ok {
		// A connection that takes no deadline is ended by the hook below.
		_ = conn.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() {
		stop()
		conn.Close()
	}
}
