package s3

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// The user's settings, as the tests have them. What begins with SECRET must not
// come out anywhere.
const (
	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "SECRET-wJalrXUtnFEMI"
	token  = "SECRET-session-token"
)

func withKey() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_SESSION_TOKEN=" + token}
}

func s3Bucket(name string) store.Bucket { return store.Bucket{Scheme: "s3", Container: name} }

func TestWithCredentials(t *testing.T) {
	storetest.Settings(t, withKey()...)
	recorded := storetest.Load(t, "testdata/recorded.txtar")
	c := New(storetest.Serve(t, recorded).Client)
	for name, want := range map[string][]string{
		"photos": {
			"HeadBucket: aws:eu-central-1",
			"GetBucketLocation: aws:eu-central-1",
			"GetBucketReplication: [s3://photos-copy, aws:us-east-1, replication rule all-of-it] (the replication rule once to s3://photos-old in aws:ap-southeast-1 is switched off; copies that it made before may still be there)",
			"ListBucketInventoryConfigurations: [s3://lists, aws:us-west-2, inventory weekly, metadata]",
			"GetBucketAccelerateConfiguration: (transfer acceleration is on: through it, uploads and downloads pass the edge nearest to the client)",
			"ListMultiRegionAccessPoints: (what is written through the multi-region access point world lands in this bucket or in s3://photos-us (aws:us-east-1), whichever is nearest)",
			"GetStorageLensConfiguration: [s3://figures, aws:us-east-1, storage lens all-accounts, metadata]",
			"ListCopyJobs: [backup-vault:far, aws:us-west-2, completed copy job of AWS Backup]",
			"GetBackupPlan: [backup-vault:away, aws:ap-northeast-1, rule daily of the backup plan nightly] (rule weekly of the backup plan tagged copies to aws:sa-east-1 what has certain tags; whether this bucket has them was not asked)",
			"ListDistributions: (the CloudFront distribution E2QWRUHEXAMPLE (d111111abcdef8.cloudfront.net, PriceClass_All) serves this bucket: its edges keep copies for a while, in places that no list names)",
		},
		"inside": {
			"HeadBucket: aws:eu-west-1", "GetBucketLocation: aws:eu-west-1", "GetBucketReplication:", "ListBucketInventoryConfigurations:",
			"GetBucketAccelerateConfiguration:", "ListMultiRegionAccessPoints:", "GetStorageLensConfiguration:", "ListCopyJobs:", "GetBackupPlan:", "ListDistributions:",
		},
	} {
		if diff := cmp.Diff(want, storetest.Said(c.Locate(t.Context(), s3Bucket(name), false))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// What buckets share is asked once for both.
	asked := strings.Join(recorded.Asked(), "\n")
	for _, once := range []string{"sts.us-east-1", "mrap/instances", "cloudfront"} {
		if n := strings.Count(asked, once); n != 1 {
			t.Errorf("%s was asked %d times", once, n)
		}
	}
	if strings.Contains(asked, "steal") {
		t.Error("an identifier from an answer led elsewhere")
	}
}

// TestRefused has credentials that may do nothing: each question that was not
// answered names the permission that would help, and the region is known anyway.
func TestRefused(t *testing.T) {
	storetest.Settings(t, withKey()...)
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	got := storetest.Said(c.Locate(t.Context(), s3Bucket("refusing"), false))
	if len(got) != 1+len(parts) || got[0] != "HeadBucket: aws:eu-west-3" {
		t.Fatalf("got %q", got)
	}
	for _, part := range parts {
		if part.api == "ListMultiRegionAccessPoints" || part.api == "ListDistributions" {
			continue // of the account, and answered
		}
		want := "denied! " + part.api + ": the credentials may not ask this; the permission " + part.permission + " would help"
		if !slices.Contains(got, want) {
			t.Errorf("got %q\nwant among them %s", got, want)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	storetest.Settings(t)
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	none := "denied! copies were not asked for: no credentials were found; give some as the AWS tools take them (AWS_ACCESS_KEY_ID, AWS_PROFILE, aws configure); the permission s3:GetReplicationConfiguration would help"
	for name, want := range map[string][]string{
		"photos": {"HeadBucket: aws:eu-central-1", none}, // 301
		"inside": {"HeadBucket: aws:eu-west-1", none},    // 403
		"odd":    {"HeadBucket: aws:xx-new-9", none},     // 400, and a region that no table has
		"gone":   {"other! HeadBucket: there is no bucket of that name in the partition aws; each partition of AWS and each other server has its own names (AWS_REGION, ?endpoint=)"},
		"liar": {"http! HeadBucket: the server names a region that cannot be one",
			strings.Replace(none, "copies were not asked for", "the server tells nothing without credentials", 1)},
		"smuggled": {"http! HeadBucket: the server of the partition aws names a region of the partition aws-cn",
			strings.Replace(none, "copies were not asked for", "the server tells nothing without credentials", 1)},
	} {
		if diff := cmp.Diff(want, storetest.Said(c.Locate(t.Context(), s3Bucket(name), false))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := c.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("List: %v", err)
	}
}

// TestBadCredentials: those of a profile that gives none are not missing.
func TestBadCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("[default]\ncredential_process = false SECRET\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	storetest.Settings(t, "AWS_CONFIG_FILE="+path)
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	got := storetest.Said(c.Locate(t.Context(), s3Bucket("photos"), false))
	if len(got) != 2 || !strings.Contains(got[1], "the credentials that were found cannot be used") || strings.Contains(got[1], "SECRET") {
		t.Errorf("got %q", got)
	}
}

// TestPartition asks in the partition of the user's region, where the same name is
// another bucket.
func TestPartition(t *testing.T) {
	storetest.Settings(t, "AWS_REGION=cn-north-1")
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	if got := storetest.Said(c.Locate(t.Context(), s3Bucket("inside"), true)); len(got) != 1 || got[0] != "HeadBucket: aws:cn-northwest-1" {
		t.Errorf("got %q", got)
	}
	for region, want := range map[string]string{"eu-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc", "": "aws"} {
		if got := partitionOf(region).id; got != want {
			t.Errorf("%s is in %s, want %s", region, got, want)
		}
	}
}

// misbehaving answers the questions about a bucket's replication as told, and
// every other one as a bucket in eu-central-1 would.
func misbehaving(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("replication") {
			answer(w, r)
			return
		}
		w.Header().Set(regionHeader, "eu-central-1")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
	})
}

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s %s %s</Message><AWSAccessKeyId>%s</AWSAccessKeyId></Error>", code, keyID, secret, token, keyID)
	}
}

// TestBadAnswers meets what servers may do. Each is told in one line, with no
// secret and no word of the server's in it.
func TestBadAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		class  evidence.Class
		want   string
	}{
		"Expired": {refuse(400, "ExpiredToken"), evidence.ClassDenied, "the credentials have expired; fetch new ones (aws sso login)"},
		"OtherPartition": {refuse(403, "InvalidAccessKeyId"), evidence.ClassDenied,
			"the credentials are not known in the partition aws; credentials are of one partition or server (AWS_REGION, ?endpoint=)"},
		"ClockSkew": {refuse(403, "RequestTimeTooSkewed"), evidence.ClassDenied, "the clock of this machine and that of the server differ by too much; set the clock"},
		"WrongRegion": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://s3.us-west-2.amazonaws.com/b?replication")
			refuse(301, "PermanentRedirect")(w, r)
		}, evidence.ClassHTTP, "the server sends on to another one, which is not followed"},
		"RedirectLoop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
			evidence.ClassHTTP, ""},
		"Vanished": {refuse(404, "NoSuchBucket"), evidence.ClassOther, "the bucket is not there any more"},
		"NotXML":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html><script>"+secret) }, evidence.ClassHTTP, ""},
		"EndlessXML": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<ReplicationConfiguration>")
			for range 1 << 20 {
				if _, err := io.WriteString(w, "<Rule><ID>again and again and again</ID></Rule>"); err != nil {
					return
				}
			}
		}, evidence.ClassHTTP, "the answer has more than 8 MiB; it was not read"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Settings(t, withKey()...)
			answer := New(storetest.Serve(t, misbehaving(tc.answer)).Client).Locate(t.Context(), s3Bucket("b-1"), false)
			i := slices.IndexFunc(answer.Failed, func(f *cloud.Failure) bool { return f.API == "GetBucketReplication" })
			if i < 0 {
				t.Fatalf("got %q", storetest.Said(answer))
			}
			f := answer.Failed[i]
			if f.Class != tc.class || tc.want != "" && f.Text != tc.want {
				t.Errorf("got %s %q, want %s %q", f.Class, f.Text, tc.class, tc.want)
			}
			for _, line := range storetest.Said(answer) {
				if strings.Contains(line, "SECRET") || strings.Contains(line, keyID) || strings.ContainsAny(line, "\n\r") {
					t.Errorf("%q tells a secret, or is more than a line", line)
				}
			}
		})
	}
}

