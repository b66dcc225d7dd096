package main

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/cloud/cloudtest"
)

// An S3 server of one's own is asked where the user allows it, and its region is a
// name and no place.
func TestAuditOfAServerOfOnesOwn(t *testing.T) {
	endpoint := cloudtest.VersityGW(t, "basement", "photos")
	target := (providers.Bucket{Scheme: "s3", Container: "photos", Endpoint: endpoint}).String()
	audit := func(args ...string) string {
		t.Helper()
		c := landfallProcess(t, append([]string{"audit", target, "--allow", "EU"}, args...)...)
		c.Env = append(c.Env, "HOME="+t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=", "AWS_REGION=",
			"AWS_ACCESS_KEY_ID="+cloudtest.AccessKey, "AWS_SECRET_ACCESS_KEY="+cloudtest.SecretKey)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	if out := audit("--allow-private"); !strings.Contains(out, `the server calls its region "basement", which is a name of its own`) ||
		strings.Contains(out, "consistent: command-line") || strings.Contains(out, cloudtest.SecretKey) {
		t.Error(out)
	}
	if out := audit(); !strings.Contains(out, "give --allow-private if it is yours and meant") {
		t.Error(out)
	}
}
