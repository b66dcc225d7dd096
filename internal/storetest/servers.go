package storetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/internal/needs"
)

// What .ci/environment says of this machine: where the servers are, and whether a
// missing one is a failure.
const (
	versitygwFile = "LANDFALL_VERSITYGW"
	azuriteFile   = "LANDFALL_AZURITE" // azurite-blob
	needServers   = "LANDFALL_NEED_STORES"
)

// The keys of the servers' root accounts.
const (
	AccessKey = "lab"
	SecretKey = "SECRET-of-the-lab"
)

// startup is how long a server may take before it listens.
const startup = 60 * time.Second

// VersityGW runs an S3 server that others wrote, in a region and with the named
// buckets, until the test ends, and gives its URL.
func VersityGW(t testing.TB, region string, buckets ...string) string {
	t.Helper()
	program := server(t, "versitygw", os.Getenv(versitygwFile))
	root, side, at := t.TempDir(), t.TempDir(), freeAddress(t)
	for _, bucket := range buckets {
		if err := os.Mkdir(filepath.Join(root, bucket), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(program, "--port", at, "--region", region, "--access", AccessKey, "--secret", SecretKey, "--quiet", "posix", "--sidecar", side, root)
	run(t, c, at)
	return "http://" + at
}

// The account that every Azurite has, which Microsoft publishes.
const (
	AzuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Azurite runs Microsoft's own emulator of the blob service until the test ends,
// and returns its connection string.
func Azurite(t testing.TB) string {
	t.Helper()
	program := server(t, "azurite", os.Getenv(azuriteFile))
	at := freeAddress(t)
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--blobHost", host, "--blobPort", port, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck")
	c.Dir = t.TempDir()
	run(t, c, at)
	return "DefaultEndpointsProtocol=http;AccountName=" + AzuriteAccount + ";AccountKey=" + azuriteKey + ";BlobEndpoint=http://" + at + "/" + AzuriteAccount + ";"
}

// AzuriteSignature returns a shared access signature of Azurite's account, which
// allows some things with its containers and blobs, for an hour.
func AzuriteSignature(t testing.TB, allowed sas.AccountPermissions) string {
	t.Helper()
	key, err := service.NewSharedKeyCredential(AzuriteAccount, azuriteKey)
	if err != nil {
		t.Fatal(err)
	}
	kinds := sas.AccountResourceTypes{Service: true, Container: true, Object: true}
	values := sas.AccountSignatureValues{
		Protocol: sas.ProtocolHTTPSandHTTP, ExpiryTime: time.Now().Add(time.Hour).UTC(), Permissions: allowed.String(), ResourceTypes: kinds.String(),
	}
	signed, err := values.SignWithSharedKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Encode()
}

// server returns the program of a server. Where there is none, the test ends.
func server(t testing.TB, name, path string) string {
	t.Helper()
	needs.Program(t, name)
	found, err := exec.LookPath(path)
	if err != nil {
		needs.Missing(t, needServers, name+" is not there: .ci/need installs it, and .ci/environment says where")
	}
	return found
}

// run starts a server and waits until it listens. It is stopped when the test
// ends.
func run(t testing.TB, c *exec.Cmd, at string) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		<-ended
		out.Close()
	})
	for end := time.Now().Add(startup); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-ended:
			said, _ := os.ReadFile(out.Name())
			t.Fatalf("%s ended: %s", c.Path, said)
		default:
		}
		if conn, err := net.Dial("tcp", at); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("%s does not listen at %s", c.Path, at)
}

// freeAddress returns an address on loopback that nobody listens at.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
