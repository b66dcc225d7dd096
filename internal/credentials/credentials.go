// Package credentials finds the user's credentials for clouds where each cloud's
// own tools find them: in the environment, in files, by the tools that somebody
// is logged in with.
//
// It differs from the clouds' libraries in one thing. Where they find nothing,
// they ask a metadata server, at an address that only machines of that cloud
// have. It is asked here only where this machine is one of that cloud, or the
// user says so: anywhere else it is a stranger's address, or silent for seconds,
// and that there are no credentials can be said at once.
package credentials

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// What a user without credentials is told to give, in words for after a semicolon.
const (
	AmazonAdvice = "give some as the AWS tools take them (AWS_ACCESS_KEY_ID, AWS_PROFILE, aws configure)"
	GoogleAdvice = "give some as Google's tools take them (gcloud auth application-default login, GOOGLE_APPLICATION_CREDENTIALS)"
	AzureAdvice  = "give some as Azure's tools take them (az login, AZURE_CLIENT_ID, AZURE_STORAGE_CONNECTION_STRING)"
)

// Missing is that there are no credentials for a cloud.
type Missing struct {
	Advice string // one of the above
}

func (m *Missing) Error() string { return "no credentials were found; " + m.Advice }

// Unusable is that the credentials that there are give no token: they are out of
// date, revoked, or cannot be read. Its text has no word of a server's.
type Unusable struct {
	Advice string
	Err    error // not to be shown
}

func (u *Unusable) Error() string {
	return "the credentials that were found cannot be used; " + u.Advice
}

// Unwrap returns the cause.
func (u *Unusable) Unwrap() error { return u.Err }

// Explained returns the [Missing] or the [Unusable] in an error, whose texts are for
// users; nil where there is none.
func Explained(err error) error {
	if missing, is := errors.AsType[*Missing](err); is {
		return missing
	}
	if unusable, is := errors.AsType[*Unusable](err); is {
		return unusable
	}
	return nil
}

// Refusal says what it means for credentials that a service answered with a status
// of HTTP, to what takes certain permissions; empty where it means nothing.
func Refusal(status int, takes string) string {
	switch status {
	case http.StatusUnauthorized:
		return "the credentials are missing or no longer valid"
	case http.StatusForbidden:
		return "the credentials are not allowed this, or no longer valid: it takes " + takes
	}
	return ""
}

// Amazon returns [Missing] where the settings that were read leave nothing but the
// metadata server, which is not to be asked.
func Amazon(settings aws.Config) error {
	off := strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true")
	if aws.IsCredentialsProvider(settings.Credentials, (*ec2rolecreds.Provider)(nil)) && (off || !amazon.asks()) {
		return &Missing{AmazonAdvice}
	}
	return nil
}

// tokenTimeout bounds each request for a token.
const tokenTimeout = 8 * time.Second

// Google finds the application default credentials
// (https://cloud.google.com/docs/authentication/application-default-credentials).
// They have given a token.
func Google(ctx context.Context, scopes ...string) (*google.Credentials, error) {
	given := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") != "" || exists(gcloudFile())
	if !given && !googles.asks() {
		return nil, &Missing{GoogleAdvice}
	}
	// The token source keeps the context that it is made with, so it is bounded by
	// its own client.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout})
	found, err := google.FindDefaultCredentials(ctx, scopes...)
	if err == nil {
		_, err = found.TokenSource.Token()
	}
	switch {
	case err != nil && given:
		return nil, &Unusable{GoogleAdvice, err}
	case err != nil: // the machine has no account
		return nil, &Missing{GoogleAdvice}
	}
	return found, nil
}

// gcloudFile is where gcloud leaves what a user logs in with.
func gcloudFile() string {
	folder := os.Getenv("APPDATA")
	if runtime.GOOS != "windows" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "gcloud", "application_default_credentials.json")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Azure returns the credentials that Azure's SDKs find by default
// (https://aka.ms/azsdk/go/identity/credential-chains), for one of its clouds.
// Over is how a token is asked for; nil: as the SDK does.
func Azure(of azcloud.Configuration, over policy.Transporter) (azcore.TokenCredential, error) {
	if over == nil {
		over = &http.Client{Transport: http.DefaultTransport}
	}
	if !azures.asks() {
		over = elsewhere{over}
	}
	chain, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: policy.ClientOptions{Cloud: of, Transport: over},
	})
	if err != nil {
		return nil, &Unusable{AzureAdvice, err}
	}
	return explained{chain}, nil
}

// azureMetadata is the address of the metadata server of Azure's machines.
const azureMetadata = "169.254.169.254"

// elsewhere asks everybody but the metadata server.
type elsewhere struct{ policy.Transporter }

var errNotOfAzure = errors.New("this machine is not known to be one of Azure's, so its metadata server is not asked")

// Do implements [policy.Transporter].
func (e elsewhere) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Hostname() == azureMetadata {
		return nil, errNotOfAzure
	}
	return e.Transporter.Do(r)
}

// explained tells none from those that are refused, in a line.
type explained struct{ azcore.TokenCredential }

// GetToken implements [azcore.TokenCredential].
func (e explained) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := e.TokenCredential.GetToken(ctx, options)
	var refused *azidentity.AuthenticationFailedError
	switch {
	case err == nil:
		return token, nil
	case errors.As(err, &refused) || ctx.Err() != nil:
		return token, &Unusable{AzureAdvice, err}
	}
	return token, &Missing{AzureAdvice}
}
