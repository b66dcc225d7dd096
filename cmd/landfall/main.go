// Landfall verifies where cloud storage lands: it looks where a vendor's sync and
// backup endpoints really are, and checks it against what the vendor says.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, system(), os.Args[1:])
	stop()
	os.Exit(status)
}
