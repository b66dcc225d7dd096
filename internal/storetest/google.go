package storetest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// GoogleToken is what users of Google's are given.
const GoogleToken = "SECRET-google-token"

// GoogleUser returns the settings of a service account of Google's, for which a
// server on loopback gives tokens with a status
// (https://developers.google.com/identity/protocols/oauth2/service-account).
func GoogleUser(t *testing.T, status int) []string {
	t.Helper()
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"access_token": "`+GoogleToken+`", "token_type": "Bearer", "expires_in": 3600}`)
	}))
	t.Cleanup(tokens.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "lab", "client_email": "auditor@lab.iam.gserviceaccount.com", "token_uri": tokens.URL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"GOOGLE_APPLICATION_CREDENTIALS=" + path}
}

// GoogleMachine runs what stands for the metadata server of a machine of Google's,
// which has a service account or none, and gives the setting that leads there
// (https://cloud.google.com/compute/docs/metadata/overview).
func GoogleMachine(t *testing.T, account bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/project/project-id"):
			_, _ = io.WriteString(w, "lab")
		case account && strings.HasSuffix(r.URL.Path, "/service-accounts/default/token"):
			_, _ = io.WriteString(w, `{"access_token": "`+GoogleToken+`", "token_type": "Bearer", "expires_in": 3600}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return "GCE_METADATA_HOST=" + server.Listener.Addr().String()
}
