package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/archive"
)

// workflows are the workflows that init writes. Their delimiters are [[ and ]],
// since GitHub's expressions use braces.
//
//go:embed workflows
var workflows embed.FS

// workflowsFolder is where GitHub looks for workflows.
const workflowsFolder = ".github/workflows"

func newInit(s surroundings) *cobra.Command {
	i := &initialising{surroundings: s}
	c := &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Write the workflows that audit from GitHub Actions",
		Long: `Write two workflows into a repository: one that audits every night, keeps each run
and publishes the site to GitHub Pages, and one that audits pull requests which
change claims or Terraform. Both can be started by hand too, need no secret and
ask for the least permissions. FOLDER is the repository; none is this folder.

A file that is there already is left as it is.

Exit status: 0 written; 2 bad usage, or a file is there already.`,
		Example: `  landfall init
  landfall init --claims claims ../my-repository`,
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&i.claims, "claims", "", "claims `FILE` or folder of the repository, from its root (none: the catalogue)")
	c.Flags().StringVar(&i.uses, "uses", "", "the action to `USE` (default that of this version of landfall)")
	c.RunE = func(_ *cobra.Command, args []string) error {
		folder := "."
		if len(args) > 0 {
			folder = args[0]
		}
		return i.write(folder)
	}
	return c
}

// initialising is one call of init.
type initialising struct {
	surroundings
	claims string
	uses   string
}

// plainReference is what may stand for an action or a path in a workflow: words
// that mean nothing else to YAML or to an expression.
var plainReference = regexp.MustCompile(`^[A-Za-z0-9./_@-]{0,200}$`)

func (i *initialising) write(folder string) error {
	for flag, value := range map[string]string{"claims": i.claims, "uses": i.uses} {
		if !plainReference.MatchString(value) {
			return fmt.Errorf("--%s %q cannot stand in a workflow; expected letters, digits and ./_@-", flag, value)
		}
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no folder; give that of a repository", folder)
	}
	files, err := i.files()
	if err != nil {
		return err
	}
	to := filepath.Join(folder, filepath.FromSlash(workflowsFolder))
	var there []error
	for name := range files {
		if archive.IsThere(filepath.Join(to, name)) {
			there = append(there, fmt.Errorf("%s is there already; move it away to have it written anew", filepath.Join(to, name)))
		}
	}
	if err := errors.Join(there...); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("making the folder of the workflows: %w", err)
	}
	u := newUI(i.surroundings, levelInfo)
	for name, text := range files {
		path := filepath.Join(to, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("writing a workflow: %w", err)
		}
		u.note("wrote %s", path)
	}
	u.note("to publish the site, set Settings, Pages, Source to GitHub Actions")
	return nil
}

// files returns the workflows by their names.
func (i *initialising) files() (map[string][]byte, error) {
	uses := i.uses
	if uses == "" {
		uses = "landfall-audit/landfall@" + reference()
	}
	claims := `""`
	if i.claims != "" {
		claims = i.claims
	}
	set, err := template.New("").Delims("[[", "]]").ParseFS(workflows, "workflows/*.yml")
	if err != nil {
		return nil, fmt.Errorf("the workflows of this program: %w", err)
	}
	names, err := fs.Glob(workflows, "workflows/*.yml")
	if err != nil {
		return nil, fmt.Errorf("the workflows of this program: %w", err)
	}
	files := map[string][]byte{}
	for _, path := range names {
		name := filepath.Base(path)
		var text bytes.Buffer
		if err := set.ExecuteTemplate(&text, name, struct{ Uses, Claims string }{uses, claims}); err != nil {
			return nil, fmt.Errorf("the workflow %s: %w", name, err)
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

// reference is the commit or the release that this program was built from, so
// that the workflows use what was looked at; the main branch where the build
// does not know it.
func reference() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "main"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "main"
}
