package credentials

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	_ "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime" // fills in the addresses of the management APIs
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// AzureCloud is one of Azure's clouds, which have accounts and names of their
// own. The hosts that sign in and manage are those of Azure's SDK.
type AzureCloud struct {
	Name   string
	Config azcloud.Configuration
	Blobs  string // domain of the blob service
}

// AzureClouds is every cloud; the first is the one of whoever says nothing else.
// https://learn.microsoft.com/en-us/azure/storage/common/storage-powershell-independent-clouds
var AzureClouds = []AzureCloud{
	{"Azure", azcloud.AzurePublic, "blob.core.windows.net"},
	{"Azure China (21Vianet)", azcloud.AzureChina, "blob.core.chinacloudapi.cn"},
	{"Azure Government", azcloud.AzureGovernment, "blob.core.usgovcloudapi.net"},
}

// Management is the address of the management API, without a slash at its end.
func (c AzureCloud) Management() string { return c.service().Endpoint }

// Scope is what a token for the management API is asked for.
func (c AzureCloud) Scope() string { return c.service().Audience + "/.default" }

func (c AzureCloud) service() azcloud.ServiceConfiguration {
	return c.Config.Services[azcloud.ResourceManager]
}

// OwnAzureCloud returns the cloud of the user, which Azure's SDKs learn by the
// host that signs in (AZURE_AUTHORITY_HOST).
func OwnAzureCloud() (AzureCloud, error) {
	authority := os.Getenv("AZURE_AUTHORITY_HOST")
	if authority == "" {
		return AzureClouds[0], nil
	}
	var known []string
	for _, c := range AzureClouds {
		if hostOf(authority) == hostOf(c.Config.ActiveDirectoryAuthorityHost) {
			return c, nil
		}
		known = append(known, c.Config.ActiveDirectoryAuthorityHost)
	}
	return AzureCloud{}, fmt.Errorf("AZURE_AUTHORITY_HOST is of no known cloud; expected one of %s", strings.Join(known, ", "))
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// AzureAccountOf returns the account of a connection string
// (https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string);
// empty where it names none.
func AzureAccountOf(connection string) string {
	for part := range strings.SplitSeq(connection, ";") {
		if name, value, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(name), "AccountName") {
			return value
		}
	}
	return ""
}
