package azure

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
)

// serviceStats is what the secondary endpoint of a blob service is asked
// (https://learn.microsoft.com/en-us/rest/api/storageservices/get-blob-service-stats).
const serviceStats = "Get Blob Service Stats"

// suffix follows the name of an account where its second region is meant.
const suffix = "-secondary"

// secondary is the copy in the second region. Host is empty where it cannot be
// read.
func secondary(bucket store.Bucket, sku, host string) evidence.Replica {
	r := evidence.Replica{Target: "azblob://" + bucket.Account + suffix + "/" + bucket.Container, Rule: "replication " + sku}
	if copiesOf(sku).readable {
		r.Host = host
	}
	return r
}

// secondaryHost returns the endpoint at which the second region of an account can be
// read; empty where the account has no name of its own, as with an emulator.
func (c *Cloud) secondaryHost(s *session, account string) string {
	client, err := c.serviceClient(s, account)
	if err != nil {
		return ""
	}
	at, err := url.Parse(client.URL())
	if err != nil || !named(at, account) {
		return ""
	}
	moveToSecondary(at, account)
	return at.Hostname()
}

// named reports whether an account's name is part of the name of its host, or
// else of the path.
func named(at *url.URL, account string) bool { return strings.HasPrefix(at.Hostname(), account+".") }

func moveToSecondary(at *url.URL, account string) {
	if named(at, account) {
		at.Host = account + suffix + strings.TrimPrefix(at.Host, account)
		return
	}
	at.Path = strings.Replace(at.Path, "/"+account, "/"+account+suffix, 1)
}

// toSecondary leads requests to the secondary endpoint, before they are signed.
type toSecondary struct{ account string }

// Do implements [policy.Policy].
func (t toSecondary) Do(r *policy.Request) (*http.Response, error) {
	moveToSecondary(r.Raw().URL, t.account)
	r.Raw().Host = r.Raw().URL.Host
	return r.Next()
}

// stats asks the second region how far behind the first it is.
func (c *Cloud) stats(ctx context.Context, s *session, bucket store.Bucket) (*evidence.Storage, error) {
	note, err := c.states.Get(ctx, bucket.Account, func(ctx context.Context) (string, error) {
		client, err := c.serviceClient(s, bucket.Account, toSecondary{bucket.Account})
		if err != nil {
			return "", err
		}
		answer, err := client.GetStatistics(ctx, nil)
		if err != nil {
			return "", err
		}
		return stateOf(answer.GeoReplication), nil
	})
	if err != nil {
		return nil, err
	}
	return &evidence.Storage{Target: bucket.String(), Provider: providerID, API: serviceStats, Notes: []string{note}}, nil
}

// stateOf says what the second region says of its copies.
func stateOf(g *service.GeoReplication) string {
	switch {
	case g == nil || text(g.Status) == "":
		return "the secondary endpoint says nothing of its copies"
	case *g.Status == service.BlobGeoReplicationStatusLive && g.LastSyncTime != nil:
		return fmt.Sprintf("the secondary endpoint has all that was written before %s", g.LastSyncTime.UTC().Format(time.RFC3339))
	case *g.Status == service.BlobGeoReplicationStatusBootstrap:
		return "the copies of the secondary endpoint are being made for the first time"
	}
	return fmt.Sprintf("the secondary endpoint says that its copies are %s", text(g.Status))
}
