package evidence

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestClassify(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, tc := range []struct {
		err  error
		want Class
	}{
		{nil, ""},
		{dial(syscall.ECONNREFUSED), ClassRefused},
		{dial(syscall.ECONNRESET), ClassRefused},
		{dial(syscall.ENETUNREACH), ClassUnreachable},
		{dial(syscall.EHOSTUNREACH), ClassUnreachable},
		{dial(syscall.ETIMEDOUT), ClassTimeout},
		{dial(syscall.EPERM), ClassDenied},
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), ClassTimeout},
		{fmt.Errorf("asking: %w", context.Canceled), ClassCancelled},
		{os.ErrDeadlineExceeded, ClassTimeout},
		{&net.DNSError{IsNotFound: true}, ClassNXDomain},
		{&net.DNSError{IsTimeout: true}, ClassTimeout},
		{fmt.Errorf("handshake: %w", tls.AlertError(40)), ClassTLS},
		{tls.RecordHeaderError{}, ClassTLS},
		{errors.New("odd"), ClassOther},
	} {
		if got := Classify(tc.err); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.err, got, tc.want)
		}
	}
}
