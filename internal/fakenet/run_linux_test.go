package fakenet

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
)

// sh is a job that runs a shell script in a world.
func sh(script string, out io.Writer) Job {
	return Job{Again: []string{"-test.run=^$"}, Path: "/bin/sh", Args: []string{"sh", "-c", script}, Stdout: out, Stderr: out}
}

// A command in a world has no rights, sees the world's files, and ends with its
// own status.
func TestRun(t *testing.T) {
	needs.Namespaces(t)
	var out bytes.Buffer
	err := Run(t.Context(), small(), "fra", sh("grep CapEff /proc/self/status; cat /etc/resolv.conf; grep -c BEGIN $SSL_CERT_FILE; ls /sys/class/net 2>/dev/null; cat /proc/net/route; exit 7", &out))
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("%v, want the command's own status", err)
	}
	for _, want := range []string{"CapEff:\t0000000000000000", "nameserver 192.0.2.53"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if n := strings.Count(out.String(), tunName+"\t00000000"); n != 1 {
		t.Errorf("%d default routes to the simulated internet:\n%s", n, &out)
	}
	if err := Run(t.Context(), small(), "nowhere", sh("true", &out)); err == nil || !strings.Contains(err.Error(), `no vantage "nowhere"`) {
		t.Errorf("%v", err)
	}
	if err := Run(t.Context(), &scenario.Scenario{}, "fra", sh("true", &out)); err == nil {
		t.Error("a scenario that cannot be")
	}
	out.Reset()
	if err := Run(t.Context(), small(), "fra", Job{Again: []string{"-test.run=^$"}, Path: "/no/such/program", Args: []string{"x"}, Stderr: &out}); err == nil || !strings.Contains(out.String(), "/no/such/program") {
		t.Errorf("%v %s", err, &out)
	}
}

// Each vantage is a machine of its own, the same in every run, and vouches for the
// root of the world, which its system trusts too.
func TestRunIsAMachine(t *testing.T) {
	needs.Namespaces(t)
	other := small()
	again := other.Vantages[0]
	again.Name = "another"
	other.Vantages = append(other.Vantages, again)
	machine := func(vantage string) string {
		var out bytes.Buffer
		if err := Run(t.Context(), other, vantage, sh("head -c $(wc -c <$LANDFALL_ROOTS) $SSL_CERT_FILE | cmp - $LANDFALL_ROOTS && echo $LANDFALL_MACHINE", &out)); err != nil || out.Len() != 33 {
			t.Fatalf("%v: %s", err, &out)
		}
		return out.String()
	}
	first := machine("fra")
	if machine("fra") != first || machine("another") == first {
		t.Errorf("%q is not the machine of one vantage", first)
	}
}

// A world ends with its context, and its files and processes with it.
func TestRunEnds(t *testing.T) {
	needs.Namespaces(t)
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithCancel(t.Context())
	mark := filepath.Join(t.TempDir(), "begun")
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, small(), "fra", sh("echo $$ > "+mark+".new; mv "+mark+".new "+mark+"; exec sleep 1000", nil))
	}()
	var pid int
	for pid == 0 {
		if text, err := os.ReadFile(mark); err == nil {
			if _, err := fmt.Sscan(string(text), &pid); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the command still runs: %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

// Where the system forbids namespaces, that is said, with what would help.
func TestUnavailable(t *testing.T) {
	needs.Namespaces(t)
	if os.Getenv("LANDFALL_TEST_FORBIDDEN") != "" {
		err := Run(t.Context(), small(), "fra", sh("true", nil))
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "sysctl user.max_user_namespaces") {
			t.Errorf("%v", err)
		}
		return
	}
	c := exec.Command("/bin/sh", "-c", `echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -test.run='^TestUnavailable$' -test.v`, "/proc/self/exe")
	c.Args[3] = testProgram(t)
	c.Env = append(os.Environ(), "LANDFALL_TEST_FORBIDDEN=1")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestUnavailable")) {
		t.Errorf("%v\n%s", err, out)
	}
}

func testProgram(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A middlebox shakes hands at its own distance; what is said then comes from
// the host's.
func TestMiddlebox(t *testing.T) {
	s := small()
	s.Vantages[0].Middleboxes = []scenario.Middlebox{{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"web"}}}
	inside(t, s, "fra", func(t *testing.T) {
		far := truth(frankfurt, paris, newYork)
		started := time.Now()
		conn, err := net.Dial("tcp", "203.0.113.7:443")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		shaken := time.Since(started)
		secure := tls.Client(conn, &tls.Config{ServerName: "www.example.com"})
		if err := secure.Handshake(); err != nil {
			t.Fatal(err)
		}
		never(t, "TLS through the middlebox", time.Since(started)-shaken, far)
		if shaken > far {
			t.Logf("the handshake took %v: this machine is busy, or the middlebox did not answer it", shaken)
		}
		if _, err := net.Dial("tcp", "203.0.113.7:80"); err != nil {
			t.Errorf("beside the middlebox: %v", err)
		}
	})
}

// An answer that comes from a store behind the front door takes the way there
// and back longer.
func TestStorageElsewhere(t *testing.T) {
	s := small()
	s.Hosts[2].Web.Storage = &tokyo
	inside(t, s, "fra", func(t *testing.T) {
		response, err := http.Get("https://www.example.com/") // opens the connection
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		started := time.Now()
		if response, err = http.Get("https://www.example.com/again"); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		never(t, "answer from the store", time.Since(started), truth(frankfurt, paris, newYork)+truth(newYork, tokyo))
	})
}

// Over HTTPS a resolver answers as it does over UDP.
func TestDNSOverHTTPS(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		query := []byte("\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x07example\x03com\x00\x00\x01\x00\x01")
		response, err := http.Post("https://192.0.2.53"+dohPath, dohType, bytes.NewReader(query))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1000))
		if err != nil || !bytes.Contains(body, []byte{203, 0, 113, 7}) || response.Header.Get("Content-Type") != dohType {
			t.Errorf("%s %x %v", response.Status, body, err)
		}
		response, err = http.Post("https://192.0.2.53"+dohPath, dohType, strings.NewReader("no message"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("not a message: %s", response.Status)
		}
	})
}
