package verdict

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
)

// calibratedError is the share of hosts that a calibrated bound may leave out,
// chosen before anything is measured.
const calibratedError = 0.01

// calibration is what hosts of known place show of how fast replies travel. A
// reply never uses the whole of the speed of light: cables bend and routers
// wait. How much of it replies use is learned, as a bound with a guarantee.
//
// The score of a host is the largest share of the speed of light in fibre that
// its replies to the vantages would need, if each came straight from its place.
// A host of unknown place that is as likely as each landmark to be anyone's
// (they are exchangeable) has its score among theirs in any position with the
// same chance. So with n landmarks, it is at most the k-th smallest of their
// scores, k = ⌈(n+1)(1−α)⌉, with a chance of 1−α at least, for any n and any
// distribution: split conformal prediction (Vovk, Gammerman, Shafer:
// Algorithmic Learning in a Random World, 2005, proposition 2.4; Papadopoulos
// et al., ECML 2002). The score is laid down here and not fitted, so that no
// landmark is spent on fitting one. It is one score for all vantages at once:
// all disks hold the host together with that chance, however many there are.
//
// Who adds delay only enlarges what the bound allows. But a vendor's host may
// be connected better than any landmark, which no error rate covers: that is
// why it never refutes and never proves.
type calibration struct {
	landmarks []landmark
	share     map[*vantage][]float64 // by landmark: what its replies need; NaN if there was none
}

// calibrate measures the landmarks, when it is first asked for.
func (c *locator) calibrate() *calibration {
	if c.calibration == nil {
		k := &calibration{landmarks: c.landmarksOfAll(), share: map[*vantage][]float64{}}
		for i, l := range k.landmarks {
			for _, d := range c.anyDisks(l.addr) {
				if k.share[d.from] == nil {
					k.share[d.from] = k.unmeasured(d.from)
				}
				k.share[d.from][i] = l.needs(d)
			}
		}
		c.calibration = k
	}
	return c.calibration
}

// unmeasured returns the shares of landmarks that a vantage has not measured:
// none is known but of those at its own place, whose replies need no speed.
func (k *calibration) unmeasured(v *vantage) []float64 {
	out := make([]float64, len(k.landmarks))
	for i, l := range k.landmarks {
		if v.at == nil || geo.AtMostKM(v.at.Place, l.at)+l.radiusKM > v.at.radiusKM {
			out[i] = math.NaN()
		}
	}
	return out
}

// needs returns the share of the speed of light that a reply would need which
// came from the landmark. Places err towards more.
func (l landmark) needs(d disk) float64 {
	far := geo.AtMostKM(d.at.Place, l.at) + l.radiusKM - d.at.radiusKM
	return max(0, far) / geo.ReachKM(d.totalMS(), geo.FibreKMPerMS)
}

// learned is a bound on the share of the speed of light that the replies of one
// host use.
type learned struct {
	share  float64   // at most this
	scores []float64 // of the landmarks, the smallest first
}

// learn returns the bound for the host at an address that answered these
// vantages, from the landmarks that answered all of them. ok is false where
// they are too few for the error rate, or say no more than light does.
func (k *calibration) learn(addr netip.Addr, disks []disk, rate float64) (b learned, ok bool) {
	for i, l := range k.landmarks {
		if l.addr == addr || l.radiusKM >= geo.HalfwayKM {
			continue
		}
		score := 0.0
		for _, d := range disks {
			shares := k.share[d.from]
			if shares == nil {
				return b, false
			}
			score = max(score, shares[i]) // NaN where there was no reply
		}
		if !math.IsNaN(score) {
			b.scores = append(b.scores, score)
		}
	}
	slices.Sort(b.scores)
	rank := int(math.Ceil(float64(len(b.scores)+1) * (1 - rate)))
	if rank > len(b.scores) {
		return b, false
	}
	b.share = b.scores[rank-1]
	return b, b.share < 1
}

// learnedDisk shrinks a disk to what was learned.
func (c *locator) learnedDisk(d disk, b learned) disk {
	d.reachKM = geo.ReachKM(d.totalMS(), geo.FibreKMPerMS)*b.share + d.at.radiusKM
	d.touched = c.ground.touched(d.reach)
	return d
}

// nearby is where an address can be by what was learned.
type nearby struct {
	learned
	*location
	ranked Reason
}

