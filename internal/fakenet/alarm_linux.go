package fakenet

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// pollAlarm waits in ppoll(2), whose timeout has nanoseconds.
type pollAlarm struct{ fd int } // an eventfd

func newAlarm() (alarm, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an eventfd for the timers of the simulated internet: %w", err)
	}
	return &pollAlarm{fd}, nil
}

func (a *pollAlarm) wait(d time.Duration) {
	timeout := unix.NsecToTimespec(int64(d))
	fds := []unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}}
	// An interrupted wait is an early one.
	if n, err := unix.Ppoll(fds, &timeout, nil); err != nil || n == 0 {
		return
	}
	var count [8]byte
	_, _ = unix.Read(a.fd, count[:]) // empty: another waker's ring was read already
}

func (a *pollAlarm) ring() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(a.fd, one[:]) // fails only where 2^64-2 rings are unheard
}

func (a *pollAlarm) close() { unix.Close(a.fd) }

// steady keeps the caller on a thread of its own whose timers the kernel does
// not put off (PR_SET_TIMERSLACK, prctl(2); 50 µs otherwise).
func steady() (release func()) {
	runtime.LockOSThread()
	// Where it is refused, timers are 50 µs later.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return func() {} // the thread ends with its goroutine: nobody inherits the setting
}
