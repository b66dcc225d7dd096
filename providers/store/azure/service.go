package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// accountInfo is what the blob service is asked.
const accountInfo = "Get Account Information"

// info is what the blob service says of an account.
type info struct{ sku, kind string }

// service asks the blob service of an account for its kind and replication
// (https://learn.microsoft.com/en-us/rest/api/storageservices/get-account-information).
func (c *Cloud) service(ctx context.Context, s *session, bucket store.Bucket) (account info, err error) {
	return c.tellers.Get(ctx, bucket.Account, func(ctx context.Context) (info, error) {
		client, err := c.serviceClient(s, bucket.Account)
		if err != nil {
			return info{}, err
		}
		answer, err := client.GetAccountInfo(ctx, nil)
		if err != nil {
			return info{}, err
		}
		return info{text(answer.SKUName), text(answer.AccountKind)}, nil
	})
}

// says turns what the blob service says of an account into an observation. Where
// the copies of a second region are, it does not say.
func (i info) says(bucket store.Bucket, host string) *evidence.Storage {
	said := &evidence.Storage{Target: bucket.String(), Provider: providerID, API: accountInfo}
	if i.sku != "" {
		said.Notes = append(said.Notes, replicationWords(i.sku))
	}
	if i.kind != "" {
		said.Notes = append(said.Notes, kindWords(i.kind))
	}
	if copiesOf(i.sku).secondary {
		said.Replicas = []evidence.Replica{secondary(bucket, i.sku, host)}
	}
	return said
}

// text returns what a pointer points to; empty for nil.
func text[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

func kindWords(kind string) string { return "the account is of the kind " + kind }

// serviceClient opens the blob service with what the settings have: a connection
// string, a key, a signature, or a role.
func (c *Cloud) serviceClient(s *session, account string, policies ...policy.Policy) (*service.Client, error) {
	options := c.options(s)
	options.PerCallPolicies = policies
	at, err := accountURL(account, s.cloud)
	if err != nil {
		return nil, unreadable("AZURE_STORAGE_DOMAIN or AZURE_STORAGE_PROTOCOL", err)
	}
	own := s.hasKey(account)
	switch {
	case own && s.connection != "":
		client, err := service.NewClientFromConnectionString(s.connection, options)
		return client, unreadable("AZURE_STORAGE_CONNECTION_STRING", err)
	case own && s.key != "":
		shared, err := service.NewSharedKeyCredential(account, s.key)
		if err != nil {
			return nil, unreadable("AZURE_STORAGE_KEY", err)
		}
		return service.NewClientWithSharedKeyCredential(at, shared, options)
	case own:
		return service.NewClientWithNoCredential(at+"/?"+strings.TrimPrefix(s.sas, "?"), options)
	}
	return service.NewClient(at, s.token, options)
}

// unreadable says which setting cannot be read, and not what is in it.
func unreadable(setting string, err error) error {
	if err == nil {
		return nil
	}
	return &cloud.Failure{Class: evidence.ClassOther, Text: setting + " cannot be read; copy it again from `az storage account show-connection-string`, or leave it out", Err: err}
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
