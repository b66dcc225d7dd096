package platform

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxSamples bounds the round trips that are kept of one observation.
const maxSamples = 4096

// Answered completes a round trip with the times of its replies, of so many
// packets sent. It reports whether there were any.
func Answered(out *evidence.RTT, samplesMS []float64, sent int) bool {
	if len(samplesMS) == 0 {
		return false
	}
	out.Sent = max(sent, len(samplesMS))
	out.Lost = out.Sent - len(samplesMS)
	if len(samplesMS) > maxSamples {
		samplesMS = slices.Sorted(slices.Values(samplesMS))[:maxSamples]
	}
	out.SamplesMS, out.MinMS = samplesMS, slices.Min(samplesMS)
	return true
}

// HostName returns the name that a document gives for a target, in lower case;
// empty where it is an address, or no name at all.
func HostName(text string) string {
	if _, err := netip.ParseAddr(text); err == nil || text == "" {
		return ""
	}
	name, err := probe.Target{Host: text}.Name()
	if err != nil || strings.Contains(name, ":") {
		return ""
	}
	return name
}

// StampAll says of each observation when it was made and which public original
// it was read from, where its reader has not said it, and of each failure what
// it was about.
func StampAll(seen []evidence.Observation, at time.Time, measurement, target string) {
	for _, o := range seen {
		meta := o.Common()
		if meta.At.IsZero() && !at.IsZero() {
			meta.At = at.UTC()
		}
		if meta.Measurement == "" {
			meta.Measurement = measurement
		}
		if failed, ok := o.(*evidence.Error); ok && failed.Target == "" {
			failed.Target = probe.Text(target, maxKeyBytes)
		}
	}
}
