// Package fakestore is the object stores of the simulated internet: servers of
// S3 and WebDAV that others wrote, behind front doors that are some way from
// them and may keep what passes through.
package fakestore

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"golang.org/x/net/webdav"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

const (
	// AWSEndpoint is the endpoint of Amazon's that the store of S3 answers as, with
	// the name of the bucket in front or behind it.
	AWSEndpoint = "s3." + region + ".amazonaws.com"
	// AWSFirstEndpoint is where Amazon is asked whose region is not known.
	AWSFirstEndpoint = "s3.us-east-1.amazonaws.com"
	region           = "eu-central-1"
)

// Platforms returns the services of S3, where every bucket is there, and of
// WebDAV.
func Platforms() []fakenet.Platform {
	return []fakenet.Platform{
		{Service: scenario.S3, Handler: func(*scenario.Scenario) (http.Handler, error) {
			return amazon(newDoor(gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true), gofakes3.WithHostBucketBase(AWSEndpoint)).Server())), nil
		}},
		{Service: scenario.WebDAV, Handler: func(*scenario.Scenario) (http.Handler, error) {
			return newDoor(&webdav.Handler{FileSystem: webdav.NewMemFS(), LockSystem: webdav.NewMemLS()}), nil
		}},
	}
}

// amazon tells the region of buckets as Amazon does, which the server does not know
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
func amazon(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.Host, ".amazonaws.com"):
		case r.URL.Query().Has("location"):
			fmt.Fprintf(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</LocationConstraint>`, region)
			return
		case r.Method == http.MethodHead:
			w.Header().Set("X-Amz-Bucket-Region", region)
		}
		next.ServeHTTP(w, r)
	})
}

// door is a front door. What it has to fetch takes as long as the scenario says
// that the store is away.
type door struct {
	store http.Handler

	mu   sync.Mutex
	kept map[string]kept // by host and path
}

// kept is an object that a front door has at hand.
type kept struct {
	header http.Header
	body   []byte
	until  time.Time
}

// long is longer than a scenario lives.
const long = time.Hour

func newDoor(store http.Handler) *door { return &door{store: store, kept: map[string]kept{}} }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, cache := r.Host+r.URL.Path, fakenet.CacheOf(r)
	if r.Method == http.MethodGet {
		if object, ok := d.at(key); ok {
			serve(w, r, object)
			return
		}
	}
	if !fakenet.AwaitStore(r) {
		return
	}
	if r.Method == http.MethodGet && cache == scenario.CacheReads {
		if object, ok := d.fetch(r, key, long); ok {
			serve(w, r, object)
			return
		}
	}
	d.store.ServeHTTP(w, r)
	switch {
	case r.Method == http.MethodPut && cache == scenario.CacheWrites:
		d.fetch(r, key, scenario.CacheWritesFor)
	case r.Method != http.MethodGet:
		d.forget(key)
	}
}

// at returns an object that is at hand.
func (d *door) at(key string) (kept, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	object, ok := d.kept[key]
	return object, ok && time.Now().Before(object.until)
}

// fetch takes the whole of an object from the store and keeps it.
func (d *door) fetch(r *http.Request, key string, lasts time.Duration) (kept, bool) {
	whole := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "https://"+key, nil)
	answer := httptest.NewRecorder()
	d.store.ServeHTTP(answer, whole)
	if answer.Code != http.StatusOK {
		return kept{}, false
	}
	object := kept{answer.Header(), answer.Body.Bytes(), time.Now().Add(lasts)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[key] = object
	return object, true
}

func (d *door) forget(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, key)
}

// serve answers from what is at hand, ranges too.
func serve(w http.ResponseWriter, r *http.Request, object kept) {
	for name, values := range object.header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(object.body))
}
