package azure

import (
	"context"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/cloud"
)

// national is one of Azure's clouds, which have accounts and names of their own
// (https://learn.microsoft.com/en-us/azure/storage/common/storage-powershell-independent-clouds).
type national struct {
	name       string
	config     azcloud.Configuration
	authority  string // host that signs in
	management string // host of the management API
	blobs      string // domain of blob endpoints
}

// nationals is every cloud; the first is the one of whoever says nothing else.
var nationals = []national{
	{"Azure", azcloud.AzurePublic, "login.microsoftonline.com", "management.azure.com", "blob.core.windows.net"},
	{"Azure China (21Vianet)", azcloud.AzureChina, "login.chinacloudapi.cn", "management.chinacloudapi.cn", "blob.core.chinacloudapi.cn"},
	{"Azure Government", azcloud.AzureGovernment, "login.microsoftonline.us", "management.usgovcloudapi.net", "blob.core.usgovcloudapi.net"},
}

// session is the user's settings, read as Azure's own tools read them.
type session struct {
	cloud      national
	connection string                 // AZURE_STORAGE_CONNECTION_STRING
	account    string                 // whose key or signature there is
	key        string                 // AZURE_STORAGE_KEY
	sas        string                 // AZURE_STORAGE_SAS_TOKEN
	token      azcore.TokenCredential // nil: there is none
}

const (
	// tokenTimeout bounds the search for credentials: on a machine without any, an
	// address that only Azure's machines have stays silent.
	tokenTimeout = 15 * time.Second
	// longestPause bounds the pauses of the SDK where the server is busy.
	maxTries     = 5
	longestPause = 5 * time.Second
)

// open reads the settings, once.
func (c *Cloud) open(ctx context.Context) (*session, error) {
	return c.session.Get(ctx, "", func(ctx context.Context) (*session, error) {
		s := &session{
			cloud: nationals[0], connection: os.Getenv("AZURE_STORAGE_CONNECTION_STRING"),
			account: os.Getenv("AZURE_STORAGE_ACCOUNT"), key: os.Getenv("AZURE_STORAGE_KEY"), sas: os.Getenv("AZURE_STORAGE_SAS_TOKEN"),
		}
		if err := s.choose(os.Getenv("AZURE_AUTHORITY_HOST")); err != nil {
			return nil, err
		}
		if s.connection != "" {
			s.account = fieldOf(s.connection, "AccountName")
		}
		s.token = c.usable(ctx, s)
		return s, nil
	})
}

// choose finds the cloud by the host that signs in, which is how Azure's SDKs are
// told.
func (s *session) choose(authority string) error {
	if authority == "" {
		return nil
	}
	u, err := url.Parse(authority)
	for _, n := range nationals {
		if err == nil && u.Hostname() == n.authority {
			s.cloud = n
			return nil
		}
	}
	var known []string
	for _, n := range nationals {
		known = append(known, "https://"+n.authority)
	}
	return &cloud.Failure{Class: evidence.ClassOther, Text: "AZURE_AUTHORITY_HOST is of no known cloud; expected one of " + strings.Join(known, ", ")}
}

// usable gives the credential if it gives a token, and nil otherwise.
func (c *Cloud) usable(ctx context.Context, s *session) azcore.TokenCredential {
	credential := c.credential
	if credential == nil {
		found, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: policy.ClientOptions{Cloud: s.cloud.config}})
		if err != nil {
			return nil
		}
		credential = found
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	if _, err := credential.GetToken(ctx, s.scope()); err != nil {
		return nil
	}
	return credential
}

// scope is what a token for the management API is asked for.
func (s *session) scope() policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{"https://" + s.cloud.management + "/.default"}}
}

// hasKey reports whether the settings open the blob service of an account. A key
// without the name of its account is taken to be of the one that is asked for.
func (s *session) hasKey(account string) bool {
	if s.connection == "" && s.key == "" && s.sas == "" {
		return false
	}
	return s.account == "" && s.connection == "" || s.account == account
}

// fieldOf reads a connection string: Name=value;Name=value.
func fieldOf(connection, name string) string {
	for part := range strings.SplitSeq(connection, ";") {
		if key, value, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return value
		}
	}
	return ""
}

// options are those of the SDK's clients.
func (c *Cloud) options(s *session) *service.ClientOptions {
	return &service.ClientOptions{ClientOptions: policy.ClientOptions{
		Cloud: s.cloud.config, Transport: c.http,
		Retry:     policy.RetryOptions{MaxRetries: maxTries, MaxRetryDelay: longestPause},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}}
}

// endpoint is where the blob service of an account answers.
func (s *session) endpoint(account string) string {
	return "https://" + account + "." + s.cloud.blobs + "/"
}
