// Package version tells which version of landfall is running.
package version

import "runtime/debug"

const module = "github.com/landfall-audit/landfall"

// String returns the version of the module, with the commit it was built from
// where the build knows it.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return required(dep)
		}
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				v += "-" + setting.Value[:12]
			}
		}
	}
	return v
}

// required returns the version that another module's program is built with.
func required(dep *debug.Module) string {
	if dep.Replace != nil {
		dep = dep.Replace
	}
	if dep.Version == "" || dep.Version == "(devel)" {
		return "devel" // a folder
	}
	return dep.Version
}
