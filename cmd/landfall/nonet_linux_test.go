package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// On a machine without internet the default audit says so in one line, ends
// with 3, and its report shows that nothing was tested. The machine is a
// network namespace without any interface that is up.
func TestNoInternet(t *testing.T) {
	needs.Namespaces(t)
	dir := filepath.Join(t.TempDir(), "site")
	c := landfallProcess(t, "audit", "--out", dir)
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if c.ProcessState == nil {
		t.Fatalf("this system gives no network namespace (%v): allow unprivileged user namespaces, or run the test as root", err)
	}
	if got := c.ProcessState.ExitCode(); got != exitIncomplete {
		t.Errorf("status %d, want %d", got, exitIncomplete)
	}
	if said := strings.Split(strings.TrimSpace(errs.String()), "\n"); len(said) != 1 || !strings.Contains(said[0], "no way to the internet") {
		t.Errorf("standard error is not one line on the internet:\n%s", &errs)
	}
	doc, err := verdict.ReadFile(filepath.Join(dir, archive.VerdictsFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Verdicts) == 0 {
		t.Error("no verdicts: the catalogue was not looked at")
	}
	for _, v := range doc.Verdicts {
		if v.Result != verdict.NotTested {
			t.Errorf("%s %s is %s", v.Vendor, v.Claim, v.Result)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil || !bytes.Contains(page, []byte("not-tested")) {
		t.Errorf("the page does not say not-tested: %v", err)
	}
	for _, green := range []string{`class="finding consistent"`, `class="finding proven"`} {
		if bytes.Contains(page, []byte(green)) {
			t.Errorf("the page has %s", green)
		}
	}
}

// Without a network nothing is known of buckets, and that is said: no look-up of a
// cloud passes for an answer.
func TestBucketsWithoutANetwork(t *testing.T) {
	needs.Namespaces(t)
	for _, target := range []string{"s3://some-bucket", "gs://some-bucket"} {
		c := landfallProcess(t, "audit", target, "--allow", "EU")
		c.Env = append(c.Env, "HOME="+t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=", "GCE_METADATA_HOST=127.0.0.1:1", "GOOGLE_APPLICATION_CREDENTIALS=")
		c.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		}
		out, err := c.CombinedOutput()
		if c.ProcessState == nil {
			t.Fatalf("this system gives no network namespace (%v): allow unprivileged user namespaces, or run the test as root", err)
		}
		if got := c.ProcessState.ExitCode(); got != exitIncomplete || !bytes.Contains(out, []byte("no way to the internet")) || bytes.Contains(out, []byte("consistent: ")) {
			t.Errorf("%s: status %d, want %d: %s", target, got, exitIncomplete, out)
		}
	}
}
