package bucket_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence/bucket"
	"github.com/landfall-audit/landfall/internal/credentials"
)

// counting is a transport that counts what goes over it.
type counting struct{ requests int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return http.DefaultTransport.RoundTrip(r)
}

// All requests go over the client that was given, with an emulator too.
func TestOver(t *testing.T) {
	for _, form := range []string{s3(t), gcs(t), "gs://fleet/KEY"} { // emulators know no credentials
		name, _, _ := strings.Cut(form, "://")
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "none")
			over := &counting{}
			a := address(t, form, "k")
			b, err := bucket.Over(t.Context(), a, &http.Client{Transport: over})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := b.WriteAll(t.Context(), "k", []byte("x"), nil); err != nil {
				t.Fatal(err)
			}
			got, err := b.ReadAll(t.Context(), "k")
			if err != nil || string(got) != "x" || over.requests < 2 {
				t.Errorf("%q, %v, %d requests", got, err, over.requests)
			}
			if want := name + "://fleet"; a.Bucket() != want {
				t.Errorf("%s, want %s", a.Bucket(), want)
			}
		})
	}
}

// An account of one of Azure's clouds is asked there, unless it is said where.
func TestOverAzure(t *testing.T) {
	t.Setenv("AZURE_STORAGE_ACCOUNT", "lab")
	t.Setenv("AZURE_STORAGE_KEY", "bGFi")
	for authority, want := range map[string]string{
		"": "lab.blob.core.windows.net", "https://login.chinacloudapi.cn/": "lab.blob.core.chinacloudapi.cn", "https://login.microsoftonline.us": "lab.blob.core.usgovcloudapi.net",
	} {
		t.Setenv("AZURE_AUTHORITY_HOST", authority)
		for text, host := range map[string]string{"azblob://lab/c": want, "azblob://lab/c?domain=blob.example.com": "lab.blob.example.com"} {
			a, err := bucket.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			asked := ""
			b, err := bucket.Over(t.Context(), a, &http.Client{Transport: refusing(func(r *http.Request) { asked = r.URL.Host })})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.ReadAll(t.Context(), "k"); err == nil || asked != host {
				t.Errorf("%s by %q: %s was asked, %v", text, authority, asked, err)
			}
			b.Close()
		}
	}
	t.Setenv("AZURE_AUTHORITY_HOST", "https://evil.example.com")
	a, _ := bucket.Parse("azblob://lab/c")
	if _, err := bucket.Over(t.Context(), a, &http.Client{}); err == nil || !strings.Contains(err.Error(), "of no known cloud") {
		t.Errorf("got %v", err)
	}
}

// What is written is kept under the key that the address names.
func TestOverEncrypts(t *testing.T) {
	var sent http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	a := address(t, refusingS3(t, server.URL)+"&ssetype=aws:kms&kmskeyid=of-the-fleet", "k")
	b, err := bucket.Over(t.Context(), a, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.WriteAll(t.Context(), "k", []byte("x"), nil); err == nil || sent.Get("X-Amz-Server-Side-Encryption") != "aws:kms" || sent.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "of-the-fleet" {
		t.Errorf("sent %v, %v", sent, err)
	}
}

// refusingS3 returns the address of a bucket of a server that refuses.
func refusingS3(t *testing.T, url string) string {
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
	return "s3://fleet/KEY?region=us-east-1&use_path_style=true&endpoint=" + url
}

// TestRefusals: what a service does not allow is told with what it takes, and what
// it breaks is not; of its own words there are none.
func TestRefusals(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusUnauthorized: "writing s3://fleet/k: the credentials are missing or no longer valid",
		http.StatusForbidden:    "writing s3://fleet/k: the credentials are not allowed this, or no longer valid: it takes s3:PutObject",
		http.StatusBadRequest:   "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		at := address(t, refusingS3(t, server.URL), "k")
		err := bucket.Put(t.Context(), at, strings.NewReader(line))
		if err == nil || want != "" && err.Error() != want || want == "" && (strings.Contains(err.Error(), "credentials") || !strings.HasPrefix(err.Error(), "writing s3://fleet/k: ")) {
			t.Errorf("%d: %v", status, err)
		}
		err = bucket.Each(t.Context(), at, func(string, io.Reader) error { return nil })
		if err == nil || status == http.StatusForbidden && !strings.Contains(err.Error(), "it takes s3:GetObject") {
			t.Errorf("%d: %v", status, err)
		}
		server.Close()
	}
	if err := bucket.Put(t.Context(), address(t, refusingS3(t, "http://127.0.0.1:1"), "k"), strings.NewReader(line)); err == nil || strings.Contains(err.Error(), "credentials") {
		t.Errorf("nobody is there: %v", err)
	}
}

