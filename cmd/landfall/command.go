package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// The exit statuses of the contract.
const (
	exitComplete   = 0 // the run is complete, nothing at or above --fail-on
	exitFound      = 1 // a verdict at or above --fail-on
	exitUsage      = 2 // bad usage or bad input; nothing was probed
	exitIncomplete = 3 // interrupted, or probes failed; what was collected is kept
)

// surroundings is what the command takes from the system, so that a test can
// give it other things.
type surroundings struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	now      func() time.Time
}

func system() surroundings {
	return surroundings{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, now: time.Now}
}

// terminal reports whether w is one that a person looks at.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// An exitError ends the command with a status of its own.
type exitError struct {
	status int
	err    error // nil: everything was said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func incomplete(err error) error { return &exitError{exitIncomplete, err} }

// run is the whole command: arguments in, exit status out.
func run(ctx context.Context, s surroundings, args []string) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitComplete
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitUsage, err}
		if kept := new(audit.IncompleteError); errors.As(err, &kept) {
			exit.status = exitIncomplete
		}
	}
	if exit.err != nil {
		newUI(s, levelError).problem(exit.err)
	}
	return exit.status
}

func newRoot(s surroundings) *cobra.Command {
	root := &cobra.Command{
		Use:   "landfall",
		Short: "Does the data go where the vendor says it goes?",
		Long: `landfall looks where a cloud-storage vendor's sync and backup endpoints really
resolve and land, checks it against what the vendor says, and leaves evidence
that anyone can check again.

  landfall audit --out site          audit the whole catalogue, write a report
  landfall audit xiaomi-cloud        one vendor
  landfall audit --claims my.yaml    a vendor of your own`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version.String(),
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetVersionTemplate("landfall {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; `%s --help` lists the flags", err, c.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newAudit(s), newProbe(s), newCanary(s), newJudge(s), newReport(s), newDiff(s),
		newCatalog(s), newData(s), newSelfcheck(s), newVantages(s), newImport(s), newInit(s), newDemo(s), newVersion(s),
	)
	return root
}

// exitStatusHelp ends the help of each verb that judges or measures.
const exitStatusHelp = `
Exit status: 0 complete, nothing at or above --fail-on; 1 a result at or above
it; 2 bad usage or input, nothing was probed; 3 incomplete, what was collected
is kept.`

// failOn is the flag --fail-on: the mildest result that ends with status 1.
type failOn struct{ result verdict.Result }

const never = "never"

func (f *failOn) String() string { return string(f.result) }
func (f *failOn) Type() string   { return "RESULT" }

func (f *failOn) Set(text string) error {
	if text == never {
		f.result = never
		return nil
	}
	words := make([]string, 0, len(verdict.Results())+1)
	for _, r := range verdict.Results() {
		if text == string(r) {
			f.result = r
			return nil
		}
		words = append(words, string(r))
	}
	return fmt.Errorf("%q is not a result; expected one of %s", text, strings.Join(append(words, never), ", "))
}

// check returns the status for what was found.
func (f *failOn) check(doc *verdict.Document, accepted []accepted.Result) error {
	view := view.New([]*verdict.Document{doc}, view.Options{Accepted: accepted})
	if f.result == never || len(doc.Claims) == 0 || view.WorstUnaccepted().Severity() > f.result.Severity() {
		return nil
	}
	return &exitError{status: exitFound}
}

func addFailOn(c *cobra.Command) *failOn {
	f := &failOn{result: verdict.Refuted}
	c.Flags().Var(f, "fail-on", "end with status 1 if a claim is `RESULT` or worse: refuted, disputed, inconclusive, not-tested, consistent, proven, never")
	return f
}

func newVersion(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  landfall version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, "landfall "+version.String())
			return err
		},
	}
}
