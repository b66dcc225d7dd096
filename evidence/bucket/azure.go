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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"

	"github.com/landfall-audit/landfall/internal/credentials"
)

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
	base, err := azureURL(service, cloud)
	if err != nil {
		return nil, err
	}
	address, err := url.JoinPath(base, u.Host)
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

// azureURL returns the address of a blob service, in one of Azure's clouds unless it
// is said where.
func azureURL(service *azureblob.ServiceURLOptions, cloud credentials.AzureCloud) (string, error) {
	service.StorageDomain = cmp.Or(service.StorageDomain, cloud.Blobs)
	base, err := azureblob.NewServiceURL(service)
	return string(base), err
}

// AzureService returns the address of an account's blob service, by the variables of
// the environment that the driver takes. No credential is in it.
func AzureService(account string, cloud credentials.AzureCloud) (string, error) {
	service := azureblob.NewDefaultServiceURLOptions()
	service.AccountName, service.SASToken = account, ""
	return azureURL(service, cloud)
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

// Moved reports whether what stands behind the question mark of an azblob address
// leads to another server than the settings of Azure's tools do: each parameter
// there is does.
func (a Address) Moved() bool {
	u, err := url.Parse(a.open)
	if err != nil || u.Scheme != "azblob" {
		return false
	}
	q := u.Query()
	q.Del("storage_account") // of the name
	return len(q) > 0
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
		if of := credentials.AzureAccountOf(connection); of != "" && of != service.AccountName {
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
