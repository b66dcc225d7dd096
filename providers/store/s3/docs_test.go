package s3

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPolicyOfTheDocs grants what is asked for, and no more.
func TestPolicyOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/clouds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```json\n")
	block, _, closed := strings.Cut(rest, "```\n")
	var policy struct {
		Statement []struct{ Action []string }
	}
	if err := json.Unmarshal([]byte(block), &policy); err != nil || !found || !closed || len(policy.Statement) != 1 {
		t.Fatalf("the docs have no policy: %v", err)
	}
	if diff := cmp.Diff(Permissions(), policy.Statement[0].Action); diff != "" {
		t.Errorf("(-asked +granted):\n%s", diff)
	}
}
