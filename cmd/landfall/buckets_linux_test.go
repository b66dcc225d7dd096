package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/storetest"
)

const (
	manyBuckets = 1000
	// everyRefused is which questions the cloud of the test refuses because it is
	// busy, as S3 does.
	everyRefused = 50
	// mostMemoryKB bounds what the audit of a thousand buckets takes.
	mostMemoryKB = 300 << 10
)

// busyCloud has a thousand buckets and little patience.
type busyCloud struct {
	mu      sync.Mutex
	asked   int
	refused int
	located map[string]int // how often each bucket's region was given
}

// refuses reports whether a question is one too many.
func (h *busyCloud) refuses() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked++; h.asked%everyRefused != 0 {
		return false
	}
	h.refused++
	return true
}

func nameOf(i int) string { return fmt.Sprintf("bucket-%04d", i) }

// ServeHTTP answers in the shape that S3 documents.
func (h *busyCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.refuses() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
		return
	}
	name := strings.Trim(r.URL.Path, "/")
	switch {
	case name == "" && strings.HasPrefix(r.Host, "s3."):
		_, _ = io.WriteString(w, "<ListAllMyBucketsResult><Buckets>")
		for i := range manyBuckets {
			fmt.Fprintf(w, "<Bucket><Name>%s</Name></Bucket>", nameOf(i))
		}
		_, _ = io.WriteString(w, "</Buckets></ListAllMyBucketsResult>")
	case r.Method == http.MethodHead:
		region := "eu-central-1"
		if strings.HasSuffix(name, "7") {
			region = "us-east-1"
		}
		h.mu.Lock()
		h.located[name]++
		h.mu.Unlock()
		w.Header().Set("X-Amz-Bucket-Region", region)
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Query().Has("replication"):
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<Error><Code>ReplicationConfigurationNotFoundError</Code></Error>")
	default:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
	}
}

// bucketProcess is the command with credentials, led to a cloud.
func bucketProcess(t *testing.T, at *storetest.Internet, args ...string) *exec.Cmd {
	c := landfallProcess(t, args...)
	c.Env = append(c.Env, "HTTPS_PROXY="+at.Proxy, "SSL_CERT_FILE="+at.Roots, "HOME="+t.TempDir(), campaign.MachineVariable+"=lab", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=SECRET", "AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ENDPOINT_URL=", "AWS_ENDPOINT_URL_S3=")
	return c
}

// TestThousandBuckets audits them in one command, within the limits of the cloud
// and of memory. It is killed on the way, and goes on where it was.
func TestThousandBuckets(t *testing.T) {
	needs.Time(t)
	h := &busyCloud{located: map[string]int{}}
	at := storetest.Serve(t, h)
	dir := t.TempDir()
	path := filepath.Join(dir, archive.EvidenceFile)

	c := bucketProcess(t, at, "audit", "s3://", "--allow", "EU", "--out", dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines(path) < 800 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	before := storesIn(t, path)

	began := time.Now()
	c = bucketProcess(t, at, "audit", "s3://", "--allow", "EU", "--resume", path, "--out", dir)
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != exitFound {
		t.Fatalf("%v: %.2000s", err, out)
	}
	memory := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	h.mu.Lock()
	defer h.mu.Unlock()
	t.Logf("%d of %d buckets were known before; the rest took %s and %d MB; the cloud refused %d questions",
		len(before), manyBuckets, time.Since(began).Round(time.Millisecond), memory>>10, h.refused)
	if memory > mostMemoryKB && !raceDetector { // which takes several times as much
		t.Errorf("%d MB; at most %d are expected", memory>>10, mostMemoryKB>>10)
	}
	after := storesIn(t, path)
	for i := range manyBuckets {
		target := "s3://" + nameOf(i)
		if !after[target]["HeadBucket"] || !after[target]["GetBucketReplication"] {
			t.Errorf("of %s %v is known", target, after[target])
		}
		if before[target]["GetBucketReplication"] && h.located[nameOf(i)] != 1 {
			t.Errorf("%s was answered and asked about again", target)
		}
	}
	if h.refused == 0 {
		t.Error("the cloud refused nothing: the test checks less than it says")
	}
	data, err := os.ReadFile(filepath.Join(dir, archive.VerdictsFile))
	if n := strings.Count(string(data), `"result": "refuted"`) + strings.Count(string(data), `"result":"refuted"`); err != nil || n < manyBuckets/10 {
		t.Errorf("%d refutations, %v; every tenth bucket is outside", n, err)
	}
}

// storesIn returns the operations that answered for each bucket.
func storesIn(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, _ := evidence.ReadAll(path, f) // the last line of a killed run may be cut
	out := map[string]map[string]bool{}
	for _, o := range b.Observations {
		s, ok := o.(*evidence.Storage)
		if !ok {
			continue
		}
		if out[s.Target] == nil {
			out[s.Target] = map[string]bool{}
		}
		out[s.Target][s.API] = true
	}
	return out
}
