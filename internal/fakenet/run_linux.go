package fakenet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// insideVariable marks the process that Main makes a world in.
const insideVariable = "LANDFALL_FAKENET"

// The descriptors that Run hands on: the job comes in by one, and what became
// of the world goes out by the other.
const (
	jobFD    = 3
	reportFD = 4
)

// order is a job as it travels to the process that does it.
type order struct {
	Scenario   *scenario.Scenario
	Vantage    string
	Folder     string // for the files of the world
	Path       string
	Args       []string
	Env        []string
	Dir        string
	Privileged bool
}

// report is what a world says of its beginning.
type report struct{ Step, Error, Hint string }

// Run does a job inside a new world: the scenario as it is from the vantage of
// that name. It ends when the job ends, or when ctx does. A command that ends
// with a status of its own gives an [exec.ExitError]; a system that cannot hold
// a world an [UnavailableError].
func Run(ctx context.Context, s *scenario.Scenario, vantage string, job Job) error {
	if err := s.Check(); err != nil {
		return fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	if s.Landmarks {
		return scenario.ErrLandmarks
	}
	folder, err := os.MkdirTemp("", "landfall-world-")
	if err != nil {
		return fmt.Errorf("making a folder for the files of the simulated internet: %w", err)
	}
	defer os.RemoveAll(folder)
	text, err := json.Marshal(order{s, vantage, folder, job.Path, job.Args, job.Env, job.Dir, job.Privileged})
	if err != nil {
		return fmt.Errorf("handing the scenario %s on: %w", s.Name, err)
	}
	return runOrder(ctx, text, job)
}

// runOrder starts this program again, in namespaces of its own.
func runOrder(ctx context.Context, text []byte, job Job) error {
	jobs, jobsIn, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting the simulated internet: %w", err)
	}
	reportsOut, reports, err := os.Pipe()
	if err != nil {
		jobs.Close()
		jobsIn.Close()
		return fmt.Errorf("starting the simulated internet: %w", err)
	}
	defer reportsOut.Close()
	c := exec.CommandContext(ctx, "/proc/self/exe", job.Again...)
	c.Args[0] = os.Args[0]
	c.Env = append(os.Environ(), insideVariable+"=1")
	c.Stdin, c.Stdout, c.Stderr = job.Stdin, job.Stdout, job.Stderr
	c.ExtraFiles = []*os.File{jobs, reports}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	// The world's process passes the signal on and waits for its command.
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	err = c.Start()
	jobs.Close() // so that writing fails where nobody reads
	reports.Close()
	if err != nil {
		jobsIn.Close()
		return &UnavailableError{Step: "making user, network and mount namespaces", Err: err, Hint: hintNamespaces()}
	}
	// Jobs stays open on this side until the command has ended: a world whose
	// starter is gone sees the end of the pipe, and ends too.
	defer jobsIn.Close()
	_, writeErr := jobsIn.Write(append(text, '\n'))
	said, readErr := io.ReadAll(io.LimitReader(reportsOut, 1<<16))
	err = c.Wait()
	if failed := failureIn(said); failed != nil {
		return failed
	}
	if writeErr != nil && err == nil {
		return fmt.Errorf("starting the simulated internet: %w", errors.Join(writeErr, readErr))
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}

// failureIn reads what a world said of its beginning.
func failureIn(said []byte) error {
	var r report
	if len(bytes.TrimSpace(said)) == 0 || json.Unmarshal(said, &r) != nil || r.Error == "" {
		return nil
	}
	if r.Hint != "" {
		return &UnavailableError{Step: r.Step, Err: errors.New(r.Error), Hint: r.Hint}
	}
	return errors.New(r.Error)
}

// hintTUN says how to get at the device.
const hintTUN = "load the module (modprobe tun), and in a container give it the device (docker run --device /dev/net/tun)"

// hintNamespaces says what would let this system make namespaces, by what it
// is set to.
func hintNamespaces() string {
	for _, s := range []struct{ path, blocks, hint string }{
		{"/proc/sys/user/max_user_namespaces", "0", "allow them with `sysctl user.max_user_namespaces=10000`"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "allow them with `sysctl kernel.unprivileged_userns_clone=1`"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "allow them with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"},
	} {
		if value, err := os.ReadFile(s.path); err == nil && strings.TrimSpace(string(value)) == s.blocks {
			return s.hint
		}
	}
	return "in a container allow unprivileged user namespaces (docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined)"
}
