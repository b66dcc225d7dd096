package trace

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/needs"
)

// inside says, in the environment, that this process has a network of its own.
const inside = "LANDFALL_TRACE_INSIDE"

// TestMain runs the tests again in a network namespace of their own, where
// routers can be made without privilege and nothing leads outside.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(inside) != "" {
		if err := command("link", "set", "lo", "up"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if needs.NamespacesOfPackage() {
		return
	}
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.Env = append(os.Environ(), inside+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	err := again.Run()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		os.Exit(exited.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "These tests need a user and a network namespace of their own:", err)
		fmt.Fprintln(os.Stderr, "See the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns.")
		os.Exit(1)
	}
}

func command(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func batch(lines ...string) error {
	c := exec.Command("ip", "-batch", "-")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("ip -batch: %w: %s\n%s", err, out, strings.Join(lines, "\n"))
	}
	return nil
}

// namespace is a network namespace with a thread that lives in it.
type namespace struct {
	work chan func()
	pid  int // of its thread
}

func newNamespace(t testing.TB) *namespace {
	t.Helper()
	n := &namespace{work: make(chan func())}
	ready := make(chan error)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		n.pid = syscall.Gettid()
		ready <- err
		for f := range n.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(n.work)
		<-ended
	})
	return n
}

// do runs f in the namespace, as will all processes that it starts.
func (n *namespace) do(t testing.TB, f func() error) {
	t.Helper()
	result := make(chan error)
	n.work <- func() { result <- f() }
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

func sysctl(settings ...string) error {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// chain is a line of namespaces: this process, routers, and a host at the end.
type chain struct {
	routers []*namespace // by distance, from 1; the last is the host
}

func left6(hop int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::2", hop)) }

// host4 and host6 give the addresses of the last.
func (c *chain) host4() netip.Addr { return left(len(c.routers)) }
func (c *chain) host6() netip.Addr { return left6(len(c.routers)) }

// newChain joins this process's network with a host so many hops away.
func newChain(t testing.TB, hops int) *chain {
	t.Helper()
	c := &chain{}
	quick := []string{"ipv4/icmp_ratelimit=0", "ipv6/icmp/ratelimit=0", "ipv6/icmp/ratemask=", "ipv4/icmp_msgs_per_sec=100000", "ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1", "ipv6/conf/default/accept_dad=0"}
	if err := sysctl("ipv6/conf/default/accept_dad=0", "ipv4/ping_group_range=0 0"); err != nil {
		t.Fatal(err)
	}
	var links []string
	for hop := 1; hop <= hops; hop++ {
		n := newNamespace(t)
		n.do(t, func() error { return sysctl(quick...) })
		c.routers = append(c.routers, n)
		links = append(links, fmt.Sprintf("link add r%d type veth peer name l%d", hop, hop), fmt.Sprintf("link set l%d netns %d", hop, n.pid))
		if hop > 1 {
			links = append(links, fmt.Sprintf("link set r%d netns %d", hop, c.routers[hop-2].pid))
		}
	}
	links = append(links, address("r1", 1, 1)...)
	links = append(links, "route add default via "+left(1).String(), "route add default via "+left6(1).String())
	if err := batch(links...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command("link", "del", "r1") }) // the ends of the others go with their namespaces
	for hop := 1; hop <= hops; hop++ {
		lines := append([]string{"link set lo up"}, address(fmt.Sprintf("l%d", hop), hop, 2)...)
		if hop > 1 {
			lines = append(lines, fmt.Sprintf("route add 198.18.1.0/30 via 198.18.%d.1", hop), fmt.Sprintf("route add 2001:db8:1::/64 via 2001:db8:%d::1", hop))
		}
		if hop < hops {
			lines = append(lines, address(fmt.Sprintf("r%d", hop+1), hop+1, 1)...)
			lines = append(lines, "route add default via "+left(hop+1).String(), "route add default via "+left6(hop+1).String())
		}
		c.routers[hop-1].do(t, func() error { return batch(lines...) })
	}
	awaitRefusal(t, c.host4())
	awaitRefusal(t, c.host6())
	return c
}

// awaitRefusal waits until the kernel has brought up the links to a host, which
// it does when it has time.
func awaitRefusal(t testing.TB, addr netip.Addr) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", netip.AddrPortFrom(addr, 1).String(), time.Second)
		switch {
		case err == nil:
			conn.Close()
			return
		case errors.Is(err, syscall.ECONNREFUSED):
			return
		case time.Now().After(end):
			t.Fatalf("the chain does not come up: %v", err)
		}
	}
}

// address returns a link of the chain its addresses at one end.
func address(link string, hop, end int) []string {
	return []string{
		"link set " + link + " up",
		fmt.Sprintf("addr add 198.18.%d.%d/30 dev %s", hop, end, link),
		fmt.Sprintf("addr add 2001:db8:%d::%d/64 dev %s nodad", hop, end, link),
	}
}

// listen accepts connections at the end of the chain.
func (c *chain) listen(t testing.TB, addr netip.Addr) netip.AddrPort {
	t.Helper()
	var l net.Listener
	c.routers[len(c.routers)-1].do(t, func() (err error) {
		l, err = net.Listen("tcp", netip.AddrPortFrom(addr, 0).String())
		return err
	})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// silence makes a router forward and never answer.
func (c *chain) silence(t testing.TB, hop int) {
	t.Helper()
	// What it sends itself finds no way; what passes through does.
	c.routers[hop-1].do(t, func() error {
		return errors.Join(command("rule", "add", "iif", "lo", "blackhole"), command("-6", "rule", "add", "iif", "lo", "blackhole"))
	})
}
