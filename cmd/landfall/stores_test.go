package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/storetest"
)

// allowed tells whom a gate lets through.
type allowed func(r *http.Request) bool

func everybody(*http.Request) bool { return true }

func nobody(*http.Request) bool { return false }

// only lets a method through.
func only(methods ...string) allowed {
	return func(r *http.Request) bool { return strings.Contains(strings.Join(methods, " "), r.Method) }
}

// googleStores is fake-gcs-server with the bucket vault. It knows no users: a gate
// before it refuses as Google does those who have no token, and those who are not
// allowed what they ask
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
func googleStores(t *testing.T, front string, users bool, may allowed) (handler http.Handler, left func() int) {
	t.Helper()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: front, BucketsLocation: "EUROPE-WEST4"})
	if err != nil {
		t.Fatal(err)
	}
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "vault"})
	behind := server.HTTPHandler()
	refuse := func(w http.ResponseWriter, status int, reason string) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error": {"code": %d, "message": "SECRET of the server", "errors": [{"message": "SECRET of the server", "domain": "global", "reason": %q}]}}`, status, reason)
	}
	handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case users && r.Header.Get("Authorization") != "Bearer "+storetest.GoogleToken:
			refuse(w, http.StatusUnauthorized, "required")
		case !may(r):
			_, _ = io.Copy(io.Discard, r.Body)
			refuse(w, http.StatusForbidden, "forbidden")
		default:
			behind.ServeHTTP(w, r)
		}
	})
	left = func() int {
		answer, err := server.ListObjectsWithOptionsPaginated("vault", fakestorage.ListOptions{Versions: true})
		if err != nil {
			t.Fatal(err)
		}
		return len(answer.Objects)
	}
	return handler, left
}

// azureStores is Azurite with the container vault.
func azureStores(t *testing.T) (at *url.URL, connection string, left func() int) {
	t.Helper()
	connection = storetest.Azurite(t)
	client, err := service.NewClientFromConnectionString(connection, nil)
	if err == nil {
		_, err = client.CreateContainer(t.Context(), "vault", nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	at, err = url.Parse(client.URL())
	if err != nil {
		t.Fatal(err)
	}
	left = func() int {
		page, err := client.NewContainerClient("vault").NewListBlobsFlatPager(nil).NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Segment.BlobItems)
	}
	return at, connection, left
}

// storesInternet leads every HTTPS host to what stands for it: real servers of
// stores, and Azure's management API, which allows nobody anything
// (https://learn.microsoft.com/en-us/rest/api/azure/#handle-the-response).
func storesInternet(t *testing.T, google allowed) *storetest.Internet {
	gcs, _ := googleStores(t, "storage.googleapis.com", true, google)
	at, _, _ := azureStores(t)
	azurite := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { // by the host that was asked, as Azurite does
		p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", at.Host, p.In.Host
	}}
	return storetest.Serve(t, storetest.SignIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "storage.googleapis.com":
			gcs.ServeHTTP(w, r)
		case strings.HasSuffix(r.Host, ".blob.core.windows.net"):
			azurite.ServeHTTP(w, r)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error": {"code": "AuthorizationFailed", "message": "SECRET of the server"}}`)
		}
	})))
}

// storesProcess is the command with settings, led to an internet.
func storesProcess(t *testing.T, at *storetest.Internet, settings []string, args ...string) *exec.Cmd {
	t.Helper()
	c := landfallProcess(t, args...)
	c.Env = append(c.Env, "HTTPS_PROXY="+at.Proxy, "SSL_CERT_FILE="+at.Roots)
	c.Env = append(c.Env, settings...)
	return c
}

