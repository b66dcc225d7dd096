package s3

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// TestOtherServers asks two S3 servers that others wrote, each with a region of
// its own, which is a name and no place.
func TestOtherServers(t *testing.T) {
	storetest.Settings(t, "AWS_ACCESS_KEY_ID="+storetest.AccessKey, "AWS_SECRET_ACCESS_KEY="+storetest.SecretKey)
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	c := New(client)
	for _, region := range []string{"eu-central-1", "basement"} {
		endpoint := storetest.VersityGW(t, region, "photos", "letters")
		bucket := store.Bucket{Scheme: "s3", Container: "photos", Endpoint: endpoint}
		answer := c.Locate(t.Context(), bucket, false)
		for _, s := range answer.Said {
			if s.Target != bucket.String() || s.Provider != strings.TrimPrefix(endpoint, "http://") || len(s.Locations) > 0 {
				t.Errorf("%+v: a server that nobody knows has no place", s)
			}
		}
		want := `GetBucketLocation: (the server calls its region "` + region + `", which is a name of its own: no table says where that is)`
		if got := storetest.Said(answer); !slices.Contains(got, want) {
			t.Errorf("got %q\nwant among them %q", got, want)
		}
		gone := storetest.Said(c.Locate(t.Context(), store.Bucket{Scheme: "s3", Container: "gone", Endpoint: endpoint}, false))
		if len(gone) == 0 || !strings.Contains(strings.Join(gone, " "), "not there any more") {
			t.Errorf("a bucket that is not there: %q", gone)
		}
		// The same server, named by the user's settings.
		t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
		answer = New(client).Locate(t.Context(), s3Bucket("photos"), false)
		if got := storetest.Said(answer); !slices.Contains(got, want) || answer.Said[0].Target != "s3://photos" {
			t.Errorf("by AWS_ENDPOINT_URL_S3: got %q", got)
		}
		listed, err := c.List(t.Context(), endpoint)
		if diff := cmp.Diff([]store.Bucket{{Scheme: "s3", Container: "letters", Endpoint: endpoint}, bucket}, listed); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
}

// TestOtherServerRefuses has a key that the server does not know.
func TestOtherServerRefuses(t *testing.T) {
	storetest.Settings(t, withKey()...)
	endpoint := storetest.VersityGW(t, "eu-central-1", "photos")
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	got := storetest.Said(New(client).Locate(t.Context(), store.Bucket{Scheme: "s3", Container: "photos", Endpoint: endpoint}, false))
	if !strings.Contains(strings.Join(got, "\n"), "the credentials are not known in ") || strings.Contains(strings.Join(got, "\n"), "SECRET") {
		t.Errorf("got %q", got)
	}
}
