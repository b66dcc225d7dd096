package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"golang.org/x/net/webdav"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/probes/probe"
)

// secret stands in every credential of the lab, and must stand in nothing that
// is written or said.
const secret = "c2VjcmV0LW9mLXRoZS1sYWI="

// gate stands before a server. It answers a request itself where it returns
// true.
type gate func(w nethttp.ResponseWriter, r *nethttp.Request) bool

// lab is a real server of one of the services, and a target on it.
type lab struct {
	target string
	at     netip.AddrPort
	list   func(t *testing.T) []string // the objects that are there, and what is kept of others

	mu   sync.Mutex
	gate gate
	seen []*nethttp.Request
}

func (l *lab) set(g gate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = g
}

// requests returns the requests so far that were made by a method.
func (l *lab) requests(method string) []*nethttp.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*nethttp.Request
	for _, r := range l.seen {
		if r.Method == method {
			out = append(out, r)
		}
	}
	return out
}

// wrap puts the gate before a handler.
func (l *lab) wrap(next nethttp.Handler) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		l.mu.Lock()
		l.seen = append(l.seen, r.Clone(context.Background()))
		g := l.gate
		l.mu.Unlock()
		if g != nil && g(w, r) {
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// labs are the services, each with a real server.
var labs = map[string]func(*testing.T) *lab{"s3": s3Lab, "versitygw": versityLab, "gs": gcsLab, "azblob": azureLab, "webdav": davLab}

// program returns a server that `make need` installs, by the variable that
// .ci/environment names it in.
func program(t *testing.T, variable string) string {
	t.Helper()
	needs.Program(t, "the server that "+variable+" names")
	path := os.Getenv(variable)
	if path == "" {
		needs.Missing(t, "LANDFALL_NEED_STORES", variable+" names no server (make need)")
	}
	return path
}

// freePort returns an address on loopback at which nothing listens.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	return addrPort(free.Addr())
}

