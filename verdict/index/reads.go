package index

import (
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// timedReads are the timed reads of a run, by target.
type timedReads struct {
	Reads  map[string][]Read
	Unused map[string][]verdict.Reason
}

// Read is a timed read that says something: the bytes came from within its
// disk, whose rttMS is the time of the read.
type Read struct {
	Disk
	Addr   netip.Addr // of the front door
	DoorMS float64    // round trip to the front door; 0 if it was not timed
}

// addRetrieval files a timed read, or why it is not used.
func (c *Index) addRetrieval(x *evidence.Retrieval) {
	if c.Timed.Reads == nil {
		c.Timed = timedReads{
			Reads: map[string][]Read{}, Unused: map[string][]verdict.Reason{},
		}
	}
	target := StoreKey(x.Target)
	ms, why := TimeOf(x)
	if why.Code != "" {
		c.Timed.Unused[target] = append(c.Timed.Unused[target], sentence.Reason([]string{x.ID}, why.Code, why.Args))
		return
	}
	d, ok := c.Disk(c.ByID[x.Vantage], ms, x.ID, c.TimeOf(&x.Meta), Authenticated)
	if !ok {
		if d.From != nil && d.At != nil {
			c.InconsistentReads[target] = append(c.InconsistentReads[target], d)
		}
		return
	}
	c.Stores[target] = append(c.Stores[target], d)
	c.Timed.Reads[target] = append(c.Timed.Reads[target], Read{Disk: d, Addr: x.Addr.Unmap(), DoorMS: x.RTTMinMS})
}

// TimeOf returns the time that a timed read stands for: the second smallest of
// the warm ones. Where the samples and what is said of them differ, it is the
// longer: a read may be over-stated, never under-stated. Why is the reason where it
// stands for none.
func TimeOf(x *evidence.Retrieval) (ms float64, why verdict.Coded) {
	ms = x.TTFBMinMS
	if n := len(x.SamplesMS); n > 0 {
		warm, ok := evidence.SecondSmallestWarm(x.SamplesMS)
		if !ok {
			return 0, verdict.Coded{Code: verdict.CodeReadNoWarmSample, Args: verdict.Args{"samples": n}}
		}
		ms = max(warm, ms)
	} else if x.Challenges < evidence.LeastReads {
		return 0, verdict.Coded{Code: verdict.CodeReadTooFew, Args: verdict.Args{"reads": x.Challenges}}
	}
	if !(ms > 0) {
		return 0, verdict.Coded{Code: verdict.CodeReadNoTime, Args: verdict.Args{"rtt_ms": ms}}
	}
	return ms, verdict.Coded{}
}

// StoreKey is how evidence names a store: a bucket in one way, whether it was
// written with a slash at its end or not.
func StoreKey(target string) string {
	if bucket, ok := (providers.Endpoint{Host: target}).Bucket(); ok {
		return bucket.String()
	}
	return target
}
