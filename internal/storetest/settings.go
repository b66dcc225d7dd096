package storetest

import (
	"strings"
	"testing"
)

// untouched are the settings of the clouds' tools that a test must not find.
var untouched = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE", "AWS_ROLE_ARN",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "STORAGE_EMULATOR_HOST", "CLOUDSDK_CONFIG", "K_SERVICE", "CLOUD_RUN_JOB", "GAE_SERVICE",
	"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
	"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT",
	"HTTPS_PROXY", "https_proxy",
}

// elsewhere are settings by which no metadata server is asked, wherever a test
// runs.
var elsewhere = []string{
	"AWS_EC2_METADATA_DISABLED=true",
	"GCE_METADATA_HOST=127.0.0.1:1", // nobody there
	"AZURE_TOKEN_CREDENTIALS=EnvironmentCredential",
}

// Settings puts the settings of all clouds' tools away and sets some.
func Settings(t *testing.T, set ...string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	for _, name := range untouched {
		t.Setenv(name, "")
	}
	for _, setting := range append(elsewhere[:len(elsewhere):len(elsewhere)], set...) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
}
