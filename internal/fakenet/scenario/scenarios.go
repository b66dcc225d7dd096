package scenario

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// Scenarios reads the scenarios that come with this package, in the order of
// their names.
func Scenarios() ([]*Scenario, error) {
	files, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		return nil, fmt.Errorf("listing the scenarios: %w", err)
	}
	var out []*Scenario
	for _, f := range files {
		s, err := Named(strings.TrimSuffix(f.Name(), ".yaml"))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Named reads one of the scenarios that come with this package. The name is
// that of the file, and the one in it.
func Named(name string) (*Scenario, error) {
	file := "scenarios/" + name + ".yaml"
	data, err := scenarioFiles.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("there is no scenario %q: %w", name, err)
	}
	s, err := Parse(file, data)
	if err == nil && s.Name != name {
		return nil, fmt.Errorf("%s: the scenario calls itself %q", file, s.Name)
	}
	return s, err
}
