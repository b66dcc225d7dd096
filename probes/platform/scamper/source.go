package scamper

import (
	"encoding/json"

	"github.com/landfall-audit/landfall/probes/platform"
)

// Source is scamper as the list of networks has it.
func Source() platform.Source {
	return platform.Source{Name: "scamper", Holds: holds, Read: platform.Here(Read)}
}

// holds knows scamper's objects by the words for their types.
func holds(document json.RawMessage) bool {
	var object struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(document, &object) != nil {
		return false
	}
	switch object.Type {
	case "cycle-start", "cycle-def", "cycle-stop":
		return true
	case "ping", "trace", "tracelb", "dealias", "host", "http", "owamp", "sniff", "sting", "tbit", "udpprobe":
		object := platform.Fields(document)
		return object["dst"] != nil || object["version"] != nil
	}
	return false
}
