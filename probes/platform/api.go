package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxAnswerBytes bounds an answer: the list of all probes has some megabytes.
	maxAnswerBytes = 16 << 20
	// maxSaidBytes bounds what an error repeats of an answer.
	maxSaidBytes = 300
	// maxTries is how often is asked again where the other side or the way there
	// is out of order.
	maxTries = 6
	// maxWait bounds one wait for a limit: those of the platforms known are whole
	// again within the hour. Whoever says more is not believed.
	maxWait = 65 * time.Minute
	// usualWait is waited where a platform refuses without saying for how long.
	usualWait = 30 * time.Second
	// requestTimeout bounds one request.
	requestTimeout = 30 * time.Second
)

// API is a platform's interface over HTTP. It may be used from several
// goroutines.
type API struct {
	Base          *url.URL
	Authorization string // header of that name; empty: none
	Secret        string // what must not leave this process but to Base
	UserAgent     string
	Notify        func(text string) // told of each wait; nil: nobody is
	Client        *http.Client      // nil: one that follows no redirect
	Pause         time.Duration     // before the first repetition; 0: half a second
}

// NewAPI returns the interface at base to whoever has the secret, which goes along
// under an authentication scheme; without a secret nothing does.
func NewAPI(base *url.URL, scheme, secret, version string, notify func(string)) API {
	a := API{Base: base, Secret: secret, UserAgent: "landfall/" + version, Notify: notify}
	if secret != "" {
		a.Authorization = scheme + " " + secret
	}
	return a
}

// ParseBase reads the address of an interface. Secrets go over it, so it is
// HTTPS, or on this machine.
func ParseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not the address of an interface: %w", text, err)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the address of an interface is a scheme, a host and a path, such as https://api.example.com")
	case u.Scheme != "https" && !(u.Scheme == "http" && onThisMachine(u.Hostname())):
		return nil, fmt.Errorf("%q: https:// is expected, since tokens go over it", text)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

func onThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Problem is an answer that is not the one asked for.
type Problem struct {
	Status int // of HTTP; 0: it was no answer in HTTP
	Class  evidence.Class
	Text   string
	Wait   time.Duration // how long to leave it alone; 0: nothing was said
}

func (p *Problem) Error() string { return p.Text }

// sent tells of a request whether the other side may have acted on it.
type sent bool

// Get asks for a document, again where that may help.
func (a *API) Get(ctx context.Context, path string) ([]byte, http.Header, error) {
	return a.repeat(ctx, http.MethodGet, path, nil, func(p *Problem, _ sent) bool {
		return p.Status == 0 || p.Status == http.StatusTooManyRequests || p.Status >= 500
	})
}

// Post sends a document once. It is sent again only where the other side has
// said, or cannot have known, that nothing came of it. An error is a [Refusal]
// in the same cases.
func (a *API) Post(ctx context.Context, path string, document any) ([]byte, http.Header, error) {
	body, err := json.Marshal(document)
	if err != nil {
		return nil, nil, &Refusal{fmt.Errorf("encoding the order: %w", err)}
	}
	nothing := func(p *Problem, s sent) bool {
		return !bool(s) || p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	}
	return a.repeat(ctx, http.MethodPost, path, body, nothing)
}

