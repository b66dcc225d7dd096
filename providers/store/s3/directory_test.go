package s3

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers"
)

// The ids are those that Amazon lists
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-networking.html).
func TestDirectoryZone(t *testing.T) {
	for name, want := range map[string]string{
		"quick--usw2-az1--x-s3": "usw2-az1 us-west-2", "quick--use1-az4--x-s3": "use1-az4 us-east-1", "a--b--use2-az1--x-s3": "use2-az1 us-east-2",
		"quick--apne1-az4--x-s3": "apne1-az4 ap-northeast-1", "quick--aps1-az1--x-s3": "aps1-az1 ap-south-1", "quick--euw1-az3--x-s3": "euw1-az3 eu-west-1", "quick--eun1-az1--x-s3": "eun1-az1 eu-north-1",
		"quick--usgw1-az1--x-s3": "usgw1-az1 us-gov-west-1", "quick--cnnw1-az1--x-s3": "cnnw1-az1 cn-northwest-1",
		"quick--use1-dfw2-az1--x-s3": "use1-dfw2-az1 ", // a Local Zone in Dallas
		"quick--mars1-az1--x-s3":     "mars1-az1 ",
		"photos":                     "", "photos--x-s3": "", "--usw2-az1--x-s3": "", "quick--usw2-az1--x-s3-copy": "",
	} {
		z, is := directoryZone(name)
		if got := z.id + " " + z.region; is != (want != "") || is && got != want {
			t.Errorf("%s: %q, %v", name, got, is)
		}
	}
	// No two regions share the letters of their zones.
	seen := map[string]string{}
	for _, r := range providers.Regions() {
		letters := zoneLetters(r.Code)
		if r.Provider == providerID && seen[letters] != "" {
			t.Errorf("%s and %s are both %s", r.Code, seen[letters], letters)
		}
		if r.Provider == providerID {
			seen[letters] = r.Code
		}
	}
}

func TestDirectoryBucket(t *testing.T) {
	const named = "endpoint-name: aws:us-west-2 (it is a directory bucket of the one zone usw2-az1)"
	look := func(name string, anonymous bool) ([]string, []string) {
		recorded := storetest.Load(t, "testdata/recorded.txtar")
		c := New(storetest.Serve(t, recorded).Client)
		return storetest.Said(c.Locate(t.Context(), s3Bucket(name), anonymous)), recorded.Asked()
	}
	storetest.Settings(t, withKey()...)
	for name, want := range map[string][]string{
		"quick--usw2-az1--x-s3":      {named, "HeadBucket: aws:us-west-2"},
		"other--usw2-az1--x-s3":      {named, "denied! HeadBucket: the credentials may not ask this; the permission s3express:CreateSession would help"},
		"shut--usw2-az1--x-s3":       {named, "denied! HeadBucket: the credentials may not ask this; the permission s3express:CreateSession would help"},
		"nameless--usw2-az1--x-s3":   {named, "HeadBucket: aws:us-west-2"}, // by the zone that answered
		"lying--usw2-az1--x-s3":      {named, "http! HeadBucket: the server names a region that cannot be one"},
		"quick--use1-dfw2-az1--x-s3": {"endpoint-name: (it is a directory bucket of the one zone use1-dfw2-az1) (no table says where that zone is)"},
	} {
		got, _ := look(name, false)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, asked := look("quick--usw2-az1--x-s3", true); len(got) != 1 || got[0] != named || len(asked) > 0 {
		t.Errorf("as nobody: %q, asked %q", got, asked)
	}
	// Other servers have no such zones, whatever their buckets are called.
	other := s3Bucket("quick--usw2-az1--x-s3")
	other.Endpoint = "https://s3.example.com"
	elsewhere := New(storetest.Serve(t, http.NotFoundHandler()).Client)
	if got := strings.Join(storetest.Said(elsewhere.Locate(t.Context(), other, false)), " "); strings.Contains(got, "zone") {
		t.Errorf("at another server: %q", got)
	}
	storetest.Settings(t)
	got, asked := look("quick--usw2-az1--x-s3", false)
	if len(got) != 2 || got[0] != named || !strings.Contains(got[1], "no credentials were found") || !strings.Contains(got[1], "s3express:CreateSession") || len(asked) > 0 {
		t.Errorf("%q, asked %q", got, asked)
	}
}
