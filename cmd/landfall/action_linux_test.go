package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// tool finds a program that a test needs, by its name in the variable that
// .ci/environment sets or on the path. Where the machine has none, the test ends.
func tool(t *testing.T, name string) string {
	t.Helper()
	needs.Program(t, name)
	if path := os.Getenv("LANDFALL_TOOLS"); path != "" {
		if own := filepath.Join(path, name); archive.IsThere(own) {
			return own
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		needs.Missing(t, "LANDFALL_NEED_ACTIONS", name+" is not there, so nothing was tried with it (sh .ci/need installs it)")
	}
	return path
}

// TestWorkflowsAreSound: actionlint finds nothing in the project's workflows,
// nor in those that init writes.
func TestWorkflowsAreSound(t *testing.T) {
	actionlint := tool(t, "actionlint")
	repository := userRepository(t)
	for _, dir := range []string{repository, filepath.Join("..", "..")} {
		files, err := filepath.Glob(filepath.Join(dir, ".github", "workflows", "*.yml"))
		if err != nil || len(files) < 2 {
			t.Fatalf("%s has %d workflows: %v", dir, len(files), err)
		}
		if out, err := exec.Command(actionlint, append([]string{"-no-color"}, files...)...).CombinedOutput(); err != nil {
			t.Errorf("actionlint: %v\n%s", err, out)
		}
	}
}

// pinned is how an action of others has to be named: by a commit, with the
// version that it is.
var pinned = regexp.MustCompile(`^\s*(- )?uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// TestWorkflowsAskForLittle: actions of others are pinned to a commit, rights
// are given job by job, no secret is needed, and nothing from outside stands in
// a script.
func TestWorkflowsAskForLittle(t *testing.T) {
	own := &initialising{surroundings: system(), uses: "./"}
	files, err := own.files()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range projectWorkflows(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = text
	}
	action, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	files["action.yml"] = action
	for name, text := range files {
		if name != "action.yml" && !bytes.Contains(text, []byte("\npermissions: {}\n")) {
			t.Errorf("%s does not begin without any permission", name)
		}
		if bytes.Contains(text, []byte("secrets.")) || bytes.Contains(text, []byte("pull_request_target")) {
			t.Errorf("%s needs a secret, or runs a fork's code with rights", name)
		}
		script := false
		for i, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "uses:") && !strings.Contains(line, "uses: ./") && !pinned.MatchString(line) {
				t.Errorf("%s:%d: %s is not pinned to a commit with its version", name, i+1, strings.TrimSpace(line))
			}
			script = strings.Contains(line, "run: ") || script && (strings.HasPrefix(line, "          ") || name == "action.yml" && strings.HasPrefix(line, "        "))
			if script && strings.Contains(line, "${{") {
				t.Errorf("%s:%d: an expression stands in a script: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

func projectWorkflows(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the project has %d workflows: %v", len(files), err)
	}
	return files
}

// TestProjectUsesItsOwnWorkflows: those in .github are the ones that init
// writes, with the action of this very tree. UPDATE_SCRIPTS=1 writes them anew.
func TestProjectUsesItsOwnWorkflows(t *testing.T) {
	files, err := (&initialising{surroundings: system(), uses: "./"}).files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		path := filepath.Join("..", "..", ".github", "workflows", name)
		if os.Getenv("UPDATE_SCRIPTS") != "" {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what init writes (%v); UPDATE_SCRIPTS=1 go test ./cmd/landfall -run Workflows writes it anew", path, err)
		}
	}
}

func TestInit(t *testing.T) {
	repository := userRepository(t)
	s, _, errs := isolated(t)
	if got := run(t.Context(), s, []string{"init", repository}); got != exitUsage || !strings.Contains(errs.String(), "is there already") {
		t.Errorf("a second init: status %d, %s", got, errs)
	}
	for _, bad := range [][]string{{"--claims", "a b"}, {"--claims", "${{ x }}"}, {"--uses", "x\ny"}, {filepath.Join(repository, "nowhere")}} {
		s, _, errs := isolated(t)
		if got := run(t.Context(), s, append([]string{"init"}, bad...)); got != exitUsage || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("init %q: status %d, %s", bad, got, errs)
		}
	}
}

// userRepository is a repository with claims and with the workflows of init,
// and nothing else.
func userRepository(t *testing.T) string {
	t.Helper()
	scenario, err := scenario.Named(demoScenario)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "repository")
	claims := filepath.Join(dir, "claims")
	if err := os.MkdirAll(claims, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, text := range scenario.Claims {
		if err := os.WriteFile(filepath.Join(claims, fmt.Sprintf("%d.yaml", i+1)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := system()
	s.err = io.Discard
	if err := (&initialising{surroundings: s, claims: "claims", uses: "landfall-audit/landfall@test"}).write(dir); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "x"}} {
		git(t, dir, args...)
	}
	return dir
}

// stubs stand in for the actions of GitHub, which need GitHub: each keeps what
// it was given.
func stubs(t *testing.T, kept string, workflow string) (arguments []string) {
	t.Helper()
	text, err := os.ReadFile(workflow)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`uses: ((?:actions|github)/[\w./-]+)@([0-9a-f]{40})`).FindAllStringSubmatch(string(text), -1) {
		owner, rest, _ := strings.Cut(m[1], "/")
		repo, sub, _ := strings.Cut(rest, "/")
		dir := filepath.Join(t.TempDir(), repo)
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		stub := "name: stub\ninputs:\n  path: {default: ''}\n  sarif_file: {default: ''}\n" +
			"runs:\n  using: composite\n  steps:\n    - shell: bash\n      env: {GIVEN: \"${{ inputs.path }}${{ inputs.sarif_file }}\"}\n" +
			"      run: '[ ! -e \"$GIVEN\" ] || cp -r \"$GIVEN\" \"" + filepath.Join(kept, repo) + "\"'\n"
		if err := os.WriteFile(filepath.Join(dir, sub, "action.yml"), []byte(stub), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--local-repository", owner+"/"+repo+"@"+m[2]+"="+dir)
	}
	return arguments
}

// byAct runs a workflow of a repository by act in host mode, inside the simulated
// internet of the demonstration, and returns what act printed.
func byAct(t *testing.T, repository, name, kept string, more ...string) string {
	t.Helper()
	act := tool(t, "act")
	scenario, err := scenario.Named(demoScenario)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	workflow := filepath.Join(repository, ".github", "workflows", name)
	args := append([]string{"act", "workflow_dispatch", "-W", workflow, "-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--action-offline-mode",
		"--local-repository", "landfall-audit/landfall@test=" + root}, stubs(t, kept, workflow)...)
	if os.Getenv("LANDFALL_ACTION_BUILD") == "" { // set, the action builds it itself, which takes minutes the first time
		binary, err := exec.LookPath("landfall") // put there by testscript.Main
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--env", "LANDFALL_BINARY="+binary)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var out bytes.Buffer
	err = fakenet.Run(ctx, scenario, scenario.Vantages[0].Name, fakenet.Job{
		Again: holdsAWorld, Path: act, Args: append(args, more...), Dir: repository, Stdout: &out, Stderr: &out,
		Env: []string{"HOME=" + actHome(t), "XDG_CACHE_HOME=" + t.TempDir(), "GOPROXY=off", "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOCACHE=" + goEnv(t, "GOCACHE")},
	})
	if err != nil {
		t.Fatalf("act: %v\n%s", err, &out)
	}
	return out.String()
}

// TestActionInASimulatedInternet: a repository with nothing but the workflow of
// init gets a summary, SARIF and a site, from the real action, run by act.
func TestActionInASimulatedInternet(t *testing.T) {
	t.Parallel()
	kept := t.TempDir()
	summary := byAct(t, userRepository(t), "landfall-pull-request.yml", kept)
	checkKept(t, kept)
	// act prints the job's summary, which GitHub shows.
	if !strings.Contains(summary, "Summary - ## ") || !strings.Contains(summary, "| Birch Photos | anywhere\\-but\\-china |") {
		t.Errorf("the job's summary does not tell of the claims:\n%s", summary)
	}
}

// TestNightly: the nightly workflow keeps each run on the branch of the history,
// hands the site to Pages, and the second night's tells of the first. What GitHub
// itself does (checkout, cache, Pages) is stood in for; the branch is pushed to a
// repository on this machine.
func TestNightly(t *testing.T) {
	t.Parallel()
	repository, remotes := userRepository(t), t.TempDir()
	git(t, repository, "remote", "add", "origin", "https://github.com/lab/audit.git")
	git(t, remotes, "init", "--quiet", "--bare", filepath.Join(remotes, "lab", "audit"))
	const token = "lab-token"
	var first string
	for night := 1; night <= 2; night++ {
		kept := t.TempDir()
		said := byAct(t, repository, "landfall-nightly.yml", kept, "--secret", "GITHUB_TOKEN="+token, "--env", "GIT_CONFIG_COUNT=1",
			"--env", "GIT_CONFIG_KEY_0=url.file://"+remotes+"/.insteadOf", "--env", "GIT_CONFIG_VALUE_0=https://x-access-token:"+token+"@github.com/")
		if !regexp.MustCompile(`nightly/publish\s*\].*Job succeeded`).MatchString(said) {
			t.Errorf("night %d: the job that publishes did not run:\n%s", night, said)
		}
		if strings.Contains(said, "x-access-token:"+token) {
			t.Errorf("night %d: the token is told", night)
		}
		site := filepath.Join(kept, "upload-pages-artifact")
		for _, file := range []string{"index.html", "vendors/birch.html", "feed.xml", archive.EvidenceFile, archive.VerdictsFile} {
			if !archive.IsThere(filepath.Join(site, file)) {
				t.Errorf("night %d: the site has no %s", night, file)
			}
		}
		if archive.IsThere(filepath.Join(site, ".git")) {
			t.Errorf("night %d: the repository of the history is published with the site", night)
		}
		run, err := verdict.ReadRunFile(filepath.Join(site, archive.VerdictsFile))
		if err != nil {
			t.Fatal(err)
		}
		history := git(t, filepath.Join(remotes, "lab", "audit"), "ls-tree", "-r", "--name-only", "landfall-history")
		want := []string{archive.EvidenceFile, archive.VerdictsFile}
		if night == 2 {
			want = []string{archive.EvidenceFile, "runs/" + first + "/" + archive.EvidenceFile + archive.Compressed, "runs/" + first + "/" + archive.VerdictsFile + archive.Compressed, archive.VerdictsFile}
		}
		if got := strings.Fields(history); !slices.Equal(got, want) {
			t.Errorf("night %d: the history has %q, want %q", night, got, want)
		}
		page, err := os.ReadFile(filepath.Join(site, "vendors", "birch.html"))
		if told := bytes.Contains(page, []byte("1 earlier run")); err != nil || told != (night == 2) {
			t.Errorf("night %d: an earlier run is told of: %v, %v", night, told, err)
		}
		first = run.Run
	}
}

// git runs git in a folder and gives what it prints.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// checkKept looks at what the stand-ins were given.
func checkKept(t *testing.T, kept string) {
	t.Helper()
	var sarif struct{ Runs []struct{ Results []any } }
	data, err := os.ReadFile(filepath.Join(kept, "codeql-action"))
	if err == nil {
		err = json.Unmarshal(data, &sarif)
	}
	if err != nil || len(sarif.Runs) != 1 || len(sarif.Runs[0].Results) == 0 || !bytes.Contains(data, []byte(`"claims/`)) {
		t.Errorf("the SARIF file has no result in the claims: %v\n%.2000s", err, data)
	}
	for _, file := range []string{"index.html", "method.html", "vendors/birch.html", archive.EvidenceFile, archive.VerdictsFile, "junit.xml"} {
		if !archive.IsThere(filepath.Join(kept, "upload-artifact", file)) {
			t.Errorf("the site has no %s", file)
		}
	}
}

// actHome is a home with the settings that act asks for on its first start.
func actHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".actrc"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
