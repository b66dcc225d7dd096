package version

import (
	"runtime/debug"
	"testing"
)

func TestVersionInAnotherModule(t *testing.T) {
	for _, test := range []struct {
		dep  debug.Module
		want string
	}{
		{debug.Module{Version: "v1.2.3"}, "v1.2.3"},
		{debug.Module{Version: "v0.0.0", Replace: &debug.Module{Path: "../landfall"}}, "devel"},
		{debug.Module{Version: "v1.2.3", Replace: &debug.Module{Version: "v1.2.4"}}, "v1.2.4"},
	} {
		if got := required(&test.dep); got != test.want {
			t.Errorf("%+v is %s, want %s", test.dep, got, test.want)
		}
	}
}
