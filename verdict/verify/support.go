package verify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// readSupport asks whether those that carry the result may: one whose disk both
// keys draw, where nobody contradicts it; or two machines, of which not all are in
// one network where that could have shaped what they were answered.
func (p *argument) readSupport() *Failure {
	if p.v.Result == proven && (p.v.Subject == frontEnd || p.v.Proof.Together) {
		p.take(takenOneHost)
	}
	if p.v.Proof.Together {
		p.take(takenBelieved)
		return p.withoutEach()
	}
	against := ""
	for i := range p.disks {
		if !p.disks[i].byKeys {
			continue
		}
		if against = p.contradicts(&p.disks[i]); against == "" {
			return nil
		}
	}
	p.take(takenBelieved)
	if failed := p.twoMachines(); failed != nil {
		if against != "" {
			failed.Found += "; one landmark's disk is contradicted by " + against
		}
		return failed
	}
	return p.severalNetworks()
}

// twoMachines needs the disks to be of two machines. Where those that are cited may
// be one by their place and network, others of the evidence that show the same count
// too.
func (p *argument) twoMachines() *Failure {
	first := p.disks[0].vantage
	other := func(d disk) bool { return !p.lines.sameMachine(d.vantage, first) }
	if slices.ContainsFunc(p.disks, other) {
		return nil
	}
	several := slices.ContainsFunc(p.disks, func(d disk) bool {
		return d.vantage != first && (d.vantage.Machine == "" || first.Machine == "")
	})
	if several && slices.ContainsFunc(p.others(), func(d disk) bool { return other(d) && p.shows(&d) }) {
		return nil
	}
	return fail("supporting disks", first.ID+" alone, by the place that it declares", "two machines, or one by a landmark's and the endpoint's own keys")
}

// withoutEach needs what disks show together to follow from the replies to all
// others too, whichever vantage is left out. Where regions are taken for granted, or
// no one place is within all other replies, that is taken from the judge.
func (p *argument) withoutEach() *Failure {
	if p.v.Proof.Regions != "" || p.assumes(assumesDoorRegion) {
		p.take(takenLosses)
		return nil
	}
	all, taken := p.others(), false
	for i := range p.disks {
		lost := p.disks[i].vantage
		rest := slices.DeleteFunc(slices.Clone(all), func(d disk) bool { return d.vantage == lost })
		failed, ok := p.follows(rest)
		if failed != nil {
			return at(i, fail("supporting disks", lost.ID+" alone rules out "+failed.Found, "a result that holds without each vantage"))
		}
		taken = taken || !ok
	}
	if taken {
		p.take(takenLosses)
	}
	return nil
}

// follows reports whether a proof follows from disks; ok is false where they have no
// place in common.
func (p *argument) follows(disks []disk) (failed *Failure, ok bool) {
	caps := make([]geo.Disk, len(disks))
	for i, d := range disks {
		caps[i] = geo.Disk{At: d.at, RadiusKM: d.radiusKM}
	}
	common := geo.Intersect(caps)
	if len(disks) == 0 || common.Empty() {
		return nil, false
	}
	bounding := make([]disk, len(common.Bounding))
	for i, n := range common.Bounding {
		bounding[i] = disks[n]
	}
	return p.inside(bounding, common.Any()), true
}

// sameMachine reports whether two vantages are one: by the id that a machine keeps;
// else, of different runs, by place and network. One run's ids tell its own apart.
func (l *lines) sameMachine(v, w *evidence.Vantage) bool {
	fileV, fileW := l.file(v.ID), l.file(w.ID)
	switch {
	case v.ID == w.ID:
		return true
	case v.Machine != "" && w.Machine != "":
		return v.Machine == w.Machine
	case fileV == fileW:
		return false
	case l.headers[fileV].Run == l.headers[fileW].Run:
		return v.ID[len(fileV):] == w.ID[len(fileW):]
	case v.ASN != 0 && w.ASN != 0 && v.ASN != w.ASN:
		return false
	}
	latV, lonV, placedV := v.Position()
	latW, lonW, placedW := w.Position()
	return !placedV || !placedW || geo.AtLeastKM(geo.Point(latV, lonV), geo.Point(latW, lonW)) <= max(v.RadiusKM, w.RadiusKM)
}

