package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// List implements [cloud.Cloud]. The scope is an account; without one it is all
// accounts that the credentials see.
func (c *Cloud) List(ctx context.Context, scope string) ([]store.Bucket, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	if s.token == nil && s.hasKey(scope) && scope != "" {
		return c.containersByKey(ctx, s, scope)
	}
	if s.token == nil {
		return nil, fmt.Errorf("listing the accounts of Azure: %w; the role Reader would help; or name the account of a key: azblob://account", s.noToken)
	}
	accounts, err := c.allAccounts(ctx, s)
	if err != nil {
		return nil, explain(listAccounts, readAccounts+" (role Reader)", err)
	}
	var out []store.Bucket
	for _, a := range accounts {
		if scope != "" && !strings.EqualFold(scope, a.Name) {
			continue
		}
		containers, err := c.containers(ctx, s, a)
		if err != nil {
			return nil, err
		}
		if out = append(out, containers...); len(out) > cloud.MaxListed {
			break
		}
	}
	return cloud.Listed(out)
}

// containers lists those of an account, by the management API.
func (c *Cloud) containers(ctx context.Context, s *session, a account) ([]store.Bucket, error) {
	var found []struct {
		Name string `json:"name"`
	}
	if err := list(ctx, c, s, a.ID+"/blobServices/default/containers?api-version="+storageVersion, &found); err != nil {
		return nil, explain("Blob Containers - List", "Microsoft.Storage/storageAccounts/blobServices/containers/read", err)
	}
	var out []store.Bucket
	for _, container := range found {
		out = appendContainer(out, strings.ToLower(a.Name), container.Name)
	}
	return out, nil
}

// containersByKey lists those of one account, by its blob service.
func (c *Cloud) containersByKey(ctx context.Context, s *session, account string) ([]store.Bucket, error) {
	client, err := c.serviceClient(s, account)
	if err != nil {
		return nil, err
	}
	var out []store.Bucket
	for pages := client.NewListContainersPager(nil); pages.More() && len(out) <= cloud.MaxListed; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("List Containers", "", err)
		}
		for _, container := range page.ContainerItems {
			if container.Name != nil {
				out = appendContainer(out, account, *container.Name)
			}
		}
	}
	return cloud.Listed(out)
}

func appendContainer(out []store.Bucket, account, name string) []store.Bucket {
	bucket := store.Bucket{Scheme: "azblob", Account: account, Container: name}
	if providers.CheckHost(bucket.String()) != nil {
		return out
	}
	return append(out, bucket)
}
