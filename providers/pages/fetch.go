package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/landfall-audit/landfall/providers"
)

const (
	// maxPage bounds a page in octets. A long terms of service has 1 MB.
	maxPage = 8 << 20
	// maxRedirects is far above what a page that moved needs.
	maxRedirects = 5
	// DefaultPause is how long a host is left alone between two requests.
	DefaultPause = 2 * time.Second
	// DefaultTimeout bounds one request with all of its body.
	DefaultTimeout = 30 * time.Second
)

// ErrPrivate is wrapped where a page, or a page that it redirects to, is at an
// address that is not on the public internet.
var ErrPrivate = errors.New("the address is private")

// ErrLeaveAlone is wrapped where a host asked to be left alone (status 429 or
// 503) and the request was not made.
var ErrLeaveAlone = errors.New("the host asked to be left alone")

// Page is a page as it was served.
type Page struct {
	URL     string // as it was asked for
	Status  int    // of the last answer; that of the kept page if it did not change
	SHA256  string // of the body, 64 hexadecimal digits; empty if the status is no success
	Text    string // the words, without markup
	Before  string // SHA256 of the page that was kept before; empty: there was none
	Fetched time.Time
}

// Fetcher fetches pages. Its methods are for one goroutine: a second one would
// not be polite.
type Fetcher struct {
	client  *http.Client
	store   Store
	pause   time.Duration
	agent   string
	asked   map[string]time.Time // when a host was asked last
	refused map[string]int       // the status with which a host asked to be left alone
}

// Options is what a caller decides of a [Fetcher].
type Options struct {
	Store        Store         // where pages are kept; one without a folder keeps none
	Pause        time.Duration // between two requests to a host
	Timeout      time.Duration // of one request
	Agent        string        // the program's name, which each request carries
	AllowPrivate bool          // true: private addresses are asked too
}

// New is a fetcher that has asked nobody yet.
func New(o Options) *Fetcher {
	dialer := &net.Dialer{Timeout: o.Timeout}
	if !o.AllowPrivate {
		dialer.Control = onlyPublic
	}
	return &Fetcher{
		client: &http.Client{
			Timeout:       o.Timeout,
			Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: o.Timeout, MaxResponseHeaderBytes: 1 << 20},
			CheckRedirect: fewRedirects,
		},
		store: o.Store, pause: o.Pause, agent: o.Agent,
		asked: map[string]time.Time{}, refused: map[string]int{},
	}
}

// onlyPublic refuses a connection to a private address, after the name was
// looked up and before anything is sent.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if providers.PrivateAddr(at.Addr()) {
		return fmt.Errorf("%w: %s; allow private addresses if it is meant", ErrPrivate, at.Addr())
	}
	return nil
}

func fewRedirects(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return fmt.Errorf("a redirect to %q, expected http or https", r.URL.Scheme)
	}
	return nil
}

// Fetch is the page at a URL. A page that is not there is no error: its status
// says so. An error means that it could not be looked at.
func (f *Fetcher) Fetch(ctx context.Context, url string) (Page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Page{}, fmt.Errorf("asking for a page: %w", err)
	}
	host := request.URL.Host
	if status := f.refused[host]; status != 0 {
		return Page{}, fmt.Errorf("%w: %s answered with status %d; try again later", ErrLeaveAlone, host, status)
	}
	if err := f.wait(ctx, host); err != nil {
		return Page{}, err
	}
	kept, err := f.store.load(url)
	if err != nil {
		return Page{}, err
	}
	request.Header.Set("User-Agent", f.agent)
	kept.condition(request.Header)
	response, err := f.client.Do(request)
	f.asked[host] = time.Now()
	if err != nil {
		return Page{}, fmt.Errorf("fetching a page: %w", err)
	}
	defer response.Body.Close()
	return f.receive(url, host, kept, response)
}

// wait lets the pause of a host pass.
func (f *Fetcher) wait(ctx context.Context, host string) error {
	last, before := f.asked[host]
	if !before {
		return nil
	}
	timer := time.NewTimer(time.Until(last.Add(f.pause)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func (f *Fetcher) receive(url, host string, kept record, response *http.Response) (Page, error) {
	page := Page{URL: url, Status: response.StatusCode, Before: kept.SHA256, Fetched: time.Now().UTC()}
	switch {
	case response.StatusCode == http.StatusNotModified && kept.SHA256 != "":
		page.Status, page.SHA256, page.Text = kept.Status, kept.SHA256, kept.Text
		return page, nil
	case response.StatusCode == http.StatusTooManyRequests, response.StatusCode == http.StatusServiceUnavailable:
		f.refused[host] = response.StatusCode
		return page, fmt.Errorf("%w: %s answered with status %d; try again later", ErrLeaveAlone, host, response.StatusCode)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return page, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPage+1))
	if err != nil {
		return page, fmt.Errorf("reading the page %s: %w", url, err)
	}
	if len(body) > maxPage {
		return page, fmt.Errorf("the page %s has more than %d MiB, which no text of a vendor needs", url, maxPage>>20)
	}
	sum := sha256.Sum256(body)
	page.SHA256 = hex.EncodeToString(sum[:])
	if page.Text, err = Text(body, response.Header.Get("Content-Type")); err != nil {
		return page, fmt.Errorf("page %s: %w", url, err)
	}
	return page, f.store.save(newRecord(page, response.Header))
}
