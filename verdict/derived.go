package verdict

import (
	"fmt"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// saidByOne returns the file whose evidence alone has that clients are sent to an
// endpoint, while others asked the same and were not; empty where that is not so.
func (c *claimCase) saidByOne(d evidence.Derived, all []evidence.Derived) string {
	by := c.supplierOf(d.By).name
	for _, other := range all {
		if other.Host == d.Host && other.Port == d.Port && c.supplierOf(other.By).name != by {
			return ""
		}
	}
	if len(c.sentOn[askedFor{hostKey(d.From), d.Status == 0}]) < 2 {
		return ""
	}
	return by
}

// maxDerived is how many endpoints are judged that one sends its clients to.
const maxDerived = 8

// judgeDerived judges the front ends that clients of an endpoint are sent to and
// that no sheet has: by an HTTPS record, or by a redirect.
func (c *claimCase) judgeDerived(t *terms, e *providers.Endpoint) []Verdict {
	if c.claim.About != providers.AboutLocation || e.Bootstrap || len(c.claim.Allow)+len(c.claim.Deny) == 0 {
		return nil
	}
	host := hostKey(e.Host)
	if len(c.redirects[host]) == 0 {
		return nil // a sheet can have thousands of endpoints
	}
	seen := map[string]bool{nameAt(host, portOr(e.Port)): true}
	for _, own := range c.sheet.Endpoints {
		seen[nameAt(own.Host, portOr(own.Port))] = true
	}
	var out []Verdict
	derived := evidence.Derive(host, portOr(e.Port), c.redirects[host])
	for _, d := range derived {
		key := nameAt(d.Host, d.Port)
		if seen[key] || len(out) >= maxDerived {
			continue
		}
		seen[key] = true
		out = append(out, c.judgeDerivedAt(t, e, d, c.saidByOne(d, derived))...)
	}
	return out
}

func (c *claimCase) judgeDerivedAt(t *terms, e *providers.Endpoint, d evidence.Derived, oneSupplier string) []Verdict {
	to := *e
	to.Host, to.Port = d.Host, d.Port
	blank := Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: d.Host, Port: d.Port, DerivedFrom: e.Host}
	why := Reason{Evidence: []string{d.By}, Text: fmt.Sprintf("clients of %s are sent to %s", e.Host, nameAt(d.Host, d.Port))}
	var out []Verdict
	for _, resolved := range c.resolve(c.claim, &to, hostKey(e.Host), hostKey(to.Host)) {
		f := c.doorFinding(t, serviceAt(&to, resolved.addr), resolved)
		f.because = append([]Reason{why}, f.because...)
		if !d.ResendsBody() {
			f.hold(CodeRedirect, "a redirect of one request, to another domain or with another method, does not show that data is sent there")
		}
		if oneSupplier != "" {
			f.holdFor(CodeAddressByOneSupplier, fmt.Sprintf("held back: the evidence of one supplier alone (%s) has that clients are sent there; others asked and were not", oneSupplier), []string{d.By})
		}
		out = append(out, c.finishDoor(blank.at(resolved), t, &to, resolved, f))
	}
	if out == nil {
		out = append(out, blank.with(FrontDoor, finding{
			result: NotTested, basis: BasisNone, because: []Reason{why}, limits: []string{c.whyNoAddress(c.claim, &to)},
		}))
	}
	return out
}
