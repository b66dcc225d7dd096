package mtr

import (
	"encoding/json"

	"github.com/landfall-audit/landfall/probes/platform"
)

// Source is mtr as the list of networks has it.
func Source() platform.Source {
	return platform.Source{Name: "mtr", Holds: holds, Mend: Mend, Read: platform.Here(Read)}
}

func holds(document json.RawMessage) bool { return platform.Fields(document)["report"] != nil }
