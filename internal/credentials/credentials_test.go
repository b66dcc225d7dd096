package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/aws/aws-sdk-go-v2/config"
)

// nowhere returns a machine of nobody's, without settings and tools.
func nowhere(t *testing.T) {
	t.Helper()
	for _, name := range slices.Concat(amazon.variables, googles.variables, azures.variables, []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "GOOGLE_APPLICATION_CREDENTIALS",
		"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT",
	}) {
		t.Setenv(name, "") // which puts it back
		os.Unsetenv(name)  // since some are values when they are empty
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	before := sys
	t.Cleanup(func() { sys = before })
	sys = t.TempDir()
}

// firmware makes the machine one of a cloud's.
func firmware(t *testing.T, file, text string) {
	t.Helper()
	path := filepath.Join(sys, file)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestMachines(t *testing.T) {
	for name, tc := range map[string]struct {
		m          machine
		file, text string
		asks       bool
	}{
		"Nitro":      {amazon, "class/dmi/id/sys_vendor", "Amazon EC2", true},
		"Xen":        {amazon, "hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef", true},
		"OtherXen":   {amazon, "hypervisor/uuid", "8c7d3f3a-9099-7caf-fd21-012345abcdef", false},
		"Google":     {googles, "class/dmi/id/product_name", "Google Compute Engine", true},
		"Azure":      {azures, "class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", true},
		"HyperV":     {azures, "class/dmi/id/chassis_asset_tag", "1234-5678", false},
		"Elsewhere":  {googles, "class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)", false},
		"NoFirmware": {azures, "class/dmi/id/product_name", "Virtual Machine", false},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			firmware(t, tc.file, tc.text)
			if got := tc.m.asks(); got != tc.asks {
				t.Errorf("asks %v", got)
			}
			t.Setenv(tc.m.variables[0], "x")
			if !tc.m.asks() {
				t.Error("what the user says is not heeded")
			}
		})
	}
}