// Without credentials nobody is asked, for a role neither.
func TestOverWithoutCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	machine := httptest.NewServer(http.NotFoundHandler()) // without an account
	t.Cleanup(machine.Close)
	t.Setenv("GCE_METADATA_HOST", machine.Listener.Addr().String())
	for text, opens := range map[string]bool{
		"s3://b?region=eu-central-1":                                       false,
		"s3://b?region=eu-central-1&role=arn:aws:iam::123456789012:role/r": false,
		"s3://b?region=eu-central-1&anonymous=true":                        true,
		"gs://b":                false,
		"gs://b?anonymous=true": true,
		"gs://b?access_id=-":    true,
	} {
		a, err := bucket.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bucket.Over(t.Context(), a, &http.Client{})
		var missing *credentials.Missing
		if told := bucket.Check(t.Context(), a); (told == nil) != opens || !opens && !strings.Contains(told.Error(), "writing takes "+bucket.Permission(text[:2], bucket.Writing)) {
			t.Errorf("%s is checked: %v", text, told)
		}
		if (err == nil) != opens || err != nil && !errors.As(err, &missing) {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil {
			b.Close()
		}
	}
}

// The connection string of another account opens none.
func TestOverOtherAccount(t *testing.T) {
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName=other;AccountKey=bGFi;EndpointSuffix=core.windows.net")
	for text, opens := range map[string]bool{"azblob://lab/c": false, "azblob://other/c": true} {
		a, err := bucket.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bucket.Over(t.Context(), a, &http.Client{})
		if (err == nil) != opens || err != nil && (!strings.Contains(err.Error(), "account other") || strings.Contains(err.Error(), "bGFi")) {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil {
			b.Close()
		}
	}
}

// refusing is a transport that is told of each request and refuses it.
type refusing func(*http.Request)

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// What cannot be meant is an error, and a signed address goes to nobody but to
// whom it is for.
func TestOverRefuses(t *testing.T) {
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=hunter2")
	for text, want := range map[string]string{
		"s3://b?use_path_style=perhaps":                "use_path_style",
		"s3://b?accelerate=perhaps":                    "accelerate",
		"s3://b?nonsense=1":                            "nonsense",
		"gs://b?anonymous=perhaps":                     "anonymous",
		"gs://b?anonymous=true&nonsense=1":             "nonsense",
		"azblob://lab/c?nonsense=1":                    "nonsense",
		"azblob://lab/c?cdn=perhaps":                   "perhaps",
		"azblob://lab/c?domain=evil.example":           "AZURE_STORAGE_SAS_TOKEN",
		"azblob://lab/c?protocol=http":                 "AZURE_STORAGE_SAS_TOKEN",
		"azblob://lab/c?localemu=true&domain=1.2.3.4":  "AZURE_STORAGE_SAS_TOKEN",
		"azblob://lab/c?cdn=true&domain=cdn.evil.test": "AZURE_STORAGE_SAS_TOKEN",
	} {
		a, err := bucket.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bucket.Over(t.Context(), a, &http.Client{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	own, err := bucket.Parse("azblob://lab/c")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "lab") // which without a key is no credential
	asked := ""
	if b, err := bucket.Over(t.Context(), own, &http.Client{Transport: refusing(func(r *http.Request) { asked = r.URL.Query().Get("sig") + r.Header.Get("Authorization") })}); err != nil {
		t.Error(err)
	} else if _, err := b.ReadAll(t.Context(), "k"); err == nil || asked != "hunter2" {
		t.Errorf("asked with %q, %v", asked, err)
	}
	t.Setenv("AZURE_STORAGE_KEY", "hunter3?")
	if _, err := bucket.Over(t.Context(), own, &http.Client{}); err == nil || !strings.Contains(err.Error(), "AZURE_STORAGE_KEY is not a key") || strings.Contains(err.Error(), "hunter3") {
		t.Errorf("got %v", err)
	}
	t.Setenv("AZURE_STORAGE_KEY", "")
	if b, err := bucket.Over(t.Context(), own, &http.Client{}); err != nil {
		t.Error(err)
	} else {
		b.Close()
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "other")
	if _, err := bucket.Over(t.Context(), own, &http.Client{}); err == nil {
		t.Error("the signed address of another account is sent to lab")
	}
}
