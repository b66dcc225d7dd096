package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	listAccounts = "Storage Accounts - List"
	listPolicies = "Object Replication Policies - List"
	// The versions of the interfaces that the shapes below are of
	// (https://learn.microsoft.com/en-us/rest/api/storagerp/).
	subscriptionsVersion = "2022-12-01"
	storageVersion       = "2023-05-01"
	// maxPages bounds a list.
	maxPages = 200
)

// account is a storage account as the management API describes it.
type account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Location string `json:"location"`
	Kind     string `json:"kind"`
	SKU      struct {
		Name string `json:"name"`
	} `json:"sku"`
	Properties struct {
		PrimaryLocation   string `json:"primaryLocation"`
		SecondaryLocation string `json:"secondaryLocation"`
	} `json:"properties"`
}

// allAccounts lists the storage accounts of every subscription that the
// credentials see, once.
func (c *Cloud) allAccounts(ctx context.Context, s *session) ([]account, error) {
	return c.accounts.Get(ctx, "", func(ctx context.Context) (all []account, err error) {
		var subscriptions []struct {
			ID string `json:"subscriptionId"`
		}
		if err := list(ctx, c, s, "/subscriptions?api-version="+subscriptionsVersion, &subscriptions); err != nil {
			return nil, err
		}
		for _, subscription := range subscriptions {
			var some []account
			path := "/subscriptions/" + url.PathEscape(subscription.ID) + "/providers/Microsoft.Storage/storageAccounts?api-version=" + storageVersion
			if err := list(ctx, c, s, path, &some); err != nil {
				return all, err
			}
			all = append(all, some...)
		}
		return all, nil
	})
}

func find(accounts []account, name string) (account, bool) {
	for _, a := range accounts {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return account{}, false
}

// list asks page by page, and follows the address of the next one only on the
// management API itself: it carries the token.
func list[T any](ctx context.Context, c *Cloud, s *session, path string, into *[]T) error {
	address := s.cloud.Management() + path
	for range maxPages {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"nextLink"`
		}
		if err := c.get(ctx, s, address, &page); err != nil {
			return err
		}
		*into = append(*into, page.Value...)
		if page.Next == "" {
			return nil
		}
		if !strings.HasPrefix(page.Next, s.cloud.Management()+"/") {
			return &cloud.Failure{Class: evidence.ClassHTTP, Text: "the next page of the list is said to be on another server, which is not asked"}
		}
		address = page.Next
	}
	return &cloud.Failure{Class: evidence.ClassHTTP, Text: fmt.Sprintf("the list has more than %d pages; the rest was not read", maxPages)}
}

// get asks the management API.
func (c *Cloud) get(ctx context.Context, s *session, address string, into any) error {
	token, err := s.token.GetToken(ctx, s.scope())
	if err != nil {
		return &cloud.Failure{Class: evidence.ClassDenied, Err: err, Text: "the credentials give no token any more; log in again (az login)"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token.Token)
	response, err := cloud.Ask(c.http, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return &statusError{response.StatusCode}
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return &shapeError{err}
	}
	return nil
}

// says turns what the management API says of an account into an observation.
func (a account) says(bucket store.Bucket, host string) *evidence.Storage {
	said := &evidence.Storage{Target: bucket.String(), Provider: providerID, API: listAccounts}
	region := a.region()
	if region != "" {
		said.Locations = []string{providerID + ":" + region}
	}
	kept := copiesOf(a.SKU.Name)
	said.Notes = append(said.Notes, replicationWords(a.SKU.Name))
	if a.Kind != "" {
		said.Notes = append(said.Notes, kindWords(a.Kind))
	}
	if !kept.secondary {
		return said
	}
	replica := secondary(bucket, a.SKU.Name, host)
	second := canonical(a.Properties.SecondaryLocation)
	if pair, ok := providers.AzurePair(region); second == "" && ok {
		second = pair.Code
		replica.Rule += ", by the pair that Microsoft lists"
	}
	if second != "" {
		replica.Location = providerID + ":" + second
	}
	said.Replicas = []evidence.Replica{replica}
	if note := leaving(region, second); note != "" {
		said.Notes = append(said.Notes, note)
	}
	return said
}

// region is where the account is: after a failover the primary location, which
// counts.
func (a account) region() string {
	if a.Properties.PrimaryLocation != "" {
		return canonical(a.Properties.PrimaryLocation)
	}
	return canonical(a.Location)
}

// canonical returns the name that a region has in the tables; one that no table
// knows keeps its own.
func canonical(region string) string {
	if found, ok := providers.LookupRegion(providerID, region); ok {
		return found.Code
	}
	return strings.ToLower(strings.ReplaceAll(region, " ", ""))
}

// leaving says that a pair leaves its geography; empty where it does not, or
// where that is not known.
func leaving(region, secondary string) string {
	from, known := providers.LookupRegion(providerID, region)
	to, knownToo := providers.LookupRegion(providerID, secondary)
	if !known || !knownToo || from.Geography == to.Geography {
		return ""
	}
	return fmt.Sprintf("the pair leaves the geography: %s is in %s, %s in %s", from.Code, from.Geography, to.Code, to.Geography)
}
