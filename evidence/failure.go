package evidence

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Class is the fixed word for how a measurement failed. The text of the error
// stands beside it; programs read the word.
type Class string

// The failure words of landfall.evidence/v1.
const (
	ClassTimeout     Class = "timeout"     // nothing came back in time
	ClassRefused     Class = "refused"     // the host answered that it will not (RST, ICMP port unreachable)
	ClassUnreachable Class = "unreachable" // no way there from this vantage
	ClassNXDomain    Class = "nxdomain"    // the name does not exist, RFC 8020
	ClassTLS         Class = "tls"         // the handshake failed
	ClassHTTP        Class = "http"        // not an answer in HTTP
	ClassDenied      Class = "denied"      // not allowed: by this system, or by the rule against private addresses
	ClassCancelled   Class = "cancelled"   // the run was stopped; asked again on resume
	ClassRateLimited Class = "rate-limited"
	ClassOther       Class = "other"
)

// Classify returns the failure word for err; nil gives the empty word.
func Classify(err error) Class {
	var dns *net.DNSError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return ClassCancelled
	case errors.As(err, &dns) && dns.IsNotFound:
		return ClassNXDomain
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return ClassRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL),
		errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.ENETDOWN):
		return ClassUnreachable
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return ClassDenied
	case isTimeout(err):
		return ClassTimeout
	case isTLS(err):
		return ClassTLS
	}
	return ClassOther
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &timeout) && timeout.Timeout()
}

func isTLS(err error) bool {
	var (
		alert     tls.AlertError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &alert) || errors.As(err, &record) || errors.As(err, &verify) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}
