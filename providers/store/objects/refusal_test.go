package objects_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers/store/objects"
)

// refusingS3 returns the address of a bucket of a server that refuses.
func refusingS3(t *testing.T, url string) string {
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
	return "s3://fleet/KEY?region=us-east-1&use_path_style=true&endpoint=" + url
}

// TestRefusals: what a service does not allow is reported with what it takes, and what
// it breaks is not; of its own words there are none.
func TestRefusals(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusUnauthorized: "writing s3://fleet/k: the credentials are missing or no longer valid",
		http.StatusForbidden:    "writing s3://fleet/k: the credentials are not allowed this, or no longer valid: it takes s3:PutObject",
		http.StatusBadRequest:   "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		at := address(t, refusingS3(t, server.URL), "k")
		err := objects.Put(t.Context(), at, strings.NewReader(line))
		if err == nil || want != "" && err.Error() != want || want == "" && (strings.Contains(err.Error(), "credentials") || !strings.HasPrefix(err.Error(), "writing s3://fleet/k: ")) {
			t.Errorf("%d: %v", status, err)
		}
		err = objects.Each(t.Context(), at, func(string, io.Reader) error { return nil })
		if err == nil || status == http.StatusForbidden && !strings.Contains(err.Error(), "it takes s3:GetObject") {
			t.Errorf("%d: %v", status, err)
		}
		server.Close()
	}
	if err := objects.Put(t.Context(), address(t, refusingS3(t, "http://127.0.0.1:1"), "k"), strings.NewReader(line)); err == nil || strings.Contains(err.Error(), "credentials") {
		t.Errorf("nobody is there: %v", err)
	}
}
