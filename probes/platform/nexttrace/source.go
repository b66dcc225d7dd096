package nexttrace

import (
	"encoding/json"

	"github.com/landfall-audit/landfall/probes/platform"
)

// Source is nexttrace as the list of networks has it.
func Source() platform.Source {
	return platform.Source{Name: "nexttrace", Holds: holds, Read: platform.Here(Read)}
}

func holds(document json.RawMessage) bool { return platform.Fields(document)["Hops"] != nil }
