package gcs

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

func bucket(name string) store.Bucket { return store.Bucket{Scheme: "gs", Container: name} }

// said tells an answer in lines, the note that every bucket has left out, and of
// transfers no more than TestTransfers looks at.
func said(a cloud.Answer) []string {
	out := slices.DeleteFunc(storetest.Said(a), func(line string) bool { return strings.Contains(line, transferAPI) })
	for i := range out {
		out[i] = strings.TrimSuffix(out[i], " ("+unbound+")")
	}
	return out
}

// TestRegions asks two servers of another make, each with a region of its own.
func TestRegions(t *testing.T) {
	for region, want := range map[string]string{"EUROPE-WEST4": "gcp:europe-west4", "US-EAST1": "gcp:us-east1"} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := free.Addr().(*net.TCPAddr)
		free.Close()
		server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
			Scheme: "http", Host: "127.0.0.1", Port: uint16(at.Port), PublicHost: at.String(), BucketsLocation: region,
		})
		if err != nil {
			t.Fatal(err)
		}
		server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "fleet"})
		storetest.Settings(t, "STORAGE_EMULATOR_HOST="+at.String(), "GOOGLE_CLOUD_PROJECT=lab")
		dialer := net.Dialer{}
		client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
		c := New(client)
		answer := c.Locate(t.Context(), bucket("fleet"), false)
		if len(answer.Said) != 1 || len(answer.Said[0].Locations) != 1 || answer.Said[0].Locations[0] != want || answer.Said[0].Target != "gs://fleet" {
			t.Errorf("got %q, want %s", said(answer), want)
		}
		if got := said(c.Locate(t.Context(), bucket("gone"), false)); len(got) != 1 || got[0] != "other! buckets.get: there is no bucket of that name" {
			t.Errorf("got %q", got)
		}
		listed, err := c.List(t.Context(), "")
		if err != nil || len(listed) != 1 || listed[0] != bucket("fleet") {
			t.Errorf("listed %v, %v", listed, err)
		}
		client.CloseIdleConnections()
		server.Stop()
	}
}

func TestKindsOfLocation(t *testing.T) {
	storetest.Settings(t, storetest.GoogleUser(t, http.StatusOK)...)
	recorded := storetest.Load(t, "testdata/recorded.txtar")
	c := New(storetest.Serve(t, recorded).Client)
	for name, want := range map[string]string{
		"area":     "buckets.get: EU (EU is a multi-region: the copies are in at least two of its regions, and Google does not say in which) (soft delete is on: deleted objects stay for 7 days)",
		"asia":     "buckets.get: gcp-geo:asia (ASIA is a multi-region: the copies are in at least two of its regions, and Google does not say in which)",
		"pair":     "buckets.get: gcp:europe-north1 gcp:europe-west4 (EUR4 is a dual-region: there is a copy in each of the two) (turbo replication is on: the second region has a copy within 15 minutes)",
		"own-pair": "buckets.get: gcp:europe-west1 gcp:europe-west2 (EU is a dual-region: there is a copy in each of the two)",
		"zonal":    "buckets.get: gcp:us-central1",
		"odd":      "buckets.get: gcp:mars-north1",
		"closed":   "denied! buckets.get: the credentials may not ask this; the permission storage.buckets.get would help",
		"unknown":  "denied! buckets.get: the credentials were not accepted; log in again (gcloud auth application-default login)",
		"gone":     "other! buckets.get: there is no bucket of that name",
	} {
		if got := said(c.Locate(t.Context(), bucket(name), false)); len(got) != 1 || got[0] != want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
	if _, err := c.List(t.Context(), "another"); err == nil || !strings.Contains(err.Error(), "storage.buckets.list would help") {
		t.Errorf("List: %v", err)
	}
	listed, err := c.List(t.Context(), "")
	if diff := cmp.Diff([]store.Bucket{bucket("area"), bucket("asia")}, listed); diff != "" || err != nil {
		t.Errorf("%v %s, asked %q", err, diff, recorded.Asked())
	}
	// Every place that the table names is one of the claims language.
	for code, regions := range dualRegions {
		for _, region := range regions {
			if _, err := providers.RegionPlace(providerID, region); err != nil {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
	for code, place := range areas {
		if _, err := providers.ParsePlace(place); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	storetest.Settings(t, storetest.GoogleMachine(t, false))
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	got := said(c.Locate(t.Context(), bucket("closed"), false))
	if len(got) != 1 || !strings.Contains(got[0], "no credentials were found") || !strings.Contains(got[0], "storage.buckets.get") {
		t.Errorf("got %q", got)
	}
	// A bucket that everybody may read the metadata of.
	if got := said(c.Locate(t.Context(), bucket("zonal"), false)); len(got) != 1 || got[0] != "buckets.get: gcp:us-central1" {
		t.Errorf("got %q", got)
	}
	if _, err := c.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "no credentials were found") || !strings.Contains(err.Error(), "storage.buckets.list") {
		t.Errorf("List: %v", err)
	}
}

// TestMachine: a machine of Google's has an account and a project of its own.
func TestMachine(t *testing.T) {
	storetest.Settings(t, storetest.GoogleMachine(t, true))
	signed := true
	recorded := storetest.Load(t, "testdata/recorded.txtar")
	c := New(storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed = signed && r.Header.Get("Authorization") == "Bearer "+storetest.GoogleToken
		recorded.ServeHTTP(w, r)
	})).Client)
	if listed, err := c.List(t.Context(), ""); err != nil || len(listed) != 2 || !signed {
		t.Errorf("listed %v, %v, signed %v", listed, err, signed)
	}
}

func TestBadCredentials(t *testing.T) {
	storetest.Settings(t, storetest.GoogleUser(t, http.StatusBadRequest)...)
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	if got := said(c.Locate(t.Context(), bucket("closed"), false)); len(got) != 1 || !strings.HasPrefix(got[0], "denied! ") || strings.Contains(got[0], "SECRET") {
		t.Errorf("got %q", got)
	}
}

func TestBadAnswers(t *testing.T) {
	storetest.Settings(t, storetest.GoogleUser(t, http.StatusOK)...)
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		class  evidence.Class
	}{
		"RedirectLoop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }, evidence.ClassHTTP},
		"NotJSON":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>SECRET") }, evidence.ClassHTTP},
		"EndlessJSON": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"name": "`)
			for range 1 << 15 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err != nil {
					return
				}
			}
		}, evidence.ClassHTTP},
	} {
		t.Run(name, func(t *testing.T) {
			answer := New(storetest.Serve(t, tc.answer).Client).Locate(t.Context(), bucket("b-1"), false)
			if len(answer.Said) != 0 || len(answer.Failed) != 1 || answer.Failed[0].Class != tc.class {
				t.Fatalf("got %q", said(answer))
			}
			if text := answer.Failed[0].Error(); strings.Contains(text, "SECRET") || strings.ContainsAny(text, "\n\r") {
				t.Errorf("%q", text)
			}
		})
	}
}
