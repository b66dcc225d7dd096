package locate

import (
	"cmp"
	"math"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// CalibratedError is the share of hosts that a calibrated bound may leave out,
// chosen before anything is measured.
const CalibratedError = 0.01

// Calibration is what hosts of known place show of how fast replies travel. A
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
type Calibration struct {
	landmarks []index.Landmark
	share     map[*index.Vantage][]float64 // by landmark: what its replies need; NaN if there was none
}

// Calibrate measures the landmarks, when it is first asked for.
func (c *Locator) Calibrate() *Calibration {
	if c.calibration == nil {
		k := &Calibration{landmarks: c.LandmarksOfAll(), share: map[*index.Vantage][]float64{}}
		for i, l := range k.landmarks {
			for _, d := range c.AnyDisks(l.Addr) {
				if k.share[d.From] == nil {
					k.share[d.From] = k.unmeasured(d.From)
				}
				k.share[d.From][i] = Needs(l, d)
			}
		}
		c.calibration = k
	}
	return c.calibration
}

// unmeasured returns the shares of landmarks that a vantage has not measured:
// none is known but of those at its own place, whose replies need no speed.
func (k *Calibration) unmeasured(v *index.Vantage) []float64 {
	out := make([]float64, len(k.landmarks))
	for i, l := range k.landmarks {
		if v.Origin == nil || geo.AtMostKM(v.Origin.Place, l.At)+l.RadiusKM > v.Origin.RadiusKM {
			out[i] = math.NaN()
		}
	}
	return out
}

// Needs returns the share of the speed of light that a reply would need which
// came from the landmark. Places err towards more.
func Needs(l index.Landmark, d index.Disk) float64 {
	far := geo.AtMostKM(d.At.Place, l.At) + l.RadiusKM - d.At.RadiusKM
	return max(0, far) / geo.ReachKM(d.TotalMS(), geo.FibreKMPerMS)
}

// Learned is a bound on the share of the speed of light that the replies of one
// host use.
type Learned struct {
	Share  float64   // at most this
	scores []float64 // of the landmarks, the smallest first
}

// Learn returns the bound for the host at an address that answered these
// vantages, from the landmarks that answered all of them. ok is false where
// they are too few for the error rate, or say no more than light does.
func (k *Calibration) Learn(addr netip.Addr, disks []index.Disk, rate float64) (b Learned, ok bool) {
	for i, l := range k.landmarks {
		if l.Addr == addr || l.RadiusKM >= geo.HalfwayKM {
			continue
		}
		score := 0.0
		for _, d := range disks {
			shares := k.share[d.From]
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
	b.Share = b.scores[rank-1]
	return b, b.Share < 1
}

// LearnedDisk shrinks a disk to what was learned.
func (c *Locator) LearnedDisk(d index.Disk, b Learned) index.Disk {
	d.ReachKM = geo.ReachKM(d.TotalMS(), geo.FibreKMPerMS)*b.Share + d.At.RadiusKM
	d.Touched = c.Ground.Touched(d.Reach)
	return d
}

// nearby is where an address can be by what was learned.
type nearby struct {
	Learned
	*Location
	ranked verdict.Reason
}

// near returns where an address can be by what was learned; nil where nothing
// was, where the disks do not meet (the host is one of the few that the bound
// leaves out), and where many hosts may share the address.
func (c *Locator) near(s index.Service, l *Location) *nearby {
	if n, done := c.nearby[s]; done {
		return n
	}
	c.nearby[s] = nil
	if len(c.Landmarks) == 0 || len(l.Disks) == 0 || l.Many || l.ManyHint != nil {
		return nil
	}
	b, ok := c.Calibrate().Learn(s.Addr, l.Disks, CalibratedError)
	if !ok {
		return nil
	}
	disks := make([]index.Disk, len(l.Disks))
	for i, d := range l.Disks {
		disks[i] = c.LearnedDisk(d, b)
	}
	if n := (&nearby{Learned: b, Location: c.FromDisks(disks), ranked: c.ranked(l, b)}); !n.Many {
		c.nearby[s] = n
	}
	return c.nearby[s]
}

// Calibrated is what the calibrated bound says of a claim at an address. It is
// inconclusive where it says nothing.
func (c *Locator) Calibrated(t *constraint.Constraint, l *Location, s index.Service) finding.Finding {
	n := c.near(s, l)
	f, code := finding.Finding{Basis: verdict.BasisCalibrated, Assumes: []string{verdict.AssumesOneHost}}, ""
	switch {
	case n == nil:
		return finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	case t.OutOfReach(n.possible) && !slices.ContainsFunc(t.AllowCaps, n.Within):
		f.Result, code = verdict.Disputed, verdict.CodeCalibratedOutside
	case n.possible.Within(t.SurelyAllow) && !slices.ContainsFunc(t.DenyCaps, n.Within):
		f.Result, code = verdict.Consistent, verdict.CodeCalibratedInside
	default:
		return finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	}
	f.Because = []verdict.Reason{sentence.Reason(n.boundingIDs(), code, n.args(len(n.Disks))), n.ranked}
	f.Limits = []verdict.Limit{
		sentence.Limit(verdict.CodeCalibratedError, verdict.Args{"error_percent": 100 * CalibratedError}), limitOneHost,
	}
	return f
}

// args are the arguments of a sentence about the bound.
func (b Learned) args(vantages int) verdict.Args {
	return verdict.Args{
		"error_percent": 100 * CalibratedError, "landmarks": len(b.scores), "vantages": vantages, "light_percent": math.Ceil(1000*b.Share) / 10,
	}
}

// ranked returns the countries that are possible by physics, the most plausible
// first: those for which the replies need the smallest share of the speed of
// light, with how many of the landmarks needed as much.
func (c *Locator) ranked(l *Location, b Learned) verdict.Reason {
	needs := map[string]float64{}
	for i, a := range c.Ground.Areas {
		if !l.possible.Has(i) {
			continue
		}
		need := 0.0
		for _, d := range l.Disks {
			need = max(need, speedFor(&d, c.Ground.Near(d.At, i).KM))
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
	shares := []verdict.Args{}
	for _, code := range codes[:min(len(codes), maxCountries)] {
		at, _ := slices.BinarySearch(b.scores, needs[code])
		shares = append(shares, verdict.Args{"country": code, "share_percent": 100 * float64(len(b.scores)-at) / float64(len(b.scores))})
	}
	return sentence.Reason(l.boundingIDs(), verdict.CodePlausibleCountries, verdict.Args{"countries": shares})
}

// CalibratedBy lets a calibrated finding settle what nothing else does.
func CalibratedBy(f finding.Finding, calibrated finding.Finding) finding.Finding {
	if calibrated.Result == verdict.Inconclusive {
		return f
	}
	if f.Result == verdict.Inconclusive {
		f.Result, f.Basis, f.Assumes = calibrated.Result, calibrated.Basis, calibrated.Assumes
		f.Limits = append(f.Limits, calibrated.Limits...)
	}
	f.Because = append(f.Because, calibrated.Because...)
	return f
}
