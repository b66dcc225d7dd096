package bucket_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence/bucket"
)

// counting is a transport that counts what goes over it.
type counting struct{ requests int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return http.DefaultTransport.RoundTrip(r)
}

// All requests go over the client that was given, with an emulator too.
func TestOver(t *testing.T) {
	for name, serve := range map[string]func(*testing.T) string{"s3": s3, "gs": gcs} {
		t.Run(name, func(t *testing.T) {
			over := &counting{}
			a := address(t, serve(t), "k")
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