// TestBusy is answered after some refusals, as Amazon throttles.
func TestBusy(t *testing.T) {
	storetest.Settings(t, withKey()...)
	refusals := 2
	c := New(storetest.Serve(t, misbehaving(func(w http.ResponseWriter, r *http.Request) {
		if refusals > 0 {
			refusals--
			refuse(503, "SlowDown")(w, r)
			return
		}
		refuse(404, "ReplicationConfigurationNotFoundError")(w, r)
	})).Client)
	if got := storetest.Said(c.Locate(t.Context(), s3Bucket("b-1"), false)); !slices.Contains(got, "GetBucketReplication:") {
		t.Errorf("got %q", got)
	}
}

// TestForeignServer is not shown credentials where the user did not choose it,
// nor where the way there is open to be read.
func TestForeignServer(t *testing.T) {
	storetest.Settings(t, withKey()...)
	shown := false
	internet := storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = shown || r.Header.Get("Authorization") != "" || r.Header.Get("X-Amz-Security-Token") != ""
		w.WriteHeader(http.StatusForbidden)
	}))
	bucket := store.Bucket{Scheme: "s3", Container: "b-1", Endpoint: "https://s3.nl-ams.scw.cloud"}
	got := storetest.Said(New(internet.Client).Locate(t.Context(), bucket, true))
	if shown || len(got) != 1 || got[0] != "endpoint-name: scaleway:nl-ams" {
		t.Errorf("credentials shown: %v; got %q", shown, got)
	}
	at, err := serverAt("http://s3.example.com:9000")
	if err != nil || !at.plain {
		t.Errorf("%+v, %v", at, err)
	}
	if at, err := serverAt("http://127.0.0.1:9000"); err != nil || at.plain {
		t.Errorf("%+v, %v", at, err)
	}
	for _, bad := range []string{"s3.example.com", "ftp://x", "https://", "https://user:SECRET@host"} {
		if _, err := serverAt(bad); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("serverAt(%q): %v", bad, err)
		}
	}
}

