package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/cloud"
)

// accountInfo is what the blob service is asked.
const accountInfo = "Get Account Information"

// service asks the blob service of an account for its kind and replication
// (https://learn.microsoft.com/en-us/rest/api/storageservices/get-account-information).
func (c *Cloud) service(ctx context.Context, s *session, bucket providers.Bucket) (*evidence.Storage, error) {
	told, err := c.tellers.Get(ctx, bucket.Account, func(ctx context.Context) (*evidence.Storage, error) {
		client, err := c.serviceClient(s, bucket.Account)
		if err != nil {
			return nil, err
		}
		info, err := client.GetAccountInfo(ctx, nil)
		if err != nil {
			return nil, err
		}
		said := &evidence.Storage{Provider: providerID, API: accountInfo}
		if info.SKUName != nil {
			said.Notes = append(said.Notes, replicationWords(string(*info.SKUName)))
		}
		if info.AccountKind != nil {
			said.Notes = append(said.Notes, fmt.Sprintf("the account is of the kind %s", *info.AccountKind))
		}
		return said, nil
	})
	if told == nil || err != nil {
		return nil, err
	}
	own := *told
	own.Target = bucket.String()
	return &own, nil
}

// serviceClient opens the blob service with what the settings have: a connection
// string, a key, a signature, or a role.
func (c *Cloud) serviceClient(s *session, account string) (*service.Client, error) {
	own := s.hasKey(account)
	switch {
	case own && s.connection != "":
		client, err := service.NewClientFromConnectionString(s.connection, c.options(s))
		return client, unreadable("AZURE_STORAGE_CONNECTION_STRING", err)
	case own && s.key != "":
		shared, err := service.NewSharedKeyCredential(account, s.key)
		if err != nil {
			return nil, unreadable("AZURE_STORAGE_KEY", err)
		}
		return service.NewClientWithSharedKeyCredential(s.endpoint(account), shared, c.options(s))
	case own:
		return service.NewClientWithNoCredential(s.endpoint(account)+"?"+strings.TrimPrefix(s.sas, "?"), c.options(s))
	}
	return service.NewClient(s.endpoint(account), s.token, c.options(s))
}

// unreadable says which setting cannot be read, and not what is in it.
func unreadable(setting string, err error) error {
	if err == nil {
		return nil
	}
	return &cloud.Failure{Class: evidence.ClassOther, Text: setting + " cannot be read; copy it again from `az storage account show-connection-string`", Err: err}
}

// copies says how often and where an account of a SKU keeps what it has
// (https://learn.microsoft.com/en-us/azure/storage/common/storage-redundancy).
type copies struct {
	secondary bool // a second region has copies
	readable  bool // which can be read from at the -secondary endpoint
	words     string
}

func copiesOf(sku string) copies {
	_, kind, _ := strings.Cut(sku, "_")
	switch kind {
	case "LRS":
		return copies{words: "three copies in one place of the region"}
	case "ZRS":
		return copies{words: "copies in several zones of the region"}
	case "GRS", "GZRS":
		return copies{secondary: true, words: "copies in the region and in its paired region"}
	case "RAGRS", "RAGZRS":
		return copies{secondary: true, readable: true, words: "copies in the region and in its paired region, where they can be read at the -secondary endpoint"}
	}
	return copies{words: "a replication that is not known here"}
}

func replicationWords(sku string) string {
	return fmt.Sprintf("the account's replication is %s: %s", sku, copiesOf(sku).words)
}
