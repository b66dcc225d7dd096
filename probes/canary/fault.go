package canary

import (
	"errors"
	"fmt"
	nethttp "net/http"
	"net/url"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/store"
)

// maxCauseBytes bounds what is said of a cause in the words of somebody else.
const maxCauseBytes = 200

// Fault is what went wrong with an object. Its text is made here: what clients
// say can hold a signed address, and what services say can hold anything.
type Fault struct {
	Doing  string // writing, reading, deleting
	Key    string
	Target Target
	Status int    // of the answer; 0: there was none
	Code   string // what the service calls it
	Err    error
}

func (f *Fault) Error() string {
	what := fmt.Sprintf("%s %s in %s: ", f.Doing, f.Key, f.Target)
	if f.Status == 0 {
		return what + cause(f.Err)
	}
	what += fmt.Sprintf("%d %s", f.Status, nethttp.StatusText(f.Status))
	if f.Code != "" {
		what += " (" + f.Code + ")"
	}
	return what + f.help()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// meanings are what the codes of services mean that a status does not tell.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var meanings = map[string]string{
	"ExpiredToken":                 "the credentials are no longer valid",
	"TokenRefreshRequired":         "the credentials are no longer valid",
	"InvalidAccessKeyId":           "the service does not know this key: it may be of another partition or another vendor",
	"SignatureDoesNotMatch":        "the secret does not belong to the key",
	"RequestTimeTooSkewed":         "the clock of this machine is too far off",
	"AuthorizationHeaderMalformed": "the bucket is in another region: add it to the target as ?region=…",
}

// help says what would make it work.
func (f *Fault) help() string {
	if meaning, known := meanings[f.Code]; known {
		return "; " + meaning
	}
	switch f.Status {
	case nethttp.StatusUnauthorized:
		return "; " + credentials.Refusal(f.Status, "") + ": give " + f.Target.at.Kind.Credentials
	case nethttp.StatusForbidden:
		return "; " + credentials.Refusal(f.Status, f.Target.at.Kind.Permission(f.Doing))
	case nethttp.StatusNotFound:
		return "; there is no such bucket or folder, or no longer"
	case nethttp.StatusTooManyRequests, nethttp.StatusServiceUnavailable:
		return "; the service asks for fewer requests: try later, or with a smaller --count"
	case nethttp.StatusInsufficientStorage, nethttp.StatusRequestEntityTooLarge:
		return "; there is no room for it: try a smaller --size"
	}
	return ""
}

// class returns the word for evidence.
func (f *Fault) class() evidence.Class {
	if _, known := meanings[f.Code]; known {
		return evidence.ClassDenied
	}
	switch f.Status {
	case 0:
		return evidence.Classify(f.Err)
	case nethttp.StatusUnauthorized, nethttp.StatusForbidden:
		return evidence.ClassDenied
	case nethttp.StatusTooManyRequests, nethttp.StatusServiceUnavailable:
		return evidence.ClassRateLimited
	}
	return evidence.ClassHTTP
}

const (
	writing  = store.Writing
	reading  = store.Reading
	deleting = store.Deleting
)

// fault returns the error of an operation through the door.
func (s *session) fault(doing, key string, err error) error {
	seen := s.door.seen()
	f := &Fault{Doing: doing, Key: key, Target: s.target, Err: err}
	switch {
	case seen.err != nil:
		f.Err = seen.err // without the address that was asked
	case seen.status >= 400:
		f.Status, f.Code = seen.status, seen.code
		var api interface{ ErrorCode() string } // of a service of Amazon's
		if errors.As(err, &api) {
			f.Code = probe.Text(api.ErrorCode(), maxCodeBytes)
		}
	}
	return f
}

// cause returns the text of an error without the address that was asked.
func cause(err error) string {
	var asked *url.Error
	for errors.As(err, &asked) {
		err = asked.Err
	}
	if err == nil {
		return "nothing is known of why"
	}
	return probe.Text(err.Error(), maxCauseBytes)
}

// safeError is an error whose text is that of [cause].
type safeError struct{ error }

func (t safeError) Error() string { return cause(t.error) }

// Unwrap returns the cause.
func (t safeError) Unwrap() error { return t.error }

// unopened is the error of a target whose client could not be made, or makes no
// request. A user without credentials is asked for those that fit.
func unopened(t Target, err error) error {
	if why := credentials.Explained(err); why != nil {
		return fmt.Errorf("%s: %w; a canary takes %s, %s and %s; nothing was written",
			t, why, t.at.Kind.Permission(writing), t.at.Kind.Permission(reading), t.at.Kind.Permission(deleting))
	}
	return fmt.Errorf("opening %s: no request could be made: %w; give %s", t, safeError{err}, t.at.Kind.Credentials)
}
