package azure

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// open returns a cloud whose user has signed in. Microsoft's sign-in cannot be run
// here; a server on loopback stands for it.
func open(t *testing.T, handler http.Handler) *Cloud {
	t.Helper()
	storetest.Settings(t, storetest.AzureUser...)
	return led(t, handler)
}

// led returns a cloud with the settings that there are, each host of which is a
// server on loopback.
func led(t *testing.T, handler http.Handler) *Cloud {
	t.Helper()
	at := storetest.Serve(t, storetest.SignIn(handler))
	c := New(at.Client)
	c.tokens = at.Client
	return c
}

func bucketOf(account, name string) store.Bucket {
	return store.Bucket{Scheme: "azblob", Account: account, Container: name}
}

func TestManagement(t *testing.T) {
	recorded := storetest.Load(t, "testdata/recorded.txtar")
	c := open(t, recorded)
	for account, want := range map[string][]string{
		"onezone": {
			"Storage Accounts - List: azure:westeurope (the account's replication is Standard_LRS: three copies in one place of the region) (the account is of the kind StorageV2)",
			"Object Replication Policies - List: [azblob://target/photos-copy, azure:eastus2, object replication policy p1, rule r1] [azblob://stranger/away, object replication policy p3, rule r4]",
		},
		"readable": {
			"Storage Accounts - List: azure:germanywestcentral [azblob://readable-secondary/photos, azure:germanynorth, replication Standard_RAGRS, readable-secondary.blob.core.windows.net] (the account's replication is Standard_RAGRS: copies in the region and in its paired region, where they can be read at the -secondary endpoint) (the account is of the kind StorageV2)",
			"Object Replication Policies - List:",
			"Get Blob Service Stats: (the secondary endpoint has all that was written before 2026-11-26T07:00:00Z)",
		},
		"leaves": {
			"Storage Accounts - List: azure:brazilsouth [azblob://leaves-secondary/photos, azure:southcentralus, replication Standard_GRS] (the account's replication is Standard_GRS: copies in the region and in its paired region) (the account is of the kind StorageV2) (the pair leaves the geography: brazilsouth is in brazil, southcentralus in united-states)",
			"Object Replication Policies - List:",
		},
		"unpaired": { // the secondary region by Microsoft's list of pairs
			"Storage Accounts - List: azure:eastasia [azblob://unpaired-secondary/photos, azure:southeastasia, replication Standard_GZRS, by the pair that Microsoft lists] (the account's replication is Standard_GZRS: copies in the region and in its paired region) (the account is of the kind BlobStorage)",
			"Object Replication Policies - List:",
		},
		"odd": {
			"Storage Accounts - List: azure:marsnorth (the account's replication is Premium_Galactic: a replication that is not known here) (the account is of the kind StorageV2)",
			"denied! Object Replication Policies - List: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/objectReplicationPolicies/read would help",
		},
		"nopair": { // in a region that Microsoft lists no pair of
			"Storage Accounts - List: azure:marsnorth [azblob://nopair-secondary/photos, replication Standard_GRS] (the account's replication is Standard_GRS: copies in the region and in its paired region) (the account is of the kind StorageV2)",
			"denied! Object Replication Policies - List: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/objectReplicationPolicies/read would help",
		},
		"shut": {
			"Storage Accounts - List: azure:germanywestcentral [azblob://shut-secondary/photos, azure:germanynorth, replication Standard_RAGRS, by the pair that Microsoft lists, shut-secondary.blob.core.windows.net] (the account's replication is Standard_RAGRS: copies in the region and in its paired region, where they can be read at the -secondary endpoint) (the account is of the kind StorageV2)",
			"denied! Object Replication Policies - List: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/objectReplicationPolicies/read would help",
			"denied! Get Blob Service Stats: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/blobServices/read would help",
		},
		"dataonly": { // a role on the data and none on the account
			"Get Account Information: [azblob://dataonly-secondary/photos, replication Standard_RAGZRS, dataonly-secondary.blob.core.windows.net] (the account's replication is Standard_RAGZRS: copies in the region and in its paired region, where they can be read at the -secondary endpoint) (the account is of the kind StorageV2)",
			"Get Blob Service Stats: (the copies of the secondary endpoint are being made for the first time)",
			"denied! Storage Accounts - List: the credentials see no storage account of that name in Azure; the permission Microsoft.Storage/storageAccounts/read (role Reader) would help",
		},
		"elsewhere": {
			"denied! Storage Accounts - List: the credentials see no storage account of that name in Azure; the permission Microsoft.Storage/storageAccounts/read (role Reader) would help",
			"denied! Get Account Information: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/blobServices/getInfo/action would help",
		},
	} {
		if diff := cmp.Diff(want, storetest.Said(c.Locate(t.Context(), bucketOf(account, "photos"), false))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", account, diff)
		}
	}
	if got := storetest.Said(c.Locate(t.Context(), bucketOf("onezone", "photos"), true)); len(got) != 1 || !strings.HasPrefix(got[0], "denied! Azure tells nobody without credentials") {
		t.Errorf("as nobody: %q", got)
	}
	if n := strings.Count(strings.Join(recorded.Asked(), "\n"), "/subscriptions?api-version"); n != 1 {
		t.Errorf("the subscriptions were asked for %d times", n)
	}
	listed, err := c.List(t.Context(), "onezone")
	if err != nil || len(listed) != 1 || listed[0] != bucketOf("onezone", "photos") {
		t.Errorf("listed %v, %v", listed, err)
	}
	if _, err := c.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "containers/read would help") {
		t.Errorf("List of all: %v", err)
	}
}

