package judge

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/landmarks"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/store"
)

// A Verifier checks the proofs of verdicts against the evidence. It uses
// nothing of the search that found them: it looks up each reply, draws its disk
// again, and holds it against every piece of every border, one after another.
type Verifier struct {
	sources  map[string]evidence.Header // by name; of one file without one
	ground   *constraint.Land
	byID     map[string]evidence.Observation
	known    map[string]landmarks.Landmark      // by name, in lower case
	answered map[string]map[string][]netip.Addr // by source and name: the addresses that a name has there
	unused   map[string]bool                    // vantages that failed it, or are set aside
	unplaced map[string]bool                    // vantages whose declared place is not used
	marked   map[string][]*evidence.Landmark    // the landmark lines of a source
	secured  map[string]bool                    // "NAME:PORT" and "ADDR:PORT" of what speaks TLS
	LeastKM  map[verdict.Position][]float64
	compiled map[claimDay]*constraint.Constraint
}

// claimDay is a claim as of a day.
type claimDay struct {
	claim *providers.Claim
	on    providers.Date
}

// NewVerifier takes the evidence that the document was judged from.
func NewVerifier(b *evidence.Bundle, doc *verdict.Document) *Verifier {
	k := &Verifier{
		ground: constraint.NewLand(0), byID: map[string]evidence.Observation{}, sources: map[string]evidence.Header{"": b.Header},
		known: map[string]landmarks.Landmark{}, answered: map[string]map[string][]netip.Addr{}, unused: map[string]bool{}, unplaced: map[string]bool{}, marked: map[string][]*evidence.Landmark{}, secured: map[string]bool{}, LeastKM: map[verdict.Position][]float64{}, compiled: map[claimDay]*constraint.Constraint{},
	}
	for _, s := range b.Sources {
		k.sources[s.Name] = s.Header
	}
	for _, l := range landmarks.All() {
		k.known[index.HostKey(l.Host)] = l
	}
	for _, v := range doc.Vantages {
		k.unused[v.ID], k.unplaced[v.ID] = v.SetAsideCode != "", v.MisplacedCode != ""
	}
	for _, o := range b.Observations {
		if _, again := k.byID[o.Common().ID]; !again {
			k.byID[o.Common().ID] = o
		}
		switch x := o.(type) {
		case *evidence.Selfcheck:
			k.unused[x.Vantage] = k.unused[x.Vantage] || x.Result == evidence.CheckFailed
		case *evidence.DNS:
			k.addAnswer(x)
		case *evidence.Landmark:
			source := evidence.SourceOf(x.ID)
			k.marked[source] = append(k.marked[source], x)
		case *evidence.TLS:
			k.addSecured(x.ServerName, x.Addr, x.Port)
		case *evidence.RTT:
			if x.Authenticated != nil {
				k.addSecured(x.Authenticated.ServerName, x.Addr, x.Port)
			}
		}
	}
	return k
}

// addSecured notes that a port speaks TLS: there only its own key carries a verdict.
func (k *Verifier) addSecured(name string, addr netip.Addr, port uint16) {
	k.secured[index.NameAt(name, index.PortOr(port))] = true
	k.secured[index.NameAt(addr.Unmap().String(), index.PortOr(port))] = true
}

// Check reports why the proof of a verdict does not hold; nil where it does.
func (k *Verifier) Check(claim *providers.Claim, v *verdict.Verdict) error {
	p := v.Proof
	switch {
	case p == nil || len(p.Disks) == 0:
		return errors.New("there is no proof")
	case v.Result != verdict.Refuted && v.Result != verdict.Proven:
		return fmt.Errorf("a verdict %q has nothing to prove", v.Result)
	}
	t, err := k.terms(claim, v)
	if err != nil {
		return err
	}
	for i := range p.Disks {
		if err := errors.Join(k.checkDisk(v, &p.Disks[i]), k.checkWhen(v, &p.Disks[i])); err != nil {
			return fmt.Errorf("disk %d: %w", i+1, err)
		}
	}
	switch {
	case p.Regions != "":
		return k.checkRegions(t, v)
	case v.Result == verdict.Refuted:
		return k.checkRefutation(t, p)
	case p.Together:
		return k.checkTogether(t, p)
	}
	return k.checkInside(t, v)
}