// isMissing expects an error of one line that says where credentials can come from.
func isMissing(t *testing.T, err error, advice string) {
	t.Helper()
	var missing *Missing
	if !errors.As(err, &missing) || missing.Advice != advice || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestAmazon(t *testing.T) {
	nowhere(t)
	settings, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	isMissing(t, Amazon(settings), AmazonAdvice)
	firmware(t, "class/dmi/id/sys_vendor", "Amazon EC2")
	if err := Amazon(settings); err != nil {
		t.Errorf("on a machine of Amazon's: %v", err)
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	isMissing(t, Amazon(settings), AmazonAdvice)
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "lab")
	if settings, err = config.LoadDefaultConfig(t.Context()); err != nil || Amazon(settings) != nil {
		t.Errorf("with a key: %v, %v", err, Amazon(settings))
	}
}

// metadata stands for the metadata server of a machine of Google's.
func metadata(t *testing.T, status int) (host string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Metadata-Flavor", "Google")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"access_token": "t", "token_type": "Bearer", "expires_in": 3600}`)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), asked
}

func TestGoogle(t *testing.T) {
	nowhere(t)
	_, err := Google(t.Context(), "scope")
	isMissing(t, err, GoogleAdvice)

	host, asked := metadata(t, http.StatusOK)
	t.Setenv("GCE_METADATA_HOST", host)
	found, err := Google(t.Context(), "scope")
	if err != nil || found == nil || asked.Load() == 0 {
		t.Errorf("on a machine of Google's: %v, asked %d times", err, asked.Load())
	}
	host, _ = metadata(t, http.StatusNotFound)
	t.Setenv("GCE_METADATA_HOST", host)
	_, err = Google(t.Context(), "scope")
	isMissing(t, err, GoogleAdvice)

	// What is there and cannot be read is not missing.
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, []byte(`{"type": "SECRET"`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	_, err = Google(t.Context(), "scope")
	isUnusable(t, err)
	// Nor is what gcloud leaves in the user's folder.
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	left := filepath.Join(os.Getenv("HOME"), ".config", "gcloud")
	if err := errors.Join(os.MkdirAll(left, 0o700), os.Rename(path, filepath.Join(left, "application_default_credentials.json"))); err != nil {
		t.Fatal(err)
	}
	_, err = Google(t.Context(), "scope")
	isUnusable(t, err)
}

// isUnusable expects an error of one line that tells nothing of what was found.
func isUnusable(t *testing.T, err error) {
	t.Helper()
	var unusable *Unusable
	if !errors.As(err, &unusable) || strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// azureServer stands for every host that a token is asked of.
type azureServer struct {
	metadata atomic.Int64 // questions to the metadata server
	others   atomic.Int64 // and to everybody else
	status   int
}

// Do implements [policy.Transporter].
func (a *azureServer) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.URL.Hostname() == azureMetadata {
		a.metadata.Add(1)
		w.WriteHeader(a.status)
	} else {
		a.others.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}
	_, _ = io.WriteString(w, `{"access_token": "t", "expires_in": "3600", "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"}`)
	response := w.Result()
	response.Request = r
	return response, nil
}

func TestAzure(t *testing.T) {
	nowhere(t)
	token := func(over policy.Transporter) error {
		found, err := Azure(AzureClouds[0].Config, over)
		if err != nil {
			t.Fatal(err)
		}
		// The SDK keeps tokens by what they are for.
		_, err = found.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{fmt.Sprintf("https://lab-%x/.default", rand.Uint64())}})
		return err
	}
	over := &azureServer{status: http.StatusOK}
	isMissing(t, token(over), AzureAdvice)
	isMissing(t, token(nil), AzureAdvice) // nobody is asked at all
	if n := over.metadata.Load(); n > 0 {
		t.Errorf("the metadata server was asked %d times", n)
	}
	firmware(t, "class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77")
	// A machine without an identity, and one with.
	isMissing(t, token(&azureServer{status: http.StatusBadRequest}), AzureAdvice)
	if err := token(over); err != nil || over.metadata.Load() == 0 {
		t.Errorf("on a machine of Azure's: %v, asked %d times", err, over.metadata.Load())
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
	_, err := Azure(AzureClouds[0].Config, over)
	isUnusable(t, err)
}

// TestAzureSignIn: away from Azure's machines the host that signs in is asked like
// anywhere, and what it refuses is not missing.
func TestAzureSignIn(t *testing.T) {
	nowhere(t)
	for name, value := range map[string]string{"AZURE_TENANT_ID": "lab", "AZURE_CLIENT_ID": "lab", "AZURE_CLIENT_SECRET": "SECRET"} {
		t.Setenv(name, value)
	}
	over := &azureServer{}
	found, err := Azure(AzureClouds[0].Config, over)
	if err != nil {
		t.Fatal(err)
	}
	_, err = found.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://lab/.default"}})
	isUnusable(t, err)
	if over.others.Load() == 0 || over.metadata.Load() > 0 {
		t.Errorf("the host that signs in was asked %d times, the metadata server %d times", over.others.Load(), over.metadata.Load())
	}
}

func TestExplained(t *testing.T) {
	missing, unusable := &Missing{GoogleAdvice}, &Unusable{AzureAdvice, io.EOF}
	if got := Explained(fmt.Errorf("looking: %w", missing)); got != error(missing) {
		t.Errorf("got %v", got)
	}
	if got := Explained(fmt.Errorf("looking: %w", unusable)); got != error(unusable) || !errors.Is(got, io.EOF) {
		t.Errorf("got %v", got)
	}
	if got := Explained(io.EOF); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestAzureClouds(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range AzureClouds {
		t.Setenv("AZURE_AUTHORITY_HOST", c.Config.ActiveDirectoryAuthorityHost)
		own, err := OwnAzureCloud()
		if err != nil || own.Name != c.Name || !strings.HasPrefix(c.Management(), "https://management.") || !strings.HasPrefix(c.Scope(), "https://management.") {
			t.Errorf("%s: %s, %s, %v", c.Name, c.Management(), c.Scope(), err)
		}
		for _, host := range []string{c.Management(), c.Blobs, c.Config.ActiveDirectoryAuthorityHost} {
			if seen[host] {
				t.Errorf("%s is of two clouds", host)
			}
			seen[host] = true
		}
	}
	for _, authority := range []string{"https://evil.example.com", "https://[::1"} {
		t.Setenv("AZURE_AUTHORITY_HOST", authority)
		if _, err := OwnAzureCloud(); err == nil || !strings.Contains(err.Error(), "login.chinacloudapi.cn") {
			t.Errorf("%s: %v", authority, err)
		}
	}
	t.Setenv("AZURE_AUTHORITY_HOST", "")
	if own, err := OwnAzureCloud(); err != nil || own.Name != AzureClouds[0].Name {
		t.Errorf("by default %q, %v", own.Name, err)
	}
}

func TestAzureAccountOf(t *testing.T) {
	for text, want := range map[string]string{"DefaultEndpointsProtocol=https; accountname=lab;AccountKey=a==": "lab", "UseDevelopmentStorage=true": "", "": ""} {
		if got := AzureAccountOf(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