// TestAccountInfo: what the blob service says of an account may be nothing.
func TestAccountInfo(t *testing.T) {
	for of, want := range map[info]string{
		{}:                            "Get Account Information:",
		{"Standard_LRS", "StorageV2"}: "Get Account Information: (the account's replication is Standard_LRS: three copies in one place of the region) (the account is of the kind StorageV2)",
	} {
		if got := storetest.Said(cloud.Answer{Said: []*evidence.Storage{of.says(bucketOf("lab", "box"), "")}}); len(got) != 1 || got[0] != want {
			t.Errorf("%+v: %q", of, got)
		}
	}
}

// TestStateOf: what a second region says may lack anything.
func TestStateOf(t *testing.T) {
	live, empty := service.BlobGeoReplicationStatusLive, service.BlobGeoReplicationStatus("")
	for name, tc := range map[string]struct {
		said *service.GeoReplication
		want string
	}{
		"Nothing":  {nil, "the secondary endpoint says nothing of its copies"},
		"NoStatus": {&service.GeoReplication{}, "the secondary endpoint says nothing of its copies"},
		"Empty":    {&service.GeoReplication{Status: &empty}, "the secondary endpoint says nothing of its copies"},
		"NoTime":   {&service.GeoReplication{Status: &live}, "the secondary endpoint says that its copies are live"},
	} {
		if got := stateOf(tc.said); got != tc.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	storetest.Settings(t)
	c := led(t, storetest.Load(t, "testdata/recorded.txtar"))
	got := storetest.Said(c.Locate(t.Context(), bucketOf("onezone", "photos"), false))
	if len(got) != 1 || !strings.Contains(got[0], "no credentials were found") || !strings.Contains(got[0], "role Reader") || strings.Contains(got[0], "SECRET") {
		t.Errorf("got %q", got)
	}
	if _, err := c.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("List: %v", err)
	}
}

