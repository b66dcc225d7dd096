package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/probes/platform/networks"
	"github.com/landfall-audit/landfall/providers/store"
)

// names lists the files that name one of a family: by an import of its folder, by a
// word of its own, or by the identifier of a word. Tests and the simulated internet
// may.
func names(sources []source, folder string, words []string) []string {
	var out []string
	for _, s := range sources {
		if s.test || strings.HasPrefix(s.path, folder+"/") || strings.HasPrefix(s.path, "internal/") {
			continue
		}
		found := false
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				found = found || n.Kind == token.STRING && err == nil && (text == module+"/"+folder || slices.Contains(words, text))
			case *ast.Ident:
				found = found || strings.HasPrefix(n.Name, "Network") && slices.Contains(words, strings.ToLower(strings.TrimPrefix(n.Name, "Network")))
			}
			return true
		})
		if found {
			out = append(out, s.path)
		}
	}
	return out
}

// Adding a cloud is a folder and a line in the list: no other file names one.
func TestCloudsStandInOneList(t *testing.T) {
	all := sources(t)
	for _, kind := range store.Kinds() {
		if !kind.HasBuckets() {
			continue // https is the scheme of more than WebDAV
		}
		var words []string
		for _, scheme := range kind.Schemes {
			words = append(words, scheme, scheme+"://")
		}
		got := names(all, "providers/store/"+kind.ID, words)
		if want := []string{"providers/store/clouds/clouds.go"}; !slices.Equal(got, want) {
			t.Errorf("%s is named in %q, and not in %q alone", kind.ID, got, want)
		}
	}
}

// Adding a platform is a folder, a line in the list, and a row in the table of what
// its vantages are trusted with.
func TestPlatformsStandInOneList(t *testing.T) {
	const list, table = "probes/platform/networks/networks.go", "evidence/network.go"
	// The places of Atlas's machines come in a file of their own: --probes.
	own := map[string][]string{"atlas": {"audit/foreign/convert.go", "cmd/landfall/import.go"}}
	all := sources(t)
	for _, s := range networks.All() {
		want := append([]string{list}, own[s.Name]...)
		var words []string // what tools are called is a word of the language too
		if s.Order != nil {
			words, want = []string{s.Name}, append(want, table)
		}
		slices.Sort(want)
		if got := names(all, "probes/platform/"+s.Name, words); !slices.Equal(got, want) {
			t.Errorf("%s is named in %q, and not in %q alone", s.Name, got, want)
		}
	}
}

// Adding a probe is a folder and a line in the list. Those that others call besides
// are what a campaign asks by itself: a lookup, a timing, a check of the vantage.
func TestProbesStandInOneList(t *testing.T) {
	const list = "probes/probes.go"
	called := []string{"dns", "geoip", "network", "rtt", "selfcheck", "storage", "tls"}
	all, listed := sources(t), 0
	for _, s := range all {
		if s.path != list {
			continue
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			probe, ours := strings.CutPrefix(path, module+"/probes/")
			if !ours || probe == "probe" {
				continue
			}
			listed++
			if got := names(all, "probes/"+probe, nil); !slices.Contains(called, probe) && !slices.Equal(got, []string{list}) {
				t.Errorf("the probe %s is named in %q, and not in %s alone", probe, got, list)
			}
		}
	}
	if listed < 10 {
		t.Errorf("%d probes are listed", listed)
	}
}
