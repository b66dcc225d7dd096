package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// alone is the command on a machine without a network, without settings and
// without tools: nobody can be asked for credentials.
func alone(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := landfallProcess(t, args...)
	c.Env = []string{"HOME=" + t.TempDir(), "PATH=" + t.TempDir(), "XDG_CACHE_HOME=" + t.TempDir()}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	return c
}

// Every verb that needs credentials says in one line that there are none, where
// they can come from and what they are for, before anything else is done.
func TestNoCredentials(t *testing.T) {
	tools := map[string]string{"s3": "AWS_ACCESS_KEY_ID", "gs": "gcloud auth application-default login", "azblob": "az login"}
	for _, tc := range []struct {
		args   []string
		status int
		needs  string
	}{
		{[]string{"canary", "s3://vault?region=eu-central-1"}, exitUsage, "s3:PutObject"},
		{[]string{"canary", "gs://vault"}, exitUsage, "storage.objects.create"},
		{[]string{"canary", "azblob://account/vault"}, exitUsage, "blobs/write"},
		{[]string{"canary", "--sweep", "gs://vault"}, exitUsage, "storage.objects.delete"},
		{[]string{"canary", "--sweep", "azblob://account/vault"}, exitUsage, "blobs/delete"},
		{[]string{"judge", "s3://vault/run.jsonl?region=eu-central-1"}, exitUsage, "s3:GetObject"},
		{[]string{"judge", "gs://vault/run.jsonl"}, exitUsage, "storage.objects.get"},
		{[]string{"judge", "azblob://account/vault/run.jsonl"}, exitUsage, "blobs/read"},
		{[]string{"probe", "example.com", "--out", "s3://vault/run/?region=eu-central-1"}, exitUsage, "s3:PutObject"},
		{[]string{"probe", "example.com", "--out", "gs://vault/run/"}, exitUsage, "storage.objects.create"},
		{[]string{"probe", "example.com", "--out", "azblob://account/vault/run/"}, exitUsage, "blobs/write"},
		{[]string{"audit", "s3://"}, exitIncomplete, "s3:ListAllMyBuckets"},
		{[]string{"audit", "gs://"}, exitIncomplete, "storage.buckets.list"},
		{[]string{"audit", "azblob://"}, exitIncomplete, "role Reader"},
		{[]string{"probe", "gs://?project=lab"}, exitIncomplete, "storage.buckets.list"},
		{[]string{"probe", "azblob://account"}, exitIncomplete, "role Reader"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			c := alone(t, tc.args...)
			c.Stdout, c.Stderr = &out, &errs
			err := c.Run()
			if c.ProcessState == nil {
				t.Fatalf("this system gives no network namespace (%v): allow unprivileged user namespaces, or run the test as root", err)
			}
			if got := c.ProcessState.ExitCode(); got != tc.status || out.Len() > 0 {
				t.Errorf("status %d, want %d: %s", got, tc.status, &out)
			}
			said := strings.Split(strings.TrimSpace(errs.String()), "\n")
			scheme, _, _ := strings.Cut(tc.args[len(tc.args)-1], "://")
			if len(said) != 1 || !strings.Contains(said[0], "no credentials were found") || !strings.Contains(said[0], tools[scheme]) || !strings.Contains(said[0], tc.needs) {
				t.Errorf("said %q", said)
			}
		})
	}
}

// A single account of Azure's is told nothing of either, and that is a result: it
// takes no network to know.
func TestNoCredentialsForABucket(t *testing.T) {
	for _, verb := range []string{"audit", "probe"} {
		c := alone(t, verb, "azblob://account/vault")
		out, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitComplete || !bytes.Contains(out, []byte("role Reader) would help")) {
			t.Errorf("%s: %v: %s", verb, err, out)
		}
	}
}