// terms reads the claim as of the day of the last reply that carries the verdict.
func (k *Verifier) terms(claim *providers.Claim, v *verdict.Verdict) (*constraint.Constraint, error) {
	if v.Measured == nil {
		return nil, errors.New("it is not said when it was measured")
	}
	until, err := time.Parse(time.RFC3339, v.Measured.Until)
	if err != nil {
		return nil, fmt.Errorf("measured until %q, which is no time (RFC 3339)", v.Measured.Until)
	}
	key := claimDay{claim, providers.DateOf(until.UTC())}
	if t := k.compiled[key]; t != nil {
		return t, nil
	}
	t, err := constraint.New(k.ground, claim, key.on)
	k.compiled[key] = t
	return t, err
}

// checkWhen needs the replies of a disk to be of the time that the verdict says, to
// the second.
func (k *Verifier) checkWhen(v *verdict.Verdict, d *verdict.ProofDisk) error {
	for _, id := range []string{d.Evidence, d.LandmarkEvidence} {
		o, ok := k.byID[id]
		if !ok {
			continue
		}
		if at := k.timeOfLine(o.Common()).UTC().Format("2006-01-02T15:04:05Z"); at < v.Measured.From || at > v.Measured.Until {
			return fmt.Errorf("%s was measured at %s, not from %s until %s", id, at, v.Measured.From, v.Measured.Until)
		}
	}
	return nil
}

// checkDisk holds one disk against the reply and the vantage that it names.
func (k *Verifier) checkDisk(v *verdict.Verdict, d *verdict.ProofDisk) error {
	vantage, ok := k.byID[d.Vantage].(*evidence.Vantage)
	if !ok {
		return fmt.Errorf("no vantage %q is in the evidence", d.Vantage)
	}
	if k.unused[d.Vantage] {
		return fmt.Errorf("the vantage %q is set aside", d.Vantage)
	}
	ms, err := k.timeOf(v, d)
	if err != nil {
		return err
	}
	lat, lon, placed := vantage.Position()
	placed = placed && !k.unplaced[d.Vantage]
	radius := geo.ReachKM(ms, geo.FibreKMPerMS) + vantage.RadiusKM
	if d.Via != "" {
		if lat, lon, ms, radius, err = k.aroundLandmark(v, d, ms); err != nil {
			return err
		}
		placed = true
	}
	if placed && d.Door != "" {
		if lat, lon, radius, err = k.behindDoor(v, d, vantage, ms); err != nil {
			return err
		}
	}
	switch {
	case !placed || math.Abs(lat-d.Lat) > 1e-9 || math.Abs(lon-d.Lon) > 1e-9:
		return fmt.Errorf("the middle of the disk of %q is not at %v, %v", d.Vantage, d.Lat, d.Lon)
	case ms != d.RTTMS:
		return fmt.Errorf("%s took %v ms, not %v", d.Evidence, ms, d.RTTMS)
	case math.Abs(radius-d.RadiusKM) > 1e-6:
		return fmt.Errorf("a reply in %v ms reaches %v km, not %v", ms, radius, d.RadiusKM)
	}
	return nil
}

// timeOf returns the time of the reply that a disk names, which must have come to
// its vantage from what the verdict is about.
func (k *Verifier) timeOf(v *verdict.Verdict, d *verdict.ProofDisk) (ms float64, err error) {
	switch x := k.byID[d.Evidence].(type) {
	case *evidence.RTT:
		if x.Addr.Unmap().String() == v.Addr && x.Vantage == d.Vantage && k.answersFor(v, x) {
			return x.MinMS, nil
		}
	case *evidence.Retrieval:
		ms, why := index.TimeOf(x)
		if index.StoreKey(x.Target) == index.StoreKey(v.Endpoint) && x.Vantage == d.Vantage && why.Code == "" {
			return ms, nil
		}
	}
	return 0, fmt.Errorf("%q is no reply from %s%s to %q", d.Evidence, v.Addr, v.Endpoint, d.Vantage)
}

