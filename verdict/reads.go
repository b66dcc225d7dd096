package verdict

import (
	"fmt"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// timedReads are the timed reads of a run, by target.
type timedReads struct {
	reads  map[string][]read
	unused map[string][]Reason
}

// read is a timed read that says something: the bytes came from within its
// disk, whose rttMS is the time of the read.
type read struct {
	disk
	addr   netip.Addr // of the front door
	doorMS float64    // round trip to the front door; 0 if it was not timed
}

// addRetrieval files a timed read, or why it is not used.
func (c *caseFile) addRetrieval(x *evidence.Retrieval) {
	if c.timed.reads == nil {
		c.timed = timedReads{
			reads: map[string][]read{}, unused: map[string][]Reason{},
		}
	}
	target := storeKey(x.Target)
	ms, why := timeOf(x)
	if why != "" {
		c.timed.unused[target] = append(c.timed.unused[target], Reason{Evidence: []string{x.ID}, Text: "not used: " + why})
		return
	}
	d, ok := c.disk(c.byID[x.Vantage], ms, x.ID, c.timeOf(&x.Meta), authenticated)
	if !ok {
		if d.from != nil && d.at != nil {
			c.inconsistentReads[target] = append(c.inconsistentReads[target], d)
		}
		return
	}
	c.stores[target] = append(c.stores[target], d)
	c.timed.reads[target] = append(c.timed.reads[target], read{disk: d, addr: x.Addr.Unmap(), doorMS: x.RTTMinMS})
}

// timeOf returns the time that a timed read stands for: the second smallest of
// the warm ones. Where the samples and what is said of them differ, it is the
// longer: a read may be over-stated, never under-stated.
func timeOf(x *evidence.Retrieval) (ms float64, why string) {
	ms = x.TTFBMinMS
	if n := len(x.SamplesMS); n > 0 {
		warm, ok := evidence.SecondSmallestWarm(x.SamplesMS)
		if !ok {
			return 0, fmt.Sprintf("of %d samples, no second smallest warm one can be taken", n)
		}
		ms = max(warm, ms)
	} else if x.Challenges < evidence.LeastReads {
		return 0, fmt.Sprintf("%d reads are too few for a second smallest warm one", x.Challenges)
	}
	if !(ms > 0) {
		return 0, fmt.Sprintf("it is said to have taken %v ms, which is a fault of whoever timed it", ms)
	}
	return ms, ""
}

// storeKey is how evidence names a store: a bucket in one way, whether it was
// written with a slash at its end or not.
func storeKey(target string) string {
	if bucket, ok := (providers.Endpoint{Host: target}).Bucket(); ok {
		return bucket.String()
	}
	return target
}
