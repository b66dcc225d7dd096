// Package azure asks Azure where a storage account is and where it copies to.
//
// The region stands in the management API (Azure Resource Manager), which needs
// the role Reader. The blob service itself tells an account's kind and
// replication to whoever has a key, a shared access signature or a role, and no
// region. Without credentials Azure tells nothing of this.
package azure

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// providerID is what regions.csv calls Azure.
const providerID = "azure"

// Cloud asks Azure. It is made for one run, remembers what accounts share, and is
// safe for concurrent use.
type Cloud struct {
	http   *http.Client
	tokens policy.Transporter // how tokens are asked for; nil: as the SDK does

	session  cloud.Memo[*session]
	accounts cloud.Memo[[]account]
	policies cloud.Memo[[]copyPolicy] // by the id of the account
	tellers  cloud.Memo[info]
	states   cloud.Memo[string] // of the copies in second regions
}

var _ cloud.Cloud = (*Cloud)(nil)

// New returns a Cloud that asks by a client, which bounds what it reads and follows
// no redirect: see [cloud.Client].
func New(client *http.Client) *Cloud { return &Cloud{http: client} }

// The actions of Azure's roles that the questions need; the role Reader has them
// (https://learn.microsoft.com/en-us/azure/role-based-access-control/permissions/storage).
const (
	readAccounts = "Microsoft.Storage/storageAccounts/read"
	readPolicies = "Microsoft.Storage/storageAccounts/objectReplicationPolicies/read"
	readInfo     = "Microsoft.Storage/storageAccounts/blobServices/getInfo/action"
	readService  = "Microsoft.Storage/storageAccounts/blobServices/read"
)

// Locate implements [cloud.Cloud].
func (c *Cloud) Locate(ctx context.Context, bucket store.Bucket, anonymous bool) cloud.Answer {
	var answer cloud.Answer
	s, err := c.open(ctx)
	switch {
	case err != nil:
		answer.Fail("", err)
		return answer
	case anonymous:
		answer.Fail("", &cloud.Failure{Class: evidence.ClassDenied, Text: "Azure tells nobody without credentials where an account is"})
		return answer
	case !s.hasKey(bucket.Account) && s.token == nil:
		answer.Fail("", &cloud.Failure{Class: evidence.ClassDenied, Permission: readAccounts + " (role Reader)", Err: s.noToken,
			Text: "Azure tells nobody without credentials where an account is: " + s.noToken.Error()})
		return answer
	}
	// The management API tells all that the blob service does, and the region.
	if s.token != nil && c.manage(ctx, s, bucket, &answer) {
		return answer
	}
	account, err := c.service(ctx, s, bucket)
	answer.Fail(accountInfo, explain(accountInfo, readInfo, err))
	if err == nil {
		answer.Say(account.says(bucket, c.secondaryHost(s, bucket.Account)))
		c.second(ctx, s, bucket, account.sku, &answer)
	}
	if s.token == nil {
		answer.Fail("", &cloud.Failure{API: listAccounts, Class: evidence.ClassDenied, Permission: readAccounts + " (role Reader)",
			Text: "a key of the account does not open the management API, which alone tells the region; log in (az login)"})
	}
	return answer
}

// manage asks the management API. It gives false where the credentials do not see
// the account there.
func (c *Cloud) manage(ctx context.Context, s *session, bucket store.Bucket, answer *cloud.Answer) bool {
	accounts, err := c.allAccounts(ctx, s)
	own, known := find(accounts, bucket.Account)
	if !known {
		if err == nil {
			err = &cloud.Failure{API: listAccounts, Class: evidence.ClassDenied, Permission: readAccounts + " (role Reader)",
				Text: "the credentials see no storage account of that name in " + s.cloud.Name}
		}
		answer.Fail(listAccounts, explain(listAccounts, readAccounts+" (role Reader)", err))
		return false
	}
	answer.Say(own.says(bucket, c.secondaryHost(s, bucket.Account)))
	said, err := c.objectReplication(ctx, s, own, accounts, bucket)
	if err == nil || said != nil && len(said.Replicas) > 0 {
		answer.Say(said)
	}
	answer.Fail(listPolicies, explain(listPolicies, readPolicies, err))
	c.second(ctx, s, bucket, own.SKU.Name, answer) // last: a region far away may be silent
	return true
}

// second asks the second region of an account that can be read there.
func (c *Cloud) second(ctx context.Context, s *session, bucket store.Bucket, sku string, answer *cloud.Answer) {
	if !copiesOf(sku).readable {
		return
	}
	said, err := c.stats(ctx, s, bucket)
	answer.Say(said)
	answer.Fail(serviceStats, explain(serviceStats, readService, err))
}
