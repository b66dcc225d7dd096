package atlas

import (
	"net/url"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Source is RIPE Atlas as the list of networks has it. The places of a file's
// machines are [Probes].
func Source() platform.Source {
	return platform.Source{
		Name: evidence.NetworkAtlas, Holds: Holds,
		Read: func(documents []byte, o platform.FileOptions) ([]platform.Reading, error) {
			probes, _ := o.Places.(Probes)
			return ReadFile(documents, probes)
		},
		Order: &platform.Ordering{
			Base: "https://atlas.ripe.net", BaseVariable: "RIPE_ATLAS_API_URL", KeyVariable: "RIPE_ATLAS_API_KEY", Shows: true,
			Start: func(base *url.URL, key, version string, notify func(string)) platform.Platform {
				return New(base, key, version, notify)
			},
		},
	}
}
