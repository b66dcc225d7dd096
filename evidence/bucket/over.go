package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"cloud.google.com/go/storage"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"

	"github.com/landfall-audit/landfall/internal/credentials"
)

// Bucket gives the bucket or container as claims and evidence name it:
// s3://bucket, gs://bucket, azblob://account/container.
func (a Address) Bucket() string { return a.name }

// Query gives a value that stands behind the question mark.
func (a Address) Query(name string) string {
	u, err := url.Parse(a.open)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// Over opens the bucket of an address with a client of the caller's: all
// requests for objects go over it, and none for credentials does. That there are
// none is a [credentials.Missing].
func Over(ctx context.Context, a Address, client *http.Client) (*blob.Bucket, error) {
	u, err := url.Parse(a.open)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", a.name, err)
	}
	open := map[string]func(context.Context, *url.URL, *http.Client) (*blob.Bucket, error){
		"s3": overS3, "gs": overGCS, "azblob": overAzure,
	}[u.Scheme]
	if open == nil {
		return nil, fmt.Errorf("opening %s: the scheme is not one of %q", a.name, schemes)
	}
	b, err := open(ctx, u, client)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", a.name, err)
	}
	return b, nil
}

// take removes a parameter that is true or false from a query.
func take(q url.Values, names ...string) (bool, error) {
	for _, name := range names {
		if text := q.Get(name); text != "" {
			q.Del(name)
			value, err := strconv.ParseBool(text)
			if err != nil {
				return false, fmt.Errorf("%s=%q is neither true nor false", name, text)
			}
			return value, nil
		}
	}
	return false, nil
}

func overS3(ctx context.Context, u *url.URL, client *http.Client) (*blob.Bucket, error) {
	q := u.Query()
	pathStyle, err := take(q, "use_path_style", "s3ForcePathStyle")
	if err != nil {
		return nil, err
	}
	accelerate, err := take(q, "accelerate")
	if err != nil {
		return nil, err
	}
	encryption, key := q.Get("ssetype"), q.Get("kmskeyid")
	q.Del("ssetype")
	q.Del("kmskeyid")
	config, err := gcaws.V2ConfigFromURLParams(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := credentials.Amazon(config); err != nil {
		return nil, err
	}
	api := s3.NewFromConfig(config, func(o *s3.Options) {
		o.HTTPClient, o.UsePathStyle, o.UseAccelerate = client, pathStyle, accelerate
	})
	return s3blob.OpenBucket(ctx, api, u.Host, &s3blob.Options{
		RequestChecksumCalculation: config.RequestChecksumCalculation, EncryptionType: types.ServerSideEncryption(encryption), KMSEncryptionID: key,
	})
}

func overGCS(ctx context.Context, u *url.URL, client *http.Client) (*blob.Bucket, error) {
	q := u.Query()
	anonymous, err := take(q, "anonymous")
	if err != nil {
		return nil, err
	}
	nobody := q.Get("access_id") == "-"
	q.Del("access_id")
	for name := range q {
		return nil, fmt.Errorf("%q is not a parameter of gs; expected anonymous", name)
	}
	with := &gcp.HTTPClient{Client: *client}
	// Emulators know no credentials.
	if !anonymous && !nobody && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		found, err := credentials.Google(ctx, storage.ScopeReadWrite)
		if err != nil {
			return nil, err
		}
		if with, err = gcp.NewHTTPClient(client.Transport, gcp.CredentialsTokenSource(found)); err != nil {
			return nil, err
		}
		with.CheckRedirect = client.CheckRedirect
	}
	// Said again, since with an emulator the driver takes a client of its own.
	options := &gcsblob.Options{ClientOptions: []option.ClientOption{option.WithHTTPClient(&with.Client)}}
	return gcsblob.OpenBucket(ctx, with, u.Host, options)
}

// overAzure takes the variables of the environment that the driver takes, and the
// one that chooses among Azure's clouds.
func overAzure(ctx context.Context, u *url.URL, client *http.Client) (*blob.Bucket, error) {
	service := azureblob.NewDefaultServiceURLOptions()
	service.AccountName = cmp.Or(service.AccountName, u.Query().Get("storage_account"))
	own := *service
	if err := describe(service, u.Query()); err != nil {
		return nil, err
	}
	if service.SASToken != "" && *service != own {
		return nil, errors.New("AZURE_STORAGE_SAS_TOKEN is sent nowhere but to the account and domain that the environment names")
	}
	cloud, err := credentials.OwnAzureCloud()
	if err != nil {
		return nil, err
	}
	service.StorageDomain = cmp.Or(service.StorageDomain, cloud.Blobs)
	base, err := azureblob.NewServiceURL(service)
	if err != nil {
		return nil, err
	}
	address, err := url.JoinPath(string(base), u.Host)
	if err != nil {
		return nil, fmt.Errorf("the address of the container: %w", err)
	}
	options := &container.ClientOptions{ClientOptions: azcore.ClientOptions{Cloud: cloud.Config, Transport: client}}
	api, err := azureContainer(ctx, address, u.Host, service, options)
	if err != nil {
		return nil, err
	}
	return azureblob.OpenBucket(context.Background(), api, nil)
}

// describe reads what stands behind the question mark.
func describe(service *azureblob.ServiceURLOptions, q url.Values) (err error) {
	for name := range q {
		switch name {
		case "storage_account":
			service.AccountName = q.Get(name)
		case "domain":
			service.StorageDomain = q.Get(name)
		case "protocol":
			service.Protocol = q.Get(name)
		case "localemu":
			service.IsLocalEmulator, err = strconv.ParseBool(q.Get(name))
		case "cdn":
			service.IsCDN, err = strconv.ParseBool(q.Get(name))
		default:
			err = fmt.Errorf("%q is not a parameter of azblob; expected domain, protocol, localemu or cdn", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// azureContainer chooses the credentials, in the order in which the driver does.
func azureContainer(ctx context.Context, address, name string, service *azureblob.ServiceURLOptions, options *container.ClientOptions) (*container.Client, error) {
	account, key := os.Getenv("AZURE_STORAGE_ACCOUNT"), os.Getenv("AZURE_STORAGE_KEY")
	connection := cmp.Or(os.Getenv("AZURE_STORAGE_CONNECTION_STRING"), os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING"))
	switch {
	case account != "" && key != "":
		shared, err := azblob.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, errors.New("AZURE_STORAGE_KEY is not a key in base64")
		}
		return container.NewClientWithSharedKeyCredential(address, shared, options)
	case service.SASToken != "":
		return container.NewClientWithNoCredential(address, options)
	case connection != "":
		if of := credentials.AzureAccountOf(connection); of != service.AccountName {
			return nil, fmt.Errorf("AZURE_STORAGE_CONNECTION_STRING is of the account %s, not of %s", of, service.AccountName)
		}
		return container.NewClientFromConnectionString(connection, name, options)
	}
	identity, err := credentials.Azure(options.Cloud, nil)
	if err != nil {
		return nil, err
	}
	if _, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{blobScope}}); err != nil {
		return nil, err
	}
	return container.NewClient(address, identity, options)
}

// blobScope is what a token for blobs is asked for, in each of Azure's clouds
// (https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-azure-active-directory).
const blobScope = "https://storage.azure.com/.default"