// TestNationalClouds signs in, manages and reads in each cloud, and nowhere else.
func TestNationalClouds(t *testing.T) {
	for authority, want := range map[string][]string{
		"":                                   {"login.microsoftonline.com", "management.azure.com", "photos-secondary.blob.core.windows.net", "photos.blob.core.windows.net"},
		"https://login.chinacloudapi.cn/":    {"login.chinacloudapi.cn", "management.chinacloudapi.cn", "photos-secondary.blob.core.chinacloudapi.cn", "photos.blob.core.chinacloudapi.cn"},
		"https://login.microsoftonline.us":   {"login.microsoftonline.us", "management.usgovcloudapi.net", "photos-secondary.blob.core.usgovcloudapi.net", "photos.blob.core.usgovcloudapi.net"},
		"https://login.microsoftonline.com/": {"login.microsoftonline.com", "management.azure.com", "photos-secondary.blob.core.windows.net", "photos.blob.core.windows.net"},
	} {
		storetest.Settings(t, append([]string{"AZURE_AUTHORITY_HOST=" + authority}, storetest.AzureUser...)...)
		var mu sync.Mutex
		asked := map[string]bool{}
		answer := storetest.SignIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+storetest.AzureToken {
				t.Errorf("%s was asked with %q", r.Host, r.Header.Get("Authorization"))
			}
			if strings.HasPrefix(r.Host, "management.") {
				_, _ = io.WriteString(w, `{"value": []}`)
				return
			}
			w.Header().Set("X-Ms-Sku-Name", "Standard_RAGRS")
			w.Header().Set("X-Ms-Account-Kind", "StorageV2")
			_, _ = io.WriteString(w, `<StorageServiceStats><GeoReplication><Status>unavailable</Status><LastSyncTime/></GeoReplication></StorageServiceStats>`)
		}))
		at := storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked[r.Host] = true
			mu.Unlock()
			answer.ServeHTTP(w, r)
		}))
		c := New(at.Client)
		c.tokens = at.Client
		got := storetest.Said(c.Locate(t.Context(), bucketOf("photos", "box"), false))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(asked))); diff != "" {
			t.Errorf("%q asked (-want +got):\n%s", authority, diff)
		}
		if len(got) != 3 || !strings.HasPrefix(got[0], "Get Account Information: [azblob://photos-secondary/box, replication Standard_RAGRS, "+want[2]+"]") ||
			got[1] != "Get Blob Service Stats: (the secondary endpoint says that its copies are unavailable)" {
			t.Errorf("%q: %q", authority, got)
		}
	}
	storetest.Settings(t, "AZURE_AUTHORITY_HOST=https://evil.example.com")
	if got := storetest.Said(led(t, http.NotFoundHandler()).Locate(t.Context(), bucketOf("a", "b"), false)); len(got) != 1 || !strings.Contains(got[0], "of no known cloud") {
		t.Errorf("got %q", got)
	}
}

// TestBadSecret: what the host that signs in says is not repeated.
func TestBadSecret(t *testing.T) {
	storetest.Settings(t, append(slices.Clone(storetest.AzureUser), "AZURE_CLIENT_SECRET=wrong")...)
	got := storetest.Said(led(t, storetest.Load(t, "testdata/recorded.txtar")).Locate(t.Context(), bucketOf("onezone", "photos"), false))
	if len(got) != 1 || !strings.Contains(got[0], "the credentials that were found cannot be used") || strings.Contains(got[0], "SECRET") || strings.Contains(got[0], "AADSTS") {
		t.Errorf("got %q", got)
	}
}

// TestBadAnswers meets what the management API may do.
func TestBadAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		class  evidence.Class
		want   string
	}{
		"WrongCloud": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"error":{"code":"AuthenticationFailed","message":"SECRET"}}`)
		}, evidence.ClassDenied, "they may be of another cloud (AZURE_AUTHORITY_HOST)"},
		"RedirectLoop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
			evidence.ClassHTTP, "which is not followed"},
		"PageElsewhere": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"value": [], "nextLink": "https://evil.example.com/?SECRET"}`)
		}, evidence.ClassHTTP, "on another server, which is not asked"},
		"PagesForEver": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"value": [], "nextLink": "https://management.azure.com%s"}`, r.URL)
		}, evidence.ClassHTTP, "more than 200 pages"},
		"NotJSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>SECRET") },
			evidence.ClassHTTP, "the answer is not what this question has"},
		"EndlessJSON": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"value": [`)
			for range 1 << 20 {
				if _, err := io.WriteString(w, `{"subscriptionId": "again and again"},`); err != nil {
					return
				}
			}
		}, evidence.ClassHTTP, "the answer has more than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Host != "management.azure.com" {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				if r.Header.Get("Authorization") != "Bearer SECRET-token" {
					t.Errorf("asked with %q", r.Header.Get("Authorization"))
				}
				tc.answer(w, r)
			}))
			answer := c.Locate(t.Context(), bucketOf("onezone", "photos"), false)
			i := slices.IndexFunc(answer.Failed, func(f *cloud.Failure) bool { return f.API == listAccounts })
			if i < 0 || answer.Failed[i].Class != tc.class || !strings.Contains(answer.Failed[i].Text, tc.want) {
				t.Fatalf("got %q, want %s … %s", storetest.Said(answer), tc.class, tc.want)
			}
			for _, line := range storetest.Said(answer) {
				if strings.Contains(line, "SECRET") || strings.ContainsAny(line, "\n\r") {
					t.Errorf("%q tells a secret, or is more than a line", line)
				}
			}
		})
	}
}