// TestUsersOfStores looks at buckets as nobody, as users who are not allowed to,
// and as those who are.
func TestUsersOfStores(t *testing.T) {
	account := "azblob://" + storetest.AzuriteAccount
	storetest.Settings(t, storetest.GoogleMachine(t, false))
	closed, open := storesInternet(t, nobody), storesInternet(t, everybody)
	google, azure := storetest.GoogleUser(t, http.StatusOK), storetest.AzureUser
	reader := []string{"AZURE_STORAGE_ACCOUNT=" + storetest.AzuriteAccount, "AZURE_STORAGE_SAS_TOKEN=" + storetest.AzuriteSignature(t, sas.AccountPermissions{List: true, Read: true})}
	const (
		noGoogle = "gs://vault: buckets.get: this bucket tells nothing without credentials: no credentials were found; give some as Google's tools take them"
		noAzure  = "without credentials where an account is: no credentials were found; give some as Azure's tools take them"
		notAsk   = "buckets.get: the credentials may not ask this; the permission storage.buckets.get would help"
		notRead  = "Storage Accounts - List: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/read (role Reader) would help"
		notInfo  = "Get Account Information: the credentials may not ask this; the permission Microsoft.Storage/storageAccounts/blobServices/getInfo/action would help"
	)
	// Azurite's account has a second region, whose endpoint is looked for.
	l := newLab(t, t.Cleanup)
	for name, tc := range map[string]struct {
		at       *storetest.Internet
		settings []string
		args     []string
		status   int
		want     []string
	}{
		"AuditByNobody":      {closed, nil, []string{"audit", "gs://vault", account + "/vault", "--allow", "EU"}, exitComplete, []string{noGoogle, noAzure, "Nothing was tested"}},
		"ProbeByNobody":      {closed, nil, []string{"probe", "gs://vault", account + "/vault"}, exitComplete, []string{noGoogle, noAzure}},
		"AuditByUser":        {closed, append(google, azure...), []string{"audit", "gs://vault", account + "/vault", "--allow", "EU"}, exitComplete, []string{notAsk, notRead, notInfo, "Nothing was tested"}},
		"ProbeByUser":        {closed, append(google, azure...), []string{"probe", "gs://vault", account + "/vault"}, exitComplete, []string{notAsk, notRead, notInfo}},
		"ListByGoogleUser":   {closed, google, []string{"audit", "gs://?project=lab"}, exitIncomplete, []string{"buckets.list: the credentials may not ask this; the permission storage.buckets.list would help"}},
		"ListByAzureUser":    {closed, azure, []string{"audit", "azblob://"}, exitIncomplete, []string{notRead}},
		"ListByOutOfDate":    {closed, storetest.GoogleUser(t, http.StatusBadRequest), []string{"audit", "gs://?project=lab"}, exitIncomplete, []string{"the credentials that were found cannot be used"}},
		"AuditByGoogleAdmin": {open, google, []string{"audit", "gs://vault", "--allow", "EU"}, exitComplete, []string{"gs://vault: consistent"}},
		"AuditByGoogleList":  {open, google, []string{"audit", "gs://?project=lab", "--allow", "DE"}, exitFound, []string{"gs://vault: refuted"}},
		"AuditBySignature":   {open, reader, []string{"audit", account + "/vault", "--allow", "EU"}, exitComplete, []string{"a key of the account does not open the management API", "inconclusive"}},
		"AuditBySignatures":  {open, reader, []string{"audit", account, "--allow", "EU"}, exitComplete, []string{account + "/vault: inconclusive"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := storesProcess(t, tc.at, tc.settings, append(tc.args, "--resolver", l.resolver, "--countries", "none", "--no-selfcheck")...)
			c.Stdout, c.Stderr = &out, &out
			_ = c.Run() // its status tells
			if got := c.ProcessState.ExitCode(); got != tc.status {
				t.Errorf("status %d, want %d", got, tc.status)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not said", want)
				}
			}
			if strings.Contains(out.String(), "SECRET") {
				t.Error("a secret, or the words of a server, are told")
			}
			if t.Failed() {
				t.Logf("%.3000s", &out)
			}
		})
	}
}

// TestDoorOfACopy: the endpoint at which a second region gives its copies is looked
// at like any other, and counts.
func TestDoorOfACopy(t *testing.T) {
	needs.Time(t)
	const door = "readable-secondary.blob.core.windows.net"
	l := newLab(t, t.Cleanup)
	storetest.Settings(t)
	at := storetest.Serve(t, storetest.SignIn(storetest.Load(t, "../../providers/store/azure/testdata/recorded.txtar")))
	dir := t.TempDir()
	writeGeoIP(t, filepath.Join(dir, "us.mmdb"), "US")
	for allow, tc := range map[string]struct {
		status int
		want   string
	}{
		"DE,US": {exitComplete, "consistent"},
		"DE":    {exitComplete, "disputed"}, // by a database, which refutes nothing
		"CH":    {exitFound, "refuted"},     // by what Azure says of both regions
	} {
		out := filepath.Join(dir, strings.ReplaceAll(allow, ",", ""))
		c := storesProcess(t, at, storetest.AzureUser, "audit", "azblob://readable/photos", "--allow", allow, "--allow-private",
			"--resolver", l.rewriter, "--geoip", filepath.Join(dir, "us.mmdb"), "--countries", "none", "--no-selfcheck", "--out", out)
		said, _ := c.CombinedOutput() // the status tells
		if got := c.ProcessState.ExitCode(); got != tc.status || !strings.Contains(string(said), "azblob://readable/photos: "+tc.want) {
			t.Errorf("%s: status %d, want %d and %s: %.3000s", allow, got, tc.status, tc.want, said)
		}
		b, err := evidence.ReadFile(filepath.Join(out, archive.EvidenceFile))
		if err != nil {
			t.Fatal(err)
		}
		var kinds []evidence.Kind
		for _, o := range b.Observations {
			d, dns := o.(*evidence.DNS)
			g, geo := o.(*evidence.GeoIP)
			if dns && d.Name == door || geo && g.Country == "US" {
				kinds = append(kinds, o.Common().Kind)
			}
		}
		if !slices.Contains(kinds, evidence.KindDNS) || !slices.Contains(kinds, evidence.KindGeoIP) {
			t.Errorf("of the door %v is known", kinds)
		}
		doc, err := os.ReadFile(filepath.Join(out, archive.VerdictsFile))
		if err != nil || !strings.Contains(string(doc), door) {
			t.Errorf("%s: %v: no verdict is on the door", allow, err)
		}
	}
}