// TestPermissions is what the policy in the docs grants.
func TestPermissions(t *testing.T) {
	got := Permissions()
	if len(got) < 12 || !slices.Contains(got, "backup:GetBackupSelection") || slices.Contains(got, "") {
		t.Errorf("got %q", got)
	}
}

// TestCompatibleServers speak the protocol and have names of their own for
// regions: those that their provider has are places, and no other ones.
func TestCompatibleServers(t *testing.T) {
	storetest.Settings(t, withKey()...)
	c := New(storetest.Serve(t, storetest.Load(t, "testdata/recorded.txtar")).Client)
	for host, want := range map[string][]string{
		"s3.eu-central-2.wasabisys.com": {
			"endpoint-name: wasabi:eu-central-2", "HeadBucket: wasabi:eu-central-2",
			"GetBucketReplication: [s3://elsewhere, replication rule r]",
		},
		// The server's own word counts beside the name of the endpoint.
		"s3.eu-central-003.backblazeb2.com": {"endpoint-name: backblaze:eu-central-003", "GetBucketLocation: backblaze:us-west-004"},
		"oss-cn-hangzhou.aliyuncs.com":      {"endpoint-name: alibaba:cn-hangzhou", "GetBucketLocation: alibaba:cn-hangzhou"},
		"0a1b2c.eu.r2.cloudflarestorage.com": {
			"endpoint-name: EU",
			`GetBucketLocation: (the server calls its region "WEUR", which is a name of its own: no table says where that is)`,
			"other! GetBucketReplication: the server does not know this question",
		},
		// An empty constraint is the first region with Amazon, and nothing elsewhere.
		"ams3.digitaloceanspaces.com": {"endpoint-name: digitalocean:ams3", "GetBucketLocation: (the server names no region of the bucket)"},
	} {
		bucket := s3Bucket("photos")
		bucket.Endpoint = "https://" + host
		got := storetest.Said(c.Locate(t.Context(), bucket, false))
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: got %q\nwant among them %q", host, got, line)
			}
		}
	}
}