// behindDoor returns the disk behind a front door in the region that its provider
// publishes: what is left of the read after the way to that region.
func (k *Verifier) behindDoor(v *verdict.Verdict, d *verdict.ProofDisk, vantage *evidence.Vantage, ms float64) (lat, lon, radiusKM float64, err error) {
	published, ok := k.byID[d.Door].(*evidence.Range)
	read, _ := k.byID[d.Evidence].(*evidence.Retrieval)
	if !ok || read == nil || published.Addr.Unmap() != read.Addr.Unmap() || !slices.Contains(v.Assumes, verdict.AssumesDoorRegion) {
		return 0, 0, 0, fmt.Errorf("%q does not tell the region of the front door of %q", d.Door, d.Evidence)
	}
	region, known := providers.LookupRegion(published.Provider, published.Region)
	if !known {
		return 0, 0, 0, fmt.Errorf("the place of the region %s:%s is not known", published.Provider, published.Region)
	}
	vLat, vLon, _ := vantage.Position()
	way := max(0, geo.AtLeastKM(geo.Point(vLat, vLon), geo.Point(region.Lat, region.Lon))-region.RadiusKM-vantage.RadiusKM)
	return region.Lat, region.Lon, geo.ReachKM(ms, geo.FibreKMPerMS) + region.RadiusKM - way, nil
}

// answersFor reports whether a reply may carry a verdict: by the endpoint's own key
// or, where that is said to be assumed, by anybody on the way, of its port where
// there is a name.
func (k *Verifier) answersFor(v *verdict.Verdict, x *evidence.RTT) bool {
	port := index.PortOr(v.Port)
	_, err := netip.ParseAddr(v.Endpoint)
	bare := err == nil
	if x.Authenticated != nil && x.Authenticated.Roots == evidence.RootsOfUser && !slices.Contains(v.Assumes, verdict.AssumesRootsOfUser) {
		return false
	}
	if !slices.Contains(v.Assumes, verdict.AssumesNoInterception) {
		return x.Authenticated != nil && index.HostKey(x.Authenticated.ServerName) == index.HostKey(v.Endpoint) && index.PortOr(x.Port) == port
	}
	if !bare && (k.secured[index.NameAt(v.Endpoint, port)] || k.secured[index.NameAt(v.Addr, port)]) {
		return false
	}
	switch x.Method {
	case evidence.MethodTCP, evidence.MethodTLS, evidence.MethodH2Ping:
		return x.Authenticated == nil && index.PortOr(x.Port) == port
	case evidence.MethodImport:
		return x.Authenticated == nil && (x.Port == port || x.Port == 0 && bare)
	}
	return x.Authenticated == nil && bare
}

// addAnswer notes which addresses a file has for a name.
func (k *Verifier) addAnswer(x *evidence.DNS) {
	source := evidence.SourceOf(x.ID)
	if k.answered[source] == nil {
		k.answered[source] = map[string][]netip.Addr{}
	}
	name := index.HostKey(x.Name)
	for _, addr := range x.Answers {
		k.answered[source][name] = append(k.answered[source][name], addr.Unmap())
	}
}

// carriedBy reports whether two vantages carry the proof, or one whose disk is
// around a landmark.
func (k *Verifier) carriedBy(p *verdict.Proof) error {
	first := p.Disks[0].Vantage
	if slices.ContainsFunc(p.Disks, func(d verdict.ProofDisk) bool { return !k.oneMachine(d.Vantage, first) || d.Via == verdict.ViaLandmark }) {
		return nil
	}
	return fmt.Errorf("the vantage %q alone carries it, by the place that it declares", first)
}

// oneMachine reports whether two vantages are one, or say that they are one machine.
func (k *Verifier) oneMachine(a, b string) bool {
	v, _ := k.byID[a].(*evidence.Vantage)
	w, _ := k.byID[b].(*evidence.Vantage)
	return a == b || v != nil && w != nil && v.Machine != "" && v.Machine == w.Machine
}

