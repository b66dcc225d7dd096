// Samejudge judges the same evidence with two builds of the command and prints how
// the verdicts differ, texts and added fields aside:
//
//	go run ./internal/samejudge OLD NEW FOLDER…
//
// OLD and NEW are binaries. Each FOLDER has evidence.jsonl, packed or not, and
// claims.yaml or a folder claims; LANDFALL_KEEP=DIR go test ./cmd/landfall makes such
// folders of all scenarios. It ends with status 1 where a verdict differs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: samejudge OLD NEW FOLDER…")
		os.Exit(2)
	}
	differ, err := compareAll(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if differ {
		os.Exit(1)
	}
}

// compareAll prints how the verdicts on each folder differ, and returns whether some
// do.
func compareAll(older, newer string, folders []string) (differ bool, err error) {
	for _, folder := range folders {
		lines, verdicts, err := compare(context.Background(), older, newer, folder)
		if err != nil {
			return differ, fmt.Errorf("%s: %w", folder, err)
		}
		fmt.Printf("%s: %d verdicts, %d differences\n", folder, verdicts, len(lines))
		for _, line := range lines {
			fmt.Println("  " + line)
		}
		differ = differ || len(lines) > 0
	}
	return differ, nil
}

// compare judges a folder with both binaries and returns the differences, and how
// many verdicts the older one has.
func compare(ctx context.Context, older, newer, folder string) (lines []string, verdicts int, err error) {
	claims := filepath.Join(folder, "claims.yaml")
	if _, err := os.Stat(claims); err != nil {
		claims = filepath.Join(folder, "claims")
	}
	found, err := filepath.Glob(filepath.Join(folder, "evidence*.jsonl*"))
	if err != nil || len(found) == 0 {
		return nil, 0, fmt.Errorf("there is no evidence.jsonl in it")
	}
	var docs [2]map[string]any
	for i, binary := range []string{older, newer} {
		text, err := judged(ctx, binary, append([]string{"judge", "--fail-on", "never", "--claims", claims}, found...))
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", binary, err)
		}
		if docs[i], err = read(text); err != nil {
			return nil, 0, fmt.Errorf("%s wrote what cannot be read: %w", binary, err)
		}
	}
	list, _ := docs[0]["verdicts"].([]any)
	return differences(docs[0], docs[1]), len(list), nil
}

// judged returns what the command writes. Status 3 says that some lines of the
// evidence are not used, which is no fault here.
func judged(ctx context.Context, binary string, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	text, err := cmd.Output()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 3 {
		err = nil
	}
	return text, err
}
