package cloud

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxTries bounds how often one question is asked.
	maxTries = 6
	// firstPause and longestPause are those between tries, where the server names
	// none: clouds forget a burst within seconds.
	firstPause, longestPause = 300 * time.Millisecond, 5 * time.Second
	// longestAskedSeconds is the longest pause that a server may ask for.
	longestAskedSeconds = 15
)

// errBusy is an answer that asks to be asked again.
var errBusy = errors.New("the server is busy")

// Ask sends a request without a body. An answer that says that the server is busy
// (429 Too Many Requests, 500, 502, 503, 504) is waited for and asked again a
// few times; after that it is given as it is. The caller closes its body.
func Ask(client *http.Client, r *http.Request) (*http.Response, error) {
	var response *http.Response
	once := func() (none struct{}, err error) {
		if response != nil {
			response.Body.Close()
		}
		response, err = client.Do(r)
		if err != nil {
			return none, backoff.Permanent(err)
		}
		if !busy(response.StatusCode) {
			return none, nil
		}
		if seconds := askedPause(response); seconds > 0 {
			return none, backoff.RetryAfter(seconds)
		}
		return none, errBusy
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstPause, longestPause
	_, err := backoff.Retry(r.Context(), once, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(0))
	if response == nil {
		return nil, err
	}
	if stopped := r.Context().Err(); stopped != nil {
		response.Body.Close()
		return nil, stopped
	}
	return response, nil
}

// busy reports whether a status asks to be asked again later.
func busy(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// askedPause reads Retry-After in seconds (RFC 9110, 10.2.3); 0 where there is
// none.
func askedPause(response *http.Response) int {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return min(seconds, longestAskedSeconds)
}
