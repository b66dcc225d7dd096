package fakenet

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// Job is what is done inside a world.
type Job struct {
	// Again are the arguments with which this program is started again inside
	// the namespaces. They must lead it to [Main].
	Again []string
	// Path and Args are the command that Main then runs. Without a path Main
	// gives control back, and the program itself is inside.
	Path   string
	Args   []string
	Env    []string // NAME=value, beside those of this process
	Dir    string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Privileged leaves the command the rights of root over its namespaces
	// (never over the machine). Without it, it has none at all.
	Privileged bool
}

// Platform is a measurement platform that a world can have: what answers at the
// ports of its service, made for the scenario of the world.
type Platform struct {
	Service scenario.Service
	Handler func(*scenario.Scenario) (http.Handler, error)
}

// UnavailableError says why this system cannot hold a simulated internet.
type UnavailableError struct {
	Step string
	Err  error
	Hint string // what would help
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("no simulated internet on this system: %s: %v; %s", e.Step, e.Err, e.Hint)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// errNoJob says that Main was reached without Run.
var errNoJob = errors.New("this process was told that it is inside a simulated internet, but not which")
