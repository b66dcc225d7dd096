package judge

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/door"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// saidByOne returns the file whose evidence alone has that clients are sent to an
// endpoint, while others asked the same and were not; empty where that is not so.
func (c *claimCase) saidByOne(d evidence.Derived, all []evidence.Derived) string {
	by := c.SupplierOf(d.By).Name
	for _, other := range all {
		if other.Host == d.Host && other.Port == d.Port && c.SupplierOf(other.By).Name != by {
			return ""
		}
	}
	if len(c.SentOn[index.AskedFor{Host: index.HostKey(d.From), Record: d.Status == 0}]) < 2 {
		return ""
	}
	return by
}

// maxDerived is how many endpoints are judged that one sends its clients to.
const maxDerived = 8

// judgeDerived judges the front ends that clients of an endpoint are sent to and
// that no sheet has: by an HTTPS record, or by a redirect.
func (c *claimCase) judgeDerived(t *constraint.Constraint, e *providers.Endpoint) []verdict.Verdict {
	if c.claim.About != providers.AboutLocation || e.Bootstrap || len(c.claim.Allow)+len(c.claim.Deny) == 0 {
		return nil
	}
	host := index.HostKey(e.Host)
	if len(c.Redirects[host]) == 0 {
		return nil // a sheet can have thousands of endpoints
	}
	seen := map[string]bool{index.NameAt(host, index.PortOr(e.Port)): true}
	for _, own := range c.sheet.Endpoints {
		seen[index.NameAt(own.Host, index.PortOr(own.Port))] = true
	}
	var out []verdict.Verdict
	derived := evidence.Derive(host, index.PortOr(e.Port), c.Redirects[host])
	for _, d := range derived {
		key := index.NameAt(d.Host, d.Port)
		if seen[key] || len(out) >= maxDerived {
			continue
		}
		seen[key] = true
		out = append(out, c.judgeDerivedAt(t, e, d, c.saidByOne(d, derived))...)
	}
	return out
}

func (c *claimCase) judgeDerivedAt(t *constraint.Constraint, e *providers.Endpoint, d evidence.Derived, oneSupplier string) []verdict.Verdict {
	to := *e
	to.Host, to.Port = d.Host, d.Port
	blank := verdict.Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: d.Host, Port: d.Port, DerivedFrom: e.Host}
	why := sentence.Reason([]string{d.By}, verdict.CodeClientsSentOn, verdict.Args{"endpoint": e.Host, "sent_to": index.NameAt(d.Host, d.Port)})
	var out []verdict.Verdict
	for _, resolved := range c.Resolve(c.claim, &to, index.HostKey(e.Host), index.HostKey(to.Host)) {
		f := door.Judge(c.Stores.Locator, t, index.ServiceAt(&to, resolved.Addr), resolved)
		f.Because = append([]verdict.Reason{why}, f.Because...)
		if !d.ResendsBody() {
			f.Hold(verdict.CodeRedirect, nil)
		}
		if oneSupplier != "" {
			f.HoldFor(verdict.CodeAddressByOneSupplier, sentence.Limit(verdict.CodeRedirectByOneSupplier, verdict.Args{"supplier": oneSupplier}), []string{d.By})
		}
		out = append(out, c.finishDoor(at(blank, resolved), t, &to, resolved, f))
	}
	if out == nil {
		out = append(out, finding.Verdict(blank, verdict.FrontDoor, finding.Finding{
			Result: verdict.NotTested, Basis: verdict.BasisNone, Because: []verdict.Reason{why}, Limits: []verdict.Limit{c.WhyNoAddress(c.claim, &to)},
		}))
	}
	return out
}
