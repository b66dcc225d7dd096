//go:build !linux

package fakenet

import "time"

// timerAlarm waits on a timer of Go.
type timerAlarm struct{ rung chan struct{} }

func newAlarm() (alarm, error) { return &timerAlarm{make(chan struct{}, 1)}, nil }

func (a *timerAlarm) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.rung:
	}
}

func (a *timerAlarm) ring() {
	select {
	case a.rung <- struct{}{}:
	default:
	}
}

func (a *timerAlarm) close() {}

func steady() (release func()) { return func() {} }
