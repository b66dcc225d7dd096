package main

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
)

// An S3 server of one's own is asked where the user allows it, and its region is a
// name and no place.
func TestAuditOfAServerOfOnesOwn(t *testing.T) {
	endpoint := storetest.VersityGW(t, "basement", "photos")
	target := (store.Bucket{Scheme: "s3", Container: "photos", Endpoint: endpoint}).String()
	audit := func(args ...string) string {
		t.Helper()
		c := landfallProcess(t, append([]string{"audit", target, "--allow", "EU"}, args...)...)
		c.Env = append(c.Env, "HOME="+t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=", "AWS_REGION=",
			"AWS_ACCESS_KEY_ID="+storetest.AccessKey, "AWS_SECRET_ACCESS_KEY="+storetest.SecretKey)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	if out := audit("--allow-private"); !strings.Contains(out, `the server calls its region "basement", which is a name of its own`) ||
		strings.Contains(out, "consistent: command-line") || strings.Contains(out, storetest.SecretKey) {
		t.Error(out)
	}
	if out := audit(); !strings.Contains(out, "give --allow-private if it is yours and meant") {
		t.Error(out)
	}
}

// A scheme of no cloud is named to the user, with those that there are.
func TestUnknownCloud(t *testing.T) {
	s, _, errs := isolated(t)
	for _, target := range []string{"oss://", "oss://photos"} {
		errs.Reset()
		if status := run(t.Context(), s, []string{"audit", target, "--allow", "CN"}); status != exitUsage || !strings.Contains(errs.String(), "unknown scheme, expected s3://bucket, gs://bucket, azblob://account/container or a name") {
			t.Errorf("%s: status %d, %s", target, status, errs)
		}
	}
}
