package probes

import (
	"fmt"
	"strings"
)

// Table returns the probes as a Markdown table, for README.md.
func Table(list []Probe) string {
	var b strings.Builder
	b.WriteString("| probe | asks | needs | shows | does not show |\n|---|---|---|---|---|\n")
	for _, look := range list {
		s := look.Spec()
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s | %s | %s |\n", s.Name, s.Name, s.Question, s.Needs, s.Shows, s.Hides)
	}
	return b.String()
}
