// Package verify checks the proofs of published verdicts.
//
// It is for readers who do not trust the judge, and shares no code with it: it
// reads landfall.verdicts/v1 with structures of its own, finds each cited line in
// the evidence, draws its disk again, and holds it against every border. It has its
// own reading of what a claim allows and denies, and of who may carry a result.
//
// What it cannot work out by simple means, such as which vantages the judge
// believes, it lists in [Finding.Taken]. It believes no summary of the document:
// not its vantages, its reasons or its lines that are set aside.
package verify

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// DefaultWindow is how far apart the replies of one proof may be.
const DefaultWindow = 72 * time.Hour

// Options are how proofs are checked. The zero value checks what was judged
// without options.
type Options struct {
	Window time.Duration // as the document was judged with; 0: [DefaultWindow]
}

// Finding is what was found of one verdict that rests on physics and is refuted
// or proven.
type Finding struct {
	Vendor, Claim, Endpoint, Addr string
	Port                          uint16
	Subject                       string // front-door (the host that answers) or store
	Result                        string // refuted or proven
	Failed                        *Failure
	// Taken is what is taken from the judge, a clause each.
	Taken []string
}

// String names the verdict.
func (f Finding) String() string {
	at := f.Endpoint
	if f.Addr != "" && f.Addr != f.Endpoint {
		at += " at " + f.Addr
	}
	return fmt.Sprintf("%s/%s: %s: %s (%s)", f.Vendor, f.Claim, at, f.Result, f.Subject)
}

// Failure is the first step of a proof that does not hold.
type Failure struct {
	What     string // the step: disk, reply, time, claim, …
	Where    string // in the document: "disk 1"; empty: the verdict
	Expected string
	Found    string
}

func (f *Failure) Error() string {
	where := f.What
	if f.Where != "" {
		where = f.Where + ": " + f.What
	}
	return fmt.Sprintf("%s: expected %s; found %s", where, f.Expected, f.Found)
}

// fail returns a failure; expected is a format.
func fail(what, found, expected string, args ...any) *Failure {
	return &Failure{What: what, Found: found, Expected: fmt.Sprintf(expected, args...)}
}

// Checker checks documents that were judged from one bundle. It must not be used
// by several goroutines at once.
type Checker struct {
	window      time.Duration
	sheets      []*providers.Sheet
	lines       *lines
	land        *landIndex
	constraints map[constraintKey]*constraint
}

// New returns a checker. The bundle and the sheets must not change afterwards.
func New(bundle *evidence.Bundle, sheets []*providers.Sheet, o Options) *Checker {
	return &Checker{
		window: cmp.Or(o.Window, DefaultWindow), sheets: sheets, lines: readLines(bundle),
		land: newLandIndex(), constraints: map[constraintKey]*constraint{},
	}
}

// Document checks a landfall.verdicts/v1 document against the evidence and the
// claims that it was judged from.
func Document(doc io.Reader, bundle *evidence.Bundle, sheets []*providers.Sheet) ([]Finding, error) {
	return New(bundle, sheets, Options{}).Document(doc)
}

// Document returns a finding for each verdict that rests on physics and is refuted
// or proven. It reads plain JSON: who has a compressed document decompresses it. The
// error is of a document that cannot be read.
func (c *Checker) Document(doc io.Reader) ([]Finding, error) {
	var out []Finding
	err := eachVerdict(doc, func(v *verdict) {
		if v.Basis == basisPhysics && (v.Result == refuted || v.Result == proven) {
			out = append(out, c.check(v))
		}
	})
	return out, err
}

// check checks one verdict.
func (c *Checker) check(v *verdict) Finding {
	f := Finding{Vendor: v.Vendor, Claim: v.Claim, Endpoint: v.Endpoint, Addr: v.Addr, Port: v.Port, Subject: v.Subject, Result: v.Result}
	p := &argument{Checker: c, v: v}
	for _, step := range []func(*argument) *Failure{
		(*argument).readStructure, (*argument).readClaim, (*argument).readEndpoint,
		(*argument).readDisks, (*argument).readTimes, (*argument).readConstraint,
		(*argument).readConclusion, (*argument).readSupport, (*argument).readFigures,
	} {
		if f.Failed = step(p); f.Failed != nil {
			return f
		}
	}
	f.Taken = p.taken
	return f
}

// argument is a verdict while its proof is checked, step by step.
type argument struct {
	*Checker
	v          *verdict
	sheet      *providers.Sheet
	claim      *providers.Claim
	endpoint   *providers.Endpoint // of the sheet
	disks      []disk
	constraint *constraint
	taken      []string
}

// take notes what is taken from the judge.
func (p *argument) take(what string) { p.taken = append(p.taken, what) }

// assumes reports whether the verdict says that it takes something for granted.
func (p *argument) assumes(what string) bool { return slices.Contains(p.v.Assumes, what) }

// readStructure needs a proof with disks, of a subject that physics can speak of.
func (p *argument) readStructure() *Failure {
	v := p.v
	switch {
	case v.Subject != frontEnd && v.Subject != store:
		return fail("subject", quoted(v.Subject), "a front end or a store: of nothing else physics proves anything")
	case v.Proof == nil || len(v.Proof.Disks) == 0:
		return fail("proof", "none", "a proof of what is %s by physics", v.Result)
	case len(v.Proof.Disks) > maxDisks:
		return fail("proof", fmt.Sprintf("%d disks", len(v.Proof.Disks)), "at most %d", maxDisks)
	case v.Result == refuted && v.Proof.Together:
		return fail("refutation", "one that takes them together", "disks of which each refutes by itself")
	case v.Subject == frontEnd && v.Proof.Regions != "":
		return fail("regions", v.Proof.Regions, "none: only a store is taken to be in a region of its provider")
	case v.Proof.Regions != "" && !p.assumes(assumesRegions):
		return fail("assumptions", quoted(v.Assumes...), "%q among them", assumesRegions)
	case v.Result == proven && (v.Subject == frontEnd || v.Proof.Together) && !p.assumes(assumesOneHost):
		return fail("assumptions", quoted(v.Assumes...), "%q among them", assumesOneHost)
	}
	return nil
}

// quoted returns texts in quotes, cut where they are long.
func quoted(texts ...string) string {
	if len(texts) == 0 {
		return "none"
	}
	var out []string
	for _, text := range texts[:min(len(texts), 5)] {
		out = append(out, fmt.Sprintf("%.80q", text))
	}
	return strings.Join(out, ", ")
}

// nameKey returns a host name as it is compared.
func nameKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// httpsPort is the port of what names none.
const httpsPort = 443

// servicePort names a port of a host, by name or address.
func servicePort(host string, port uint16) string {
	return fmt.Sprintf("%s:%d", nameKey(host), cmp.Or(port, httpsPort))
}

// literal returns the address that an endpoint is, where it is one.
func literal(host string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(host)
	return addr.Unmap(), err == nil
}
