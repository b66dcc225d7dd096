package fakenet

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// current is the world that this process is in.
var current atomic.Pointer[World]

// Inside reports whether this process is inside a world.
func Inside() bool { return current.Load() != nil }

// Main makes the world where this process is one that [Run] started, and does
// the rest of the job: it runs the command and ends the process with its
// status, or comes back inside the world where there is none. In any other
// process it does nothing. The world has these platforms.
func Main(platforms ...Platform) {
	if os.Getenv(insideVariable) == "" || Inside() {
		return
	}
	os.Unsetenv(insideVariable)
	status, err := enter(platforms)
	if err != nil {
		fmt.Fprintln(os.Stderr, "landfall:", err)
		os.Exit(125)
	}
	if status >= 0 {
		os.Exit(status)
	}
}

// enter makes the world and runs the command; status is -1 where there is none.
func enter(platforms []Platform) (status int, err error) {
	jobs, reports := os.NewFile(jobFD, "job"), os.NewFile(reportFD, "report")
	unix.CloseOnExec(jobFD)
	unix.CloseOnExec(reportFD)
	line, err := bufio.NewReaderSize(jobs, 1<<20).ReadBytes('\n')
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNoJob, err)
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return 0, fmt.Errorf("%w: %w", errNoJob, err)
	}
	go func() { // the starter is gone when its end of the pipe is
		_, _ = io.Copy(io.Discard, jobs)
		os.Exit(125)
	}()
	w, err := begin(&o, platforms)
	if said := announce(reports, err); said != nil || err != nil {
		return 125, said
	}
	current.Store(w)
	if o.Path == "" {
		return -1, nil
	}
	status, err = o.command()
	return status, errors.Join(err, w.close())
}

// announce tells the starter what became of the world.
func announce(reports *os.File, failed error) error {
	defer reports.Close()
	var r report
	if failed != nil {
		r.Error = failed.Error()
		var u *UnavailableError
		if errors.As(failed, &u) {
			r = report{u.Step, u.Err.Error(), u.Hint}
		}
	}
	if err := json.NewEncoder(reports).Encode(r); err != nil {
		return errors.Join(failed, fmt.Errorf("telling the starter of the simulated internet: %w", err))
	}
	return nil
}

// begin makes the device, the files and the world.
func begin(o *order, platforms []Platform) (*World, error) {
	v, err := newView(o.Scenario, o.Vantage)
	if err != nil {
		return nil, err
	}
	device, err := openTUN(v.vantage.Addrs)
	if err != nil {
		return nil, err
	}
	w, err := newWorld(o.Scenario, o.Vantage, device, platforms...)
	if err != nil {
		return nil, errors.Join(err, device.Close())
	}
	if err := settle(w, o.Folder); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// settle makes the system's files those of the world: its resolvers and its
// certification authority.
func settle(w *World, folder string) error {
	// Nothing that is mounted here is seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return &UnavailableError{Step: "keeping mounts to this namespace", Err: err, Hint: hintNamespaces()}
	}
	var resolv strings.Builder
	for _, name := range w.view.vantage.Resolvers {
		fmt.Fprintf(&resolv, "nameserver %s\n", w.view.hosts[name].host.Addrs[0])
	}
	for _, file := range []struct{ over, text string }{
		{"/etc/resolv.conf", resolv.String()},
		{"/etc/nsswitch.conf", "hosts: files dns\n"}, // other modules ask daemons, which are outside
	} {
		if err := replace(file.over, filepath.Join(folder, filepath.Base(file.over)), file.text); err != nil {
			return err
		}
	}
	// What the system trusts, a company may have added to; what the user vouches
	// for it has not.
	own, roots := filepath.Join(folder, "own-roots.pem"), filepath.Join(folder, "roots.pem")
	everybodys := w.services.ca.PEM()
	for path, text := range map[string][]byte{own: everybodys, roots: append(everybodys[:len(everybodys):len(everybodys)], w.services.signed[scenario.CompanyCA].PEM()...)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("writing the lab's root certificates: %w", err)
		}
	}
	pingRange()
	for name, value := range map[string]string{
		"SSL_CERT_FILE": roots, "SSL_CERT_DIR": folder, "CURL_CA_BUNDLE": roots,
		// landfall believes no root because the system has it: the lab's is vouched
		// for, as a user would.
		"LANDFALL_ROOTS": own,
		// Each vantage is a machine of its own, though all run on this one.
		"LANDFALL_MACHINE": w.machine(),
	} {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		os.Unsetenv(name) // proxies are outside
	}
	return nil
}

// machine returns an id for the vantage, the same in every run.
func (w *World) machine() string {
	digest := sha256.Sum256([]byte(w.view.scenario.Name + "/" + cmp.Or(w.view.vantage.Machine, w.view.vantage.Name)))
	return hex.EncodeToString(digest[:16])
}

// replace mounts a file with the text over one of the system's. Where the
// system has no such file, programs use their own defaults.
func replace(path, file, text string) error {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) && filepath.Base(path) != "resolv.conf" {
		return nil
	}
	if err != nil {
		return &UnavailableError{Step: "finding " + path, Err: err, Hint: "make the file, which may be empty"}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the simulated %s: %w", path, err)
	}
	if err := unix.Mount(file, real, "", unix.MS_BIND, ""); err != nil {
		return &UnavailableError{Step: "putting another file over " + path, Err: err, Hint: hintNamespaces()}
	}
	return nil
}

// pingRange lets everybody in the namespace send ICMP echo requests, as most
// distributions do (icmp(7), ping_group_range). Where /proc cannot be written
// to, only those with privileges can.
func pingRange() {
	_ = os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0o600)
}

// command runs the job's command and gives its status.
func (o *order) command() (int, error) {
	c := exec.Command(o.Path)
	c.Args = slices.Clone(o.Args)
	c.Env = append(os.Environ(), o.Env...)
	c.Dir = o.Dir
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if !o.Privileged {
		// A user namespace within has no rights over the one that the network
		// belongs to.
		const nobodySpecial = 1000
		c.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobodySpecial, HostID: 0, Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobodySpecial, HostID: 0, Size: 1}}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer func() {
		signal.Stop(signals)
		close(signals)
	}()
	runtime.LockOSThread() // the kernel's word to end it comes when this thread ends
	defer runtime.UnlockOSThread()
	if err := c.Start(); err != nil {
		return 125, fmt.Errorf("starting %s in the simulated internet: %w", o.Path, err)
	}
	go func() {
		for s := range signals {
			_ = c.Process.Signal(s) // it may just have ended
		}
	}()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 125, fmt.Errorf("running %s in the simulated internet: %w", o.Path, err)
	}
	if status := c.ProcessState.ExitCode(); status >= 0 {
		return status, nil
	}
	return 128 + int(c.ProcessState.Sys().(syscall.WaitStatus).Signal()), nil
}
