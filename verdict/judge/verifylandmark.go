package judge

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers/landmarks"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
)

// aroundLandmark returns the disk around a host of published place that the same
// vantage timed within the hour.
func (k *Verifier) aroundLandmark(v *verdict.Verdict, d *verdict.ProofDisk, ms float64) (lat, lon, totalMS, radiusKM float64, err error) {
	reply, ok := k.byID[d.LandmarkEvidence].(*evidence.RTT)
	if !ok || d.Via != verdict.ViaLandmark || reply.Vantage != d.Vantage {
		return 0, 0, 0, 0, fmt.Errorf("%q is no reply of a landmark to %q", d.LandmarkEvidence, d.Vantage)
	}
	keyed := !slices.Contains(v.Assumes, verdict.AssumesNoInterception)
	if keyed && reply.Authenticated == nil {
		return 0, 0, 0, 0, fmt.Errorf("%q is no reply by the landmark's own key", d.LandmarkEvidence)
	}
	at, ok := k.landmarkOf(reply, keyed)
	if !ok || at.Host != d.Landmark {
		return 0, 0, 0, 0, fmt.Errorf("the place of what answered in %q is not published, or %q is not its name", d.LandmarkEvidence, d.Landmark)
	}
	of := k.byID[d.Evidence].Common()
	if apart := k.timeOfLine(of).Sub(k.timeOfLine(&reply.Meta)).Abs(); apart > index.LandmarkWithin {
		return 0, 0, 0, 0, fmt.Errorf("%q and %q are %s apart; at most %s", d.Evidence, d.LandmarkEvidence, apart, index.LandmarkWithin)
	}
	totalMS = ms + reply.MinMS
	return at.Lat, at.Lon, totalMS, geo.ReachKM(totalMS, geo.FibreKMPerMS) + at.RadiusKM, nil
}

func (k *Verifier) timeOfLine(m *evidence.Meta) time.Time {
	if m.At.IsZero() {
		return k.sourceOf(m.ID).Started
	}
	return m.At
}

func (k *Verifier) sourceOf(id string) evidence.Header {
	if h, ok := k.sources[evidence.SourceOf(id)]; ok {
		return h
	}
	return k.sources[""]
}

// landmarkOf returns the published place of what gave a reply: by its key, by a line
// of the same file or, where anybody may have answered, by the address that its name
// has.
func (k *Verifier) landmarkOf(reply *evidence.RTT, keyed bool) (landmarks.Landmark, bool) {
	if reply.Authenticated != nil {
		if l, ok := k.known[index.HostKey(reply.Authenticated.ServerName)]; ok {
			return l, true
		}
	}
	source, addr := evidence.SourceOf(reply.ID), reply.Addr.Unmap()
	for _, l := range landmarks.All() {
		if !keyed && slices.Contains(k.answered[source][index.HostKey(l.Host)], addr) {
			return l, true
		}
	}
	return k.markedAt(source, addr)
}

// markedAt returns the place that the lines of a file have for an address: the first
// of them, where no other has it elsewhere.
func (k *Verifier) markedAt(source string, addr netip.Addr) (at landmarks.Landmark, ok bool) {
	for _, l := range k.marked[source] {
		switch {
		case l.Addr.Unmap() != addr:
		case !ok:
			at, ok = landmarks.Landmark{Host: cmp.Or(l.Name, addr.String()), Lat: *l.Lat, Lon: *l.Lon, RadiusKM: l.RadiusKM}, true
		case geo.AtLeastKM(geo.Point(at.Lat, at.Lon), geo.Point(*l.Lat, *l.Lon)) > at.RadiusKM+l.RadiusKM:
			return landmarks.Landmark{}, false
		}
	}
	return at, ok
}
