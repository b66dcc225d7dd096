package clouds_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
	"github.com/landfall-audit/landfall/providers/store/objects"
)

func address(t *testing.T, form string) store.Address {
	t.Helper()
	a, err := store.ParseAddress(strings.Replace(form, "KEY", "k", 1))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func readAll(t *testing.T, b cloud.Objects) ([]byte, error) {
	t.Helper()
	r, err := b.Read(t.Context(), "k")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// counting is a transport that counts what goes over it.
type counting struct{ requests int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return http.DefaultTransport.RoundTrip(r)
}

// All requests go over the client that was given, with an emulator too.
func TestOpen(t *testing.T) {
	for _, form := range []string{storetest.S3Objects(t), storetest.GoogleObjects(t), "gs://fleet/KEY"} { // emulators know no credentials
		name, _, _ := strings.Cut(form, "://")
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "none")
			over := &counting{}
			a := address(t, form)
			b, err := clouds.Open(t.Context(), a, &http.Client{Transport: over})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := b.Write(t.Context(), "k", strings.NewReader("x"), cloud.How{}); err != nil {
				t.Fatal(err)
			}
			got, err := readAll(t, b)
			if err != nil || string(got) != "x" || over.requests < 2 {
				t.Errorf("%q, %v, %d requests", got, err, over.requests)
			}
			if err := b.Remove(t.Context(), "k"); err != nil {
				t.Error(err)
			}
			if want := name + "://fleet"; a.Where.String() != want {
				t.Errorf("%s, want %s", a.Where, want)
			}
		})
	}
}

// An account of one of Azure's clouds is asked there, unless it is said where.
func TestOpenAzure(t *testing.T) {
	t.Setenv("AZURE_STORAGE_ACCOUNT", "lab")
	t.Setenv("AZURE_STORAGE_KEY", "bGFi")
	for authority, want := range map[string]string{
		"": "lab.blob.core.windows.net", "https://login.chinacloudapi.cn/": "lab.blob.core.chinacloudapi.cn", "https://login.microsoftonline.us": "lab.blob.core.usgovcloudapi.net",
	} {
		t.Setenv("AZURE_AUTHORITY_HOST", authority)
		for text, host := range map[string]string{"azblob://lab/c": want, "azblob://lab/c?domain=blob.example.com": "lab.blob.example.com"} {
			a, err := store.ParseAddress(text)
			if err != nil {
				t.Fatal(err)
			}
			asked := ""
			b, err := clouds.Open(t.Context(), a, &http.Client{Transport: refusing(func(r *http.Request) { asked = r.URL.Host })})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := readAll(t, b); err == nil || asked != host {
				t.Errorf("%s by %q: %s was asked, %v", text, authority, asked, err)
			}
			b.Close()
		}
	}
	t.Setenv("AZURE_AUTHORITY_HOST", "https://evil.example.com")
	a, _ := store.ParseAddress("azblob://lab/c")
	if _, err := clouds.Open(t.Context(), a, &http.Client{}); err == nil || !strings.Contains(err.Error(), "of no known cloud") {
		t.Errorf("got %v", err)
	}
}

// What is written is kept under the key that the address names.
func TestOpenEncrypts(t *testing.T) {
	var sent http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
	a := address(t, "s3://fleet/KEY?region=us-east-1&use_path_style=true&endpoint="+server.URL+"&ssetype=aws:kms&kmskeyid=of-the-fleet")
	b, err := clouds.Open(t.Context(), a, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Write(t.Context(), "k", strings.NewReader("x"), cloud.How{}); err == nil || sent.Get("X-Amz-Server-Side-Encryption") != "aws:kms" || sent.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "of-the-fleet" {
		t.Errorf("sent %v, %v", sent, err)
	}
}

// Without credentials nobody is asked, for a role neither.
func TestOpenWithoutCredentials(t *testing.T) {
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
		a, err := store.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		b, err := clouds.Open(t.Context(), a, &http.Client{})
		var missing *credentials.Missing
		if err := objects.Check(t.Context(), a); (err == nil) != opens || !opens && !strings.Contains(err.Error(), "writing takes "+a.Kind.Permissions.Writing) {
			t.Errorf("%s is checked: %v", text, err)
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
func TestOpenOtherAccount(t *testing.T) {
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName=other;AccountKey=bGFi;EndpointSuffix=core.windows.net")
	for text, opens := range map[string]bool{"azblob://lab/c": false, "azblob://other/c": true} {
		a, err := store.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		b, err := clouds.Open(t.Context(), a, &http.Client{})
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
func TestOpenRefuses(t *testing.T) {
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
		a, err := store.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := clouds.Open(t.Context(), a, &http.Client{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	own, err := store.ParseAddress("azblob://lab/c")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "lab") // which without a key is no credential
	asked := ""
	if b, err := clouds.Open(t.Context(), own, &http.Client{Transport: refusing(func(r *http.Request) { asked = r.URL.Query().Get("sig") + r.Header.Get("Authorization") })}); err != nil {
		t.Error(err)
	} else if _, err := readAll(t, b); err == nil || asked != "hunter2" {
		t.Errorf("asked with %q, %v", asked, err)
	}
	t.Setenv("AZURE_STORAGE_KEY", "hunter3?")
	if _, err := clouds.Open(t.Context(), own, &http.Client{}); err == nil || !strings.Contains(err.Error(), "AZURE_STORAGE_KEY is not a key") || strings.Contains(err.Error(), "hunter3") {
		t.Errorf("got %v", err)
	}
	t.Setenv("AZURE_STORAGE_KEY", "")
	if b, err := clouds.Open(t.Context(), own, &http.Client{}); err != nil {
		t.Error(err)
	} else {
		b.Close()
	}
	t.Setenv("AZURE_STORAGE_ACCOUNT", "other")
	if _, err := clouds.Open(t.Context(), own, &http.Client{}); err == nil {
		t.Error("the signed address of another account is sent to lab")
	}
}