// versityLab is S3 by another server, whose bucket is a folder.
func versityLab(t *testing.T) *lab {
	at, root := freePort(t), t.TempDir()
	c := exec.Command(program(t, "LANDFALL_VERSITYGW"), "--port", at.String(), "--region", "eu-central-1", "--access", "lab", "--secret", secret, "--quiet", "posix", "--sidecar", t.TempDir(), root)
	if err := errors.Join(os.Mkdir(filepath.Join(root, "vault"), 0o755), c.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	awaitPort(t, at)
	l := &lab{}
	front := httptest.NewServer(l.wrap(forward(at)))
	t.Cleanup(front.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	l.target, l.at = "s3://vault?region=eu-central-1&use_path_style=true&endpoint="+front.URL, addrPort(front.Listener.Addr())
	l.list = func(t *testing.T) []string {
		entries, err := os.ReadDir(filepath.Join(root, "vault"))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			if e.Name() != ".sgwtmp" { // the server's own, for what is being written
				out = append(out, e.Name())
			}
		}
		return out
	}
	return l
}

func s3Lab(t *testing.T) *lab {
	backend := s3mem.New()
	if err := backend.CreateBucket("vault"); err != nil {
		t.Fatal(err)
	}
	l := &lab{}
	server := httptest.NewServer(l.wrap(gofakes3.New(backend).Server()))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	l.target = "s3://vault?region=us-east-1&use_path_style=true&endpoint=" + server.URL
	l.at = addrPort(server.Listener.Addr())
	l.list = func(t *testing.T) []string {
		versions, err := backend.ListBucketVersions("vault", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range versions.Versions {
			out = append(out, fmt.Sprintf("%+v", v))
		}
		return out
	}
	return l
}

// versioned makes the bucket of s3Lab keep versions.
func (l *lab) versioned(t *testing.T) {
	t.Helper()
	body := `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`
	r, err := nethttp.NewRequestWithContext(t.Context(), nethttp.MethodPut, "http://"+l.at.String()+"/vault?versioning", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := nethttp.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != nethttp.StatusOK {
		t.Fatalf("%v %v", answer, err)
	}
	answer.Body.Close()
}

func gcsLab(t *testing.T) *lab {
	l := &lab{}
	front := httptest.NewUnstartedServer(nil)
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: front.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "vault"})
	front.Config.Handler = l.wrap(server.HTTPHandler())
	front.Start()
	t.Cleanup(front.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", front.Listener.Addr().String())
	l.target, l.at = "gs://vault?anonymous=true", addrPort(front.Listener.Addr())
	l.list = func(t *testing.T) []string {
		answer, err := server.ListObjectsWithOptionsPaginated("vault", fakestorage.ListOptions{Versions: true})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, o := range answer.Objects {
			out = append(out, o.Name)
		}
		return out
	}
	return l
}

// azurite is the one server of Azure Blob of this test program, and its
// containers are counted.
var azurite struct {
	start      sync.Once
	at         netip.AddrPort
	process    *exec.Cmd
	containers atomic.Int64
}

func TestMain(m *testing.M) {
	status := m.Run()
	if c := azurite.process; c != nil {
		_ = c.Process.Kill() // it keeps nothing on the disk
		_ = c.Wait()
	}
	os.Exit(status)
}

// startAzurite returns where the server listens.
func startAzurite(t *testing.T) netip.AddrPort {
	t.Helper()
	server := program(t, "LANDFALL_AZURITE")
	azurite.start.Do(func() {
		azurite.at = freePort(t)
		c := exec.Command(server, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", fmt.Sprint(azurite.at.Port()), "--skipApiVersionCheck")
		c.Dir, c.Env = os.TempDir(), append(os.Environ(), "AZURITE_ACCOUNTS=lab:"+secret)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		azurite.process = c
	})
	awaitPort(t, azurite.at)
	return azurite.at
}

func azureLab(t *testing.T) *lab {
	behind := startAzurite(t)
	name := fmt.Sprintf("vault%d", azurite.containers.Add(1))
	l := &lab{}
	proxy := httptest.NewServer(l.wrap(forward(behind)))
	t.Cleanup(proxy.Close)
	l.at = addrPort(proxy.Listener.Addr())
	t.Setenv("AZURE_STORAGE_ACCOUNT", "lab")
	t.Setenv("AZURE_STORAGE_KEY", secret)
	l.target = "azblob://lab/" + name + "?protocol=http&localemu=true&domain=" + l.at.String()
	key, err := azblob.NewSharedKeyCredential("lab", secret)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential("http://"+behind.String()+"/lab", key, nil)
	if err == nil {
		_, err = client.CreateContainer(t.Context(), name, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.list = func(t *testing.T) []string {
		var out []string
		for pages := client.NewListBlobsFlatPager(name, nil); pages.More(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Segment.BlobItems {
				out = append(out, *item.Name)
			}
		}
		return out
	}
	return l
}

func davLab(t *testing.T) *lab {
	files := webdav.NewMemFS()
	if err := files.Mkdir(t.Context(), "/vault", 0o700); err != nil {
		t.Fatal(err)
	}
	l := &lab{}
	handler := &webdav.Handler{FileSystem: files, LockSystem: webdav.NewMemLS()}
	server := httptest.NewServer(l.wrap(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if user, password, _ := r.BasicAuth(); user != "lab" || password != secret {
			nethttp.Error(w, "who are you?", nethttp.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	})))
	t.Cleanup(server.Close)
	t.Setenv("WEBDAV_USERNAME", "lab")
	t.Setenv("WEBDAV_PASSWORD", secret)
	l.target, l.at = server.URL+"/vault", addrPort(server.Listener.Addr())
	l.list = func(t *testing.T) []string {
		folder, err := files.OpenFile(t.Context(), "/vault", os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		infos, err := folder.Readdir(-1)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, info := range infos {
			out = append(out, info.Name())
		}
		return out
	}
	return l
}

// forward passes requests on to a server, whose signatures name the host that
// was asked.
func forward(to netip.AddrPort) nethttp.Handler {
	transport := &nethttp.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to.String())
	}}
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		r.URL.Scheme, r.URL.Host = "http", r.Host
		answer, err := transport.RoundTrip(r)
		if err != nil {
			nethttp.Error(w, err.Error(), nethttp.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	})
}

func awaitPort(t *testing.T, at netip.AddrPort) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", at.String())
		if err == nil {
			conn.Close()
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func addrPort(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }

// flight is a canary on a lab, and all that it writes and says.
type flight struct {
	*Canary
	lab      *lab
	evidence []evidence.Observation
	said     []string
}

const labCount = 5

func fly(t *testing.T, l *lab) *flight {
	t.Helper()
	target, err := ParseTarget(l.target)
	if err != nil {
		t.Fatal(err)
	}
	f := &flight{lab: l}
	f.Canary = &Canary{
		Stamp: probe.Stamp{Vantage: "v1"}, Target: target, Size: LeastSize, Count: labCount, Run: "lab",
		Folder: filepath.Join(t.TempDir(), "journals"), AllowPrivate: true,
		Record: func(observations ...evidence.Observation) error {
			f.evidence = append(f.evidence, observations...)
			return nil
		},
		Warn: func(err error) { f.said = append(f.said, err.Error()) },
	}
	host, port, err := f.Front(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%s:%d", host, port); got != l.at.String() {
		t.Fatalf("the front door is %s, not %s", got, l.at)
	}
	return f
}

// look runs the canary through one address.
func (f *flight) look(t *testing.T) ([]Reading, error) {
	t.Helper()
	readings, err := f.Look(t.Context(), []netip.AddrPort{f.lab.at})
	if err != nil {
		f.said = append(f.said, err.Error())
	}
	f.keepsSecrets(t)
	return readings, err
}

// keepsSecrets fails where a credential stands in something that is kept or
// said.
func (f *flight) keepsSecrets(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(f.evidence)
	if err != nil {
		t.Fatal(err)
	}
	all := [][]byte{text, []byte(strings.Join(f.said, "\n"))}
	for _, path := range f.journals(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	for _, text := range all {
		if bytes.Contains(text, []byte(strings.TrimRight(secret, "="))) || bytes.Contains(text, []byte("Signature=")) || bytes.Contains(text, []byte("Credential=")) {
			t.Errorf("a credential is told: %s", text)
		}
	}
}

// journals returns the files in the folder of journals.
func (f *flight) journals(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(f.Folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// gone fails where something is left in the service or in a journal.
func (f *flight) gone(t *testing.T) {
	t.Helper()
	if left := f.lab.list(t); len(left) > 0 {
		t.Errorf("left in the service: %q", left)
	}
	if left := f.journals(t); len(left) > 0 {
		t.Errorf("left of the journals: %q", left)
	}
}

func (f *flight) retrievals() []*evidence.Retrieval { return of[*evidence.Retrieval](f.evidence) }
func (f *flight) errors() []*evidence.Error         { return of[*evidence.Error](f.evidence) }

func of[T evidence.Observation](all []evidence.Observation) []T {
	var out []T
	for _, o := range all {
		if x, ok := o.(T); ok {
			out = append(out, x)
		}
	}
	return out
}
