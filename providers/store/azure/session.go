package azure

import (
	"context"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// session is the user's settings, read as Azure's own tools read them.
type session struct {
	cloud      credentials.AzureCloud
	connection string                 // AZURE_STORAGE_CONNECTION_STRING
	account    string                 // whose key or signature there is
	key        string                 // AZURE_STORAGE_KEY
	sas        string                 // AZURE_STORAGE_SAS_TOKEN
	token      azcore.TokenCredential // nil: there is none
	noToken    error                  // why, in a line; nil: there is
}

const (
	// tokenTimeout bounds the search for credentials: the tools that somebody may
	// be logged in with take seconds.
	tokenTimeout = 15 * time.Second
	// longestPause bounds the pauses of the SDK where the server is busy.
	maxTries     = 5
	longestPause = 5 * time.Second
)

// open reads the settings, once.
func (c *Cloud) open(ctx context.Context) (*session, error) {
	return c.session.Get(ctx, "", func(ctx context.Context) (*session, error) {
		own, err := credentials.OwnAzureCloud()
		if err != nil {
			return nil, &cloud.Failure{Class: evidence.ClassOther, Text: err.Error(), Err: err}
		}
		s := &session{
			cloud: own, connection: os.Getenv("AZURE_STORAGE_CONNECTION_STRING"),
			account: os.Getenv("AZURE_STORAGE_ACCOUNT"), key: os.Getenv("AZURE_STORAGE_KEY"), sas: os.Getenv("AZURE_STORAGE_SAS_TOKEN"),
		}
		if s.connection != "" {
			s.account = credentials.AzureAccountOf(s.connection)
		}
		s.token, s.noToken = c.signIn(ctx, s)
		return s, nil
	})
}

// signIn returns a credential that has given a token.
func (c *Cloud) signIn(ctx context.Context, s *session) (azcore.TokenCredential, error) {
	found, err := credentials.Azure(s.cloud.Config, c.tokens)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	if _, err := found.GetToken(ctx, s.scope()); err != nil {
		return nil, err
	}
	return found, nil
}

// scope is what a token for the management API is asked for.
func (s *session) scope() policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{s.cloud.Scope()}}
}

// hasKey reports whether the settings open the blob service of an account. A key
// without the name of its account is taken to be of the one that is asked for.
func (s *session) hasKey(account string) bool {
	if s.connection == "" && s.key == "" && s.sas == "" {
		return false
	}
	return s.account == "" && s.connection == "" || s.account == account
}

// options are those of the SDK's clients.
func (c *Cloud) options(s *session) *service.ClientOptions {
	return &service.ClientOptions{ClientOptions: policy.ClientOptions{
		Cloud: s.cloud.Config, Transport: c.http,
		Retry:     policy.RetryOptions{MaxRetries: maxTries, MaxRetryDelay: longestPause},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}}
}