// checkRefutation needs every disk to be out of reach of all that is allowed.
func (k *Verifier) checkRefutation(t *constraint.Constraint, p *verdict.Proof) error {
	for i := range p.Disks {
		d := &p.Disks[i]
		if slices.ContainsFunc(t.DenyCaps, func(z constraint.Zone) bool {
			return z.Exact && geo.AtMostKM(proofAt(d), z.At)+d.RadiusKM <= z.RadiusKM
		}) {
			continue
		}
		for area := range t.MayAllow.Numbers {
			if k.meets(d, area) {
				return fmt.Errorf("disk %d: %s is within %.0f km of %q and may be allowed", i+1, k.ground.Areas[area].Name, d.RadiusKM, d.Vantage)
			}
		}
		for _, z := range t.AllowCaps {
			if meetsZone(d, z) {
				return fmt.Errorf("disk %d: %s is within reach and may be allowed", i+1, z.Name)
			}
		}
	}
	return k.carriedBy(p)
}

// checkRegions needs every disk, or one of them where they are taken together,
// to be out of reach of each region that would overturn the result.
func (k *Verifier) checkRegions(t *constraint.Constraint, v *verdict.Verdict) error {
	if !slices.Contains(v.Assumes, verdict.AssumesProviderRegions) {
		return errors.New("that the store is in a region of its provider is not said to be assumed")
	}
	agrees := constraint.Outside
	if v.Result == verdict.Proven {
		agrees = constraint.Inside
	}
	for _, r := range store.ListedRegions() {
		if r.Provider != v.Proof.Regions || t.PlaceIn(r.Country, r.Provider+":"+r.Code) == agrees {
			continue
		}
		reaches := func(d verdict.ProofDisk) bool {
			return r.RadiusKM == 0 || geo.AtLeastKM(proofAt(&d), geo.Point(r.Lat, r.Lon))-r.RadiusKM <= d.RadiusKM
		}
		missed := slices.ContainsFunc(v.Proof.Disks, func(d verdict.ProofDisk) bool { return !reaches(d) })
		if !missed || !v.Proof.Together && slices.ContainsFunc(v.Proof.Disks, reaches) {
			return fmt.Errorf("%s:%s is within reach and would overturn it", r.Provider, r.Code)
		}
	}
	if v.Proof.Together {
		return nil
	}
	return k.carriedBy(v.Proof)
}

// checkInside needs every disk to hold nothing that is forbidden.
func (k *Verifier) checkInside(t *constraint.Constraint, v *verdict.Verdict) error {
	for i := range v.Proof.Disks {
		if err := k.checkNothingForbidden(t, v.Proof.Disks[i:i+1], proofAt(&v.Proof.Disks[i])); err != nil {
			return fmt.Errorf("disk %d: %w", i+1, err)
		}
	}
	if v.Subject != verdict.Store && !slices.Contains(v.Assumes, verdict.AssumesOneHost) {
		return errors.New("that one host answered is not said to be assumed")
	}
	return k.carriedBy(v.Proof)
}

// checkNothingForbidden needs no forbidden place to lie in all of the disks, one
// place of which is given.
func (k *Verifier) checkNothingForbidden(t *constraint.Constraint, disks []verdict.ProofDisk, within geo.Place) error {
	if slices.ContainsFunc(t.DenyCaps, func(z constraint.Zone) bool {
		return !slices.ContainsFunc(disks, func(d verdict.ProofDisk) bool { return !meetsZone(&d, z) })
	}) {
		return errors.New("a place that is denied is within reach")
	}
	if !t.DeniesAnything() && slices.ContainsFunc(t.AllowCaps, func(z constraint.Zone) bool {
		return z.Exact && slices.ContainsFunc(disks, func(d verdict.ProofDisk) bool { return geo.AtMostKM(proofAt(&d), z.At)+d.RadiusKM <= z.RadiusKM })
	}) {
		return nil
	}
	for area := range k.ground.Every.Less(t.SurelyAllow).Numbers {
		if !slices.ContainsFunc(disks, func(d verdict.ProofDisk) bool { return !k.meets(&d, area) }) && k.meetsAll(disks, area, within) {
			return fmt.Errorf("%s is within reach and may not be allowed", k.ground.Areas[area].Name)
		}
	}
	return nil
}

