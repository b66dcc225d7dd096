package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
)

// copyPolicy is an object replication policy
// (https://learn.microsoft.com/en-us/rest/api/storagerp/object-replication-policies/list).
// Accounts are named by their resource id or, in older policies, by their name.
type copyPolicy struct {
	Name       string `json:"name"`
	Properties struct {
		Source      string `json:"sourceAccount"`
		Destination string `json:"destinationAccount"`
		Rules       []rule `json:"rules"`
	} `json:"properties"`
}

type rule struct {
	ID          string `json:"ruleId"`
	Source      string `json:"sourceContainer"`
	Destination string `json:"destinationContainer"`
}

// objectReplication reads the policies that copy a container to other accounts.
func (c *Cloud) objectReplication(ctx context.Context, s *session, own account, accounts []account, bucket store.Bucket) (*evidence.Storage, error) {
	policies, err := c.policies.Get(ctx, own.ID, func(ctx context.Context) (all []copyPolicy, err error) {
		err = list(ctx, c, s, own.ID+"/objectReplicationPolicies?api-version="+storageVersion, &all)
		return all, err
	})
	said := &evidence.Storage{Target: bucket.String(), Provider: providerID, API: listPolicies}
	for _, p := range policies {
		if !strings.EqualFold(nameOf(p.Properties.Source), own.Name) {
			continue // this account is where the copies go
		}
		for _, r := range p.Properties.Rules {
			if r.Source != bucket.Container {
				continue
			}
			name := nameOf(p.Properties.Destination)
			replica := evidence.Replica{
				Target: "azblob://" + name + "/" + r.Destination,
				Rule:   fmt.Sprintf("object replication policy %s, rule %s", p.Name, r.ID),
			}
			if to, known := find(accounts, name); known && to.region() != "" {
				replica.Location = providerID + ":" + to.region()
			}
			said.Replicas = append(said.Replicas, replica)
		}
	}
	said.Replicas = slices.Compact(said.Replicas)
	return said, err
}

// nameOf returns the name of an account from its resource id, or from itself.
func nameOf(account string) string { return account[strings.LastIndexByte(account, '/')+1:] }
