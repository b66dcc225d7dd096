package canary

import (
	"errors"
	"fmt"
	nethttp "net/http"
	"net/url"

	"github.com/aws/smithy-go"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxCauseBytes bounds what is told of a cause in the words of somebody else.
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

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// help says what would make it work.
func (f *Fault) help() string {
	needed := map[string]string{writing: f.Target.kind.write, reading: f.Target.kind.read, deleting: f.Target.kind.remove}[f.Doing]
	switch f.Status {
	case nethttp.StatusUnauthorized:
		return "; the credentials are missing or no longer valid"
	case nethttp.StatusForbidden:
		return "; the credentials are not allowed this, or no longer valid: it takes " + needed
	case nethttp.StatusNotFound:
		return "; there is no such bucket or folder, or no longer"
	case nethttp.StatusTooManyRequests, nethttp.StatusServiceUnavailable:
		return "; the service asks for fewer requests: try later, or with a smaller --count"
	case nethttp.StatusInsufficientStorage, nethttp.StatusRequestEntityTooLarge:
		return "; there is no room for it: try a smaller --size"
	}
	return ""
}

// class gives the word for evidence.
func (f *Fault) class() evidence.Class {
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
	writing  = "writing"
	reading  = "reading"
	deleting = "deleting"
)

// fault gives the error of an operation through the door.
func (s *session) fault(doing, key string, err error) error {
	seen := s.door.seen()
	f := &Fault{Doing: doing, Key: key, Target: s.target, Err: err}
	switch {
	case seen.err != nil:
		f.Err = seen.err // without the address that was asked
	case seen.status >= 400:
		f.Status, f.Code = seen.status, seen.code
		var api smithy.APIError
		if errors.As(err, &api) {
			f.Code = probe.Text(api.ErrorCode(), maxCodeBytes)
		}
	}
	return f
}

// cause gives the text of an error without the address that was asked.
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

// unopened is the error of a target whose client could not be made.
func unopened(t Target, err error) error {
	return &Fault{Doing: "opening", Key: t.kind.name, Target: t, Err: fmt.Errorf("no request could be made: %s", cause(err))}
}