// storeLab is a store that a user may do some things with.
type storeLab struct {
	bucket string // for canary
	object string // form of the addresses of objects
	left   func() int
}

// googleLab has a gate that lets some requests through.
func googleLab(t *testing.T, may allowed) storeLab {
	front := httptest.NewUnstartedServer(nil)
	handler, left := googleStores(t, front.Listener.Addr().String(), false, may)
	front.Config.Handler = handler
	front.Start()
	t.Cleanup(front.Close)
	storetest.Settings(t, "STORAGE_EMULATOR_HOST="+front.Listener.Addr().String())
	return storeLab{"gs://vault", "gs://vault/%s", left}
}

// azureLab has a user with a signature that allows some things.
func azureLab(t *testing.T, may sas.AccountPermissions) storeLab {
	at, _, left := azureStores(t)
	storetest.Settings(t, "AZURE_STORAGE_ACCOUNT="+storetest.AzuriteAccount, "AZURE_STORAGE_SAS_TOKEN="+storetest.AzuriteSignature(t, may),
		"AZURE_STORAGE_DOMAIN="+at.Host, "AZURE_STORAGE_PROTOCOL=http", "AZURE_STORAGE_IS_LOCAL_EMULATOR=true")
	form := "azblob://" + storetest.AzuriteAccount + "/vault"
	return storeLab{form, form + "/%s", left}
}

// TestUsersOfObjects writes and reads objects as users who are not allowed to: it
// is said what they lack, and nothing is left.
func TestUsersOfObjects(t *testing.T) {
	needs.Time(t)
	whole := sas.AccountPermissions{Read: true, Write: true, Create: true, Delete: true, List: true}
	reads, writes := sas.AccountPermissions{Read: true, List: true}, sas.AccountPermissions{Write: true, Create: true, Delete: true}
	for name, tc := range map[string]struct {
		open        func(*testing.T) storeLab
		canary      string // what it lacks; empty: it flies
		write, read string
		storage     string // what the cloud says of the bucket
	}{
		"GoogleReader": {open: func(t *testing.T) storeLab { return googleLab(t, only(http.MethodGet)) }, canary: "storage.objects.create", write: "storage.objects.create", storage: `"locations":["gcp:europe-west4"]`},
		"GoogleWriter": {open: func(t *testing.T) storeLab { return googleLab(t, only(http.MethodPost, http.MethodDelete)) }, canary: "storage.objects.get", read: "storage.objects.list"},
		"GoogleOwner":  {open: func(t *testing.T) storeLab { return googleLab(t, everybody) }, storage: `"locations":["gcp:europe-west4"]`},
		"AzureReader":  {open: func(t *testing.T) storeLab { return azureLab(t, reads) }, canary: "blobs/write", write: "blobs/write"},
		"AzureWriter":  {open: func(t *testing.T) storeLab { return azureLab(t, writes) }, canary: "blobs/read", read: "blobs/read"},
		"AzureOwner":   {open: func(t *testing.T) storeLab { return azureLab(t, whole) }, storage: `"api":"Get Blob Service Stats"`},
	} {
		t.Run(name, func(t *testing.T) {
			lab := tc.open(t)
			s, out, errs := isolated(t)
			says := func(status int, lacks string, got int) {
				t.Helper()
				want := exitComplete
				if lacks != "" {
					want = status
				}
				if got != want || !strings.Contains(errs.String(), lacks) || strings.Contains(errs.String()+out.String(), "SECRET") {
					t.Errorf("status %d, want %d and %q: %s", got, want, lacks, errs)
				}
				errs.Reset()
			}
			says(exitIncomplete, tc.canary, run(t.Context(), s, canaryArgs(lab.bucket)))
			if _, err := evidence.ReadAll("the output", bytes.NewReader(out.Bytes())); err != nil || tc.canary != "" && !strings.Contains(out.String(), `"class":"denied"`) || lab.left() != 0 {
				t.Errorf("%v, %d are left, %s", err, lab.left(), out)
			}
			if !strings.Contains(out.String(), tc.storage) {
				t.Errorf("the evidence lacks %s: %s", tc.storage, out)
			}
			says(exitIncomplete, "", run(t.Context(), s, canaryArgs(lab.bucket, "--sweep")))

			to := fmt.Sprintf(lab.object, "run/")
			says(exitIncomplete, tc.write, run(t.Context(), s, []string{"probe", "127.0.0.1:1", "--allow-private", "--no-selfcheck", "--resolver", "127.0.0.1:1", "--out", to}))
			claims := filepath.Join(t.TempDir(), "lab.yaml")
			writeClaims(t, claims, "1", 1)
			if tc.write == "" {
				says(exitUsage, tc.read, run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", to + "*"}))
			}
		})
	}
}