// severalNetworks needs those that carry the result not to be all in one network:
// where anybody on the way could have answered, of whatever platform; else of one
// that rents vantages out. Where the cited ones are, others of the evidence that
// show the same count too.
func (p *argument) severalNetworks() *Failure {
	first := p.network(&p.disks[0])
	if first.asn == 0 || slices.ContainsFunc(p.disks, func(d disk) bool { return p.network(&d) != first }) {
		return nil
	}
	for _, d := range p.others() {
		if p.network(&d) != first && p.shows(&d) {
			return nil
		}
	}
	return fail("supporting disks", fmt.Sprintf("AS%d alone", first.asn), "replies to more than one network")
}

// network is what could have shaped what a vantage was answered; 0 where nothing
// is taken to.
type network struct {
	platform string
	asn      uint32
}

func (p *argument) network(d *disk) network {
	platform := evidence.NetworkOf(d.vantage.Network)
	switch {
	case !d.keyed:
		return network{asn: d.vantage.ASN}
	case platform.Hosted:
		return network{platform.Name, d.vantage.ASN}
	}
	return network{}
}

// shows reports whether a further disk says by itself what the verdict says.
func (p *argument) shows(d *disk) bool {
	switch {
	case p.v.Proof.Regions != "":
		return p.agree([]disk{*d}) == nil
	case p.v.Result == proven:
		return p.inside([]disk{*d}, d.at) == nil
	}
	return p.outside(d) == nil
}

// others draws the disks of the other vantages that the endpoint, or the store,
// answered within the window.
func (p *argument) others() []disk {
	var cited []proofDisk
	if addr, ok := literal(p.v.Addr); ok && p.v.Subject == frontEnd {
		for _, x := range p.lines.replies[addr] {
			cited = append(cited, proofDisk{Vantage: x.Vantage, Evidence: x.ID})
		}
	}
	for _, x := range p.lines.reads[storeKey(p.v.Endpoint)] {
		if p.v.Subject == store {
			cited = append(cited, proofDisk{Vantage: x.Vantage, Evidence: x.ID})
		}
	}
	var out []disk
	for i := range cited {
		for _, said := range p.waysToDraw(&cited[i]) {
			if d, failed := p.draw(&said); failed == nil && within(d.times[0], p.disks[0].times[0], p.window) {
				out = append(out, d)
			}
		}
	}
	return out
}

// waysToDraw returns a reply around the place that its vantage declares or, where it
// has none, around each landmark whose own key answered it.
func (p *argument) waysToDraw(said *proofDisk) []proofDisk {
	v, _ := p.lines.byID[said.Vantage].(*evidence.Vantage)
	if v == nil {
		return nil
	}
	if _, _, placed := v.Position(); placed && p.lines.refutes(v) == nil {
		return []proofDisk{*said}
	}
	var out []proofDisk
	for _, x := range p.lines.byVantage[v.ID] {
		if at, known := p.lines.landmarkOf(x, true); known {
			out = append(out, proofDisk{Vantage: said.Vantage, Evidence: said.Evidence, Via: viaLandmark, Landmark: at.Host, LandmarkEvidence: x.ID})
		}
	}
	return out
}

// contradicts returns the vantage whose reply cannot be of the host that gave this
// one; empty where there is none.
func (p *argument) contradicts(d *disk) string {
	for _, other := range p.others() {
		if !p.lines.sameMachine(d.vantage, other.vantage) && geo.Apart(d.at, other.at, d.radiusKM+other.radiusKM) {
			return cmp.Or(other.vantage.Name, other.vantage.ID)
		}
	}
	return ""
}

// within reports whether two times are no further apart than a window.
func within(a, b time.Time, window time.Duration) bool { return a.Sub(b).Abs() <= window }
