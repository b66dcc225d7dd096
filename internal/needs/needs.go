// Package needs says what a test takes besides Go, and what happens where that is
// not there.
//
// Two commands run tests. `make quick` gives -short: tests that take namespaces, a
// browser or a server of others are left out, so that it needs nothing but Go and
// little time. `make test` runs all of them. There a test is left out only where the
// machine lacks what it takes, and says so; with LANDFALL_NEED_ALL=1 that is a failure.
package needs

import (
	"fmt"
	"os"
	"testing"
)

// all is set where no test may be left out.
const all = "LANDFALL_NEED_ALL"

// Namespaces leaves a test out of -short that makes user and network namespaces. A
// system that refuses them fails the test.
func Namespaces(t testing.TB) {
	t.Helper()
	leaveOut(t, "user and network namespaces")
}

// Program leaves a test out of -short that starts a program of others, such as a
// browser.
func Program(t testing.TB, name string) {
	t.Helper()
	leaveOut(t, name)
}

// Time leaves a test out of -short that runs for seconds, whatever the machine.
func Time(t testing.TB) {
	t.Helper()
	leaveOut(t, "seconds")
}

func leaveOut(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("left out by -short: takes %s", what)
	}
}

// NamespacesOfPackage reports whether -short leaves out all tests of a package, which
// makes namespaces in its TestMain.
func NamespacesOfPackage() bool {
	if testing.Short() {
		fmt.Println("left out by -short: takes user and network namespaces")
	}
	return testing.Short()
}

// Missing ends a test for something that the machine lacks. That is a failure where
// the variable, or LANDFALL_NEED_ALL, is 1.
func Missing(t testing.TB, variable, what string) {
	t.Helper()
	NotChecked(t, variable, what)
	t.SkipNow()
}

// NotChecked says that a test goes on without something that the machine lacks. That
// is a failure where the variable, or LANDFALL_NEED_ALL, is 1.
func NotChecked(t testing.TB, variable, what string) {
	t.Helper()
	for _, name := range []string{variable, all} {
		if os.Getenv(name) == "1" {
			t.Fatalf("%s, and %s=1 asks for it", what, name)
		}
	}
	t.Logf("NOT CHECKED: %s", what)
}
