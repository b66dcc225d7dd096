package globalping

import (
	"net/url"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Source is Globalping as the list of networks has it.
func Source() platform.Source {
	return platform.Source{
		Name: evidence.NetworkGlobalping, Holds: Holds,
		Read: func(documents []byte, _ platform.FileOptions) ([]platform.Reading, error) { return ReadFile(documents) },
		Order: &platform.Ordering{
			Base: "https://api.globalping.io", BaseVariable: "GLOBALPING_API_URL", KeyVariable: "GLOBALPING_TOKEN",
			Start: func(base *url.URL, key, version string, notify func(string)) platform.Platform {
				return New(base, key, version, notify)
			},
		},
	}
}
