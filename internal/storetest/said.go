package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Said tells an answer in lines, for comparing.
func Said(a cloud.Answer) []string {
	var out []string
	for _, s := range a.Said {
		line := s.API + ":"
		for _, place := range s.Locations {
			line += " " + place
		}
		for _, r := range s.Replicas {
			known := slices.DeleteFunc([]string{r.Target, r.Location, r.Rule, r.Holds, r.Host}, func(s string) bool { return s == "" })
			line += " [" + strings.Join(known, ", ") + "]"
		}
		for _, note := range s.Notes {
			line += " (" + note + ")"
		}
		out = append(out, line)
	}
	for _, f := range a.Failed {
		out = append(out, fmt.Sprintf("%s! %s", f.Class, f))
	}
	return out
}