// near returns where an address can be by what was learned; nil where nothing
// was, where the disks do not meet (the host is one of the few that the bound
// leaves out), and where many hosts may share the address.
func (c *locator) near(s service, l *location) *nearby {
	if n, done := c.nearby[s]; done {
		return n
	}
	c.nearby[s] = nil
	if len(c.landmarks) == 0 || len(l.disks) == 0 || l.many || l.manyHint != nil {
		return nil
	}
	b, ok := c.calibrate().learn(s.addr, l.disks, calibratedError)
	if !ok {
		return nil
	}
	disks := make([]disk, len(l.disks))
	for i, d := range l.disks {
		disks[i] = c.learnedDisk(d, b)
	}
	if n := (&nearby{learned: b, location: c.fromDisks(disks), ranked: c.ranked(l, b)}); !n.many {
		c.nearby[s] = n
	}
	return c.nearby[s]
}

// calibrated is what the calibrated bound says of a claim at an address. It is
// inconclusive where it says nothing.
func (c *locator) calibrated(t *terms, l *location, s service) finding {
	n := c.near(s, l)
	f, then := finding{basis: BasisCalibrated, assumes: []string{AssumesOneHost}}, ""
	switch {
	case n == nil:
		return finding{result: Inconclusive, basis: BasisNone}
	case t.outOfReach(n.possible) && !slices.ContainsFunc(t.allowCaps, n.within):
		f.result, then = Disputed, "no place that the claim allows is then within reach"
	case n.possible.within(t.surelyAllow) && !slices.ContainsFunc(t.denyCaps, n.within):
		f.result, then = Consistent, "every place within reach is then one that the claim allows"
	default:
		return finding{result: Inconclusive, basis: BasisNone}
	}
	f.because = []Reason{{Evidence: n.boundingIDs(), Text: n.words(len(n.disks)) + "; " + then}, n.ranked}
	f.limits = []string{
		fmt.Sprintf("rests on a bound that leaves out up to %.3g of 100 hosts like those it was learned from, and says nothing of hosts that are connected better than these", 100*calibratedError),
		limitOneHost,
	}
	return f
}

// words is the bound as a sentence.
func (b learned) words(vantages int) string {
	return fmt.Sprintf("with an error rate of %.3g %%, learned from %d hosts of known place that all %d vantages measured, replies use at most %.1f %% of the speed of light in fibre",
		100*calibratedError, len(b.scores), vantages, math.Ceil(1000*b.share)/10)
}

// ranked returns the countries that are possible by physics, the most plausible
// first: those for which the replies need the smallest share of the speed of
// light, with how many of the landmarks needed as much.
func (c *locator) ranked(l *location, b learned) Reason {
	needs := map[string]float64{}
	for i, a := range c.ground.areas {
		if !l.possible.has(i) {
			continue
		}
		need := 0.0
		for _, d := range l.disks {
			need = max(need, d.speedFor(c.ground.near(d.at, i).km))
		}
		for _, code := range a.Codes {
			if known, seen := needs[code]; !seen || need < known {
				needs[code] = need
			}
		}
	}
	codes := make([]string, 0, len(needs))
	for code := range needs {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(x, y string) int { return cmp.Or(cmp.Compare(needs[x], needs[y]), cmp.Compare(x, y)) })
	var words []string
	for _, code := range codes[:min(len(codes), maxCountries)] {
		at, _ := slices.BinarySearch(b.scores, needs[code])
		words = append(words, fmt.Sprintf("%s (%.3g %%)", code, 100*float64(len(b.scores)-at)/float64(len(b.scores))))
	}
	return Reason{
		Evidence: l.boundingIDs(),
		Text:     "of the countries within reach, the most plausible first, with the share of hosts of known place whose replies were as fast as one from there would be at the least: " + strings.Join(words, ", "),
	}
}

// calibratedBy lets a calibrated finding settle what nothing else does.
func (f finding) calibratedBy(calibrated finding) finding {
	if calibrated.result == Inconclusive {
		return f
	}
	if f.result == Inconclusive {
		f.result, f.basis, f.assumes = calibrated.result, calibrated.basis, calibrated.assumes
		f.limits = append(f.limits, calibrated.limits...)
	}
	f.because = append(f.because, calibrated.because...)
	return f
}
