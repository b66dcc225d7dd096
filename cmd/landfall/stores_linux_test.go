package main

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/needs"
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
	needs.Namespaces(t)
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
	needs.Namespaces(t)
	for _, verb := range []string{"audit", "probe"} {
		c := alone(t, verb, "azblob://account/vault")
		out, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitComplete || !bytes.Contains(out, []byte("role Reader) would help")) {
			t.Errorf("%s: %v: %s", verb, err, out)
		}
	}
}

// metadataVariable is set in the process that TestMetadataServers starts in a
// network of its own.
const metadataVariable = "LANDFALL_METADATA"

// TestMetadataServers stands a server at the address where machines of clouds have
// one. It is asked by those who say so, and by nobody else on a machine of none.
func TestMetadataServers(t *testing.T) {
	needs.Namespaces(t)
	if os.Getenv(metadataVariable) == "" {
		c := exec.Command("/proc/self/exe", "-test.run=^TestMetadataServers$")
		c.Env = append(os.Environ(), metadataVariable+"=1")
		c.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v (it takes unprivileged user namespaces, or root)\n%s", err, out)
		}
		return
	}
	asked := metadataServer(t)
	for _, tc := range []struct {
		says string
		args []string
		asks bool
	}{
		{"", []string{"audit", "s3://"}, false},
		{"", []string{"audit", "gs://"}, false},
		{"", []string{"audit", "azblob://"}, false},
		{"", []string{"canary", "s3://vault?region=eu-central-1"}, false},
		{"", []string{"canary", "gs://vault"}, false},
		{"", []string{"canary", "azblob://account/vault"}, false},
		{"", []string{"judge", "gs://vault/run.jsonl"}, false},
		{"AWS_EC2_METADATA_DISABLED=false", []string{"audit", "s3://"}, true},
		{"K_SERVICE=landfall", []string{"audit", "gs://"}, true},
		{"AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential", []string{"audit", "azblob://"}, true},
	} {
		asked.Store(0)
		c := landfallProcess(t, tc.args...)
		c.Env = []string{"HOME=" + t.TempDir(), "PATH=" + t.TempDir(), "XDG_CACHE_HOME=" + t.TempDir()}
		if tc.says != "" {
			c.Env = append(c.Env, tc.says)
		}
		out, err := c.CombinedOutput()
		if (asked.Load() > 0) != tc.asks || err == nil {
			t.Errorf("%s %q: it was asked %d times, %v: %s", tc.says, tc.args, asked.Load(), err, out)
		}
	}
}

// metadataServer brings loopback up with the address of metadata servers, hides
// what the machine's maker says of it, and counts what is asked there. The server
// knows of no account.
func metadataServer(t *testing.T) *atomic.Int64 {
	t.Helper()
	err := unix.Mount("none", "/sys", "tmpfs", 0, "")
	for _, name := range []string{"lo", "lo:1"} {
		err = errors.Join(err, raise(name, map[string][]byte{"lo:1": {169, 254, 169, 254}}[name]))
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "169.254.169.254:80")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	})}
	go func() { _ = server.Serve(l) }() // it ends with the server
	t.Cleanup(func() { server.Close() })
	nameMetadataServer(t, &asked)
	return &asked
}

// nameMetadataServer makes the system's resolver one that knows it by the name that
// Google's machines have for it, and counts who asks for that.
func nameMetadataServer(t *testing.T, asked *atomic.Int64) {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if name := q.Question[0].Name; strings.HasPrefix(name, "metadata.google.internal.") {
			asked.Add(1)
			m.Answer = append(m.Answer, record("%s 60 IN A 169.254.169.254", name))
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }() // it ends with the server
	t.Cleanup(func() { _ = server.Shutdown() })
	file := filepath.Join(t.TempDir(), "resolv.conf")
	err = os.WriteFile(file, []byte("nameserver 127.0.0.1\n"), 0o600)
	if err := errors.Join(err, unix.Mount(file, "/etc/resolv.conf", "", unix.MS_BIND, "")); err != nil {
		t.Fatal(err)
	}
}

// raise brings an interface up, with an address unless it is nil.
func raise(name string, addr []byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if addr != nil {
		return errors.Join(ifr.SetInet4Addr(addr), unix.IoctlIfreq(fd, unix.SIOCSIFADDR, ifr))
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return err
	}
	ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}