// checkTogether needs what the disks have in common to cross no border of what
// is forbidden, and a place of it to lie outside of all that is.
func (k *Verifier) checkTogether(t *constraint.Constraint, p *verdict.Proof) error {
	if p.Within == nil {
		return errors.New("no place within the disks is given")
	}
	at := geo.Point(p.Within.Lat, p.Within.Lon)
	for i := range p.Disks {
		if d := &p.Disks[i]; convex(d) && geo.AtLeastKM(proofAt(d), at) > d.RadiusKM+2*geo.ToleranceKM {
			return fmt.Errorf("the place given is not within disk %d", i+1)
		}
	}
	if err := k.checkNothingForbidden(t, p.Disks, at); err != nil {
		return err
	}
	if len(p.Disks) == 1 {
		return nil
	}
	for i := range p.Disks {
		if fewer := slices.Delete(slices.Clone(p.Disks), i, i+1); k.checkNothingForbidden(t, fewer, at) == nil {
			return fmt.Errorf("disk %d is not needed", i+1)
		}
	}
	return nil
}

func proofAt(d *verdict.ProofDisk) geo.Place { return geo.Point(d.Lat, d.Lon) }

func meetsZone(d *verdict.ProofDisk, z constraint.Zone) bool {
	return geo.AtLeastKM(proofAt(d), z.At)-z.RadiusKM <= d.RadiusKM
}

// meets reports whether some place of the area can lie in the disk.
func (k *Verifier) meets(d *verdict.ProofDisk, area int) bool {
	from := verdict.Position{Lat: d.Lat, Lon: d.Lon}
	if k.LeastKM[from] == nil {
		k.LeastKM[from] = make([]float64, len(k.ground.Areas))
		for i, a := range k.ground.Areas {
			k.LeastKM[from][i] = scan(a, proofAt(d))
		}
	}
	return k.LeastKM[from][area] <= d.RadiusKM
}

// scan returns how far an area is from a place at the least, by all its borders.
func scan(a *geo.Area, from geo.Place) float64 {
	if a.Contains(from) {
		return 0
	}
	least := math.Inf(1)
	for p, q := range a.Borders {
		least = scanEdge(from, p, q, least)
	}
	return max(0, least-geo.BorderKM-geo.ToleranceKM)
}

func scanEdge(from, p, q geo.Place, least float64) float64 {
	mid, half := geo.Halve(p, q)
	far := geo.AtLeastKM(from, mid)
	least = min(least, far)
	if half > geo.ToleranceKM && far-half < least-geo.ToleranceKM {
		least = scanEdge(from, mid, q, scanEdge(from, p, mid, least))
	}
	return least
}

// meetsAll reports whether an area that each disk reaches can have a place in
// all of them: the place that is given, or a piece of its border.
func (k *Verifier) meetsAll(disks []verdict.ProofDisk, area int, within geo.Place) bool {
	if len(disks) == 1 || k.ground.Areas[area].Contains(within) {
		return true
	}
	for p, q := range k.ground.Areas[area].Borders {
		if edgeMeets(disks, p, q) {
			return true
		}
	}
	return false
}

// convex reports whether the disk can be used together with others.
func convex(d *verdict.ProofDisk) bool { return d.RadiusKM+geo.BorderKM < geo.ConvexKM }

func edgeMeets(disks []verdict.ProofDisk, p, q geo.Place) bool {
	mid, half := geo.Halve(p, q)
	for i := range disks {
		if convex(&disks[i]) && geo.AtLeastKM(proofAt(&disks[i]), mid)-half > disks[i].RadiusKM+geo.BorderKM {
			return false
		}
	}
	return half <= geo.ToleranceKM || edgeMeets(disks, p, mid) || edgeMeets(disks, mid, q)
}
