package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob/azureblob"

	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/blobs"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Open implements [cloud.Cloud]. It takes the variables of the environment that the
// driver takes, and the one that chooses among Azure's clouds.
func (c *Cloud) Open(ctx context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	service := azureblob.NewDefaultServiceURLOptions()
	service.AccountName = cmp.Or(service.AccountName, a.Where.Account)
	own := *service
	service.AccountName = a.Where.Account
	if err := describe(service, a.Query); err != nil {
		return nil, err
	}
	if service.SASToken != "" && *service != own {
		return nil, errors.New("AZURE_STORAGE_SAS_TOKEN is sent nowhere but to the account and domain that the environment names")
	}
	settings, err := credentials.OwnAzureCloud()
	if err != nil {
		return nil, err
	}
	base, err := serviceURL(service, settings)
	if err != nil {
		return nil, err
	}
	address, err := url.JoinPath(base, a.Where.Container)
	if err != nil {
		return nil, fmt.Errorf("the address of the container: %w", err)
	}
	options := &container.ClientOptions{ClientOptions: azcore.ClientOptions{Cloud: settings.Config, Transport: over}}
	api, err := openContainer(ctx, address, a.Where.Container, service, options)
	if err != nil {
		return nil, err
	}
	b, err := azureblob.OpenBucket(context.Background(), api, nil)
	if err != nil {
		return nil, err
	}
	return &blobs.Bucket{Bucket: b, Range: func(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
		// The driver falls over an answer that lacks a field.
		answer, err := api.NewBlobClient(key).DownloadStream(ctx, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: from, Count: length}})
		return answer.Body, err
	}}, nil
}

// serviceURL returns the address of a blob service, in one of Azure's clouds unless it
// is said where.
func serviceURL(service *azureblob.ServiceURLOptions, settings credentials.AzureCloud) (string, error) {
	service.StorageDomain = cmp.Or(service.StorageDomain, settings.Blobs)
	base, err := azureblob.NewServiceURL(service)
	return string(base), err
}

// accountURL returns the address of an account's blob service, by the variables of
// the environment that the driver takes. No credential is in it.
func accountURL(account string, settings credentials.AzureCloud) (string, error) {
	service := azureblob.NewDefaultServiceURLOptions()
	service.AccountName, service.SASToken = account, ""
	return serviceURL(service, settings)
}

// describe reads what stands behind the question mark.
func describe(service *azureblob.ServiceURLOptions, q url.Values) (err error) {
	for name := range q {
		switch name {
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

// openContainer chooses the credentials, in the order in which the driver does.
func openContainer(ctx context.Context, address, name string, service *azureblob.ServiceURLOptions, options *container.ClientOptions) (*container.Client, error) {
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