// repeat sends a request until it is answered, or again says that repeating it
// does not help.
func (a *API) repeat(ctx context.Context, method, path string, body []byte, again func(*Problem, sent) bool) ([]byte, http.Header, error) {
	var header http.Header
	var last *Problem
	var went sent
	tries := 0
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = probe.OrDefault(a.Pause, pauses.InitialInterval)
	pauses.MaxInterval = requestTimeout
	answer, err := backoff.Retry(ctx, func() ([]byte, error) {
		got, h, problem, out := a.once(ctx, method, path, body)
		if header, last, went = h, problem, out; problem == nil {
			return got, nil
		}
		limited := problem.Status == http.StatusTooManyRequests
		if tries++; !again(problem, out) || !limited && tries >= maxTries {
			return nil, backoff.Permanent(problem)
		}
		if !limited && problem.Wait == 0 {
			return nil, problem
		}
		wait := max(time.Second, min(cmpWait(problem.Wait), maxWait))
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(wait).After(deadline) {
			problem.Text += fmt.Sprintf("; that is %s away, and this run ends before", wait.Round(time.Second))
			return nil, backoff.Permanent(problem)
		}
		a.notify("%s; waiting %s", problem.Text, wait.Round(time.Second))
		return nil, backoff.RetryAfter(int((wait + time.Second - 1) / time.Second))
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return answer, header, nil
	}
	return nil, header, a.failed(ctx, method, last, went)
}

func cmpWait(said time.Duration) time.Duration {
	if said > 0 {
		return said
	}
	return usualWait
}

// failed returns the error of a request that came to nothing.
func (a *API) failed(ctx context.Context, method string, last *Problem, went sent) error {
	var err error
	switch {
	case last == nil:
		err, went = context.Cause(ctx), false // it ended before anything was sent
	case ctx.Err() != nil && last.Status == 0:
		err = context.Cause(ctx)
	default:
		err = &probe.Failure{Class: last.Class, Err: last}
	}
	if method == http.MethodPost && (!bool(went) || last != nil && refuses(last.Status)) {
		return &Refusal{err}
	}
	return err
}

// refuses reports the statuses by which a server says that it did not do what
// it was asked to (RFC 9110, 15.5), and the one by which it says to come again later.
func refuses(status int) bool {
	return status >= 300 && status < 500 || status == http.StatusServiceUnavailable
}

// once sends one request. Went is true where the other side may have it.
func (a *API) once(ctx context.Context, method, path string, body []byte) (answer []byte, header http.Header, problem *Problem, went sent) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, a.Base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, &Problem{Class: evidence.ClassOther, Text: a.clean(err.Error())}, false
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", a.UserAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.Authorization != "" {
		request.Header.Set("Authorization", a.Authorization)
	}
	response, err := a.client().Do(request)
	if err != nil {
		return nil, nil, &Problem{Class: evidence.Classify(err), Text: a.clean(err.Error())}, sent(!atDial(err))
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, response.Header, a.complaint(response, answer), true
	case err != nil:
		return nil, nil, &Problem{Class: evidence.ClassHTTP, Text: a.clean(fmt.Sprintf("the answer of %s was cut off: %v", a.Base.Host, err))}, true
	case len(answer) > maxAnswerBytes:
		return nil, response.Header, &Problem{Status: response.StatusCode, Class: evidence.ClassHTTP, Text: fmt.Sprintf("the answer of %s has more than %d bytes", a.Base.Host, maxAnswerBytes)}, true
	case !json.Valid(answer):
		return nil, response.Header, &Problem{Class: evidence.ClassHTTP, Text: fmt.Sprintf("%s answers %q where JSON is expected", a.Base.Host, a.clean(string(answer)))}, true
	}
	return a.Redact(answer), response.Header, nil, true
}

// atDial reports whether an error came before anything could be sent.
func atDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// complaint reads an answer that is not a success.
func (a *API) complaint(response *http.Response, body []byte) *Problem {
	p := &Problem{Status: response.StatusCode, Class: classOf(response.StatusCode), Wait: waitOf(response.Header)}
	p.Text = fmt.Sprintf("%s answers %d %s", a.Base.Host, response.StatusCode, http.StatusText(response.StatusCode))
	if said := strings.TrimSpace(message(body)); said != "" {
		p.Text += ": " + a.clean(said)
	}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		p.Text += "; check the token"
	case http.StatusPaymentRequired:
		p.Text += "; there are not enough credits for it"
	}
	return p
}

// classOf returns the failure word for a status.
func classOf(status int) evidence.Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusPaymentRequired:
		return evidence.ClassDenied
	case http.StatusTooManyRequests:
		return evidence.ClassRateLimited
	}
	return evidence.ClassHTTP
}

// message finds the words for people in an error document; it is what there is
// where there are none.
func message(body []byte) string {
	var document struct {
		Error struct {
			Message, Detail string
		}
		Detail string
	}
	if json.Unmarshal(body, &document) == nil {
		for _, text := range []string{document.Error.Message, document.Error.Detail, document.Detail} {
			if text != "" {
				return text
			}
		}
	}
	return string(body)
}

// waitOf reads how long to wait: Retry-After in seconds (RFC 9110, 10.2.3), or
// the header by which rate limits say when they are whole again.
func waitOf(header http.Header) time.Duration {
	for _, name := range []string{"Retry-After", "X-RateLimit-Reset"} {
		if seconds, err := strconv.ParseUint(header.Get(name), 10, 31); err == nil && seconds > 0 {
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}

// Redact takes the secret out of what came back.
func (a *API) Redact(body []byte) []byte {
	if a.Secret == "" {
		return body
	}
	return bytes.ReplaceAll(body, []byte(a.Secret), []byte("[secret]"))
}

// clean makes a text from outside fit for a message, without the secret.
func (a *API) clean(text string) string {
	return probe.Text(string(a.Redact([]byte(text))), maxSaidBytes)
}

func (a *API) notify(format string, args ...any) {
	if a.Notify != nil {
		a.Notify(fmt.Sprintf(format, args...))
	}
}

func (a *API) client() *http.Client {
	if a.Client != nil {
		return a.Client
	}
	// A redirect would carry the order, and what authorises it, elsewhere.
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
