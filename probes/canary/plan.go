package canary

import (
	"fmt"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/providers/store"
)

// The sizes of a run.
const (
	// DefaultSize is above what stores are known to keep beside an object's
	// metadata, where a front door may have it at hand: MinIO keeps up to 128
	// KiB there.
	DefaultSize = 256 << 10
	// LeastSize leaves room for a range that is not at the beginning, and
	// MostSize keeps an object in one request.
	LeastSize, MostSize = 8 << 10, 4 << 20
	// DefaultCount makes it likely that one read in the middle of the others
	// met no queue.
	DefaultCount = 16
	// MostCount bounds what is written through one address.
	MostCount = 1000
	// DefaultAddresses of a front door are read through, and at most
	// MostAddresses.
	DefaultAddresses, MostAddresses = 4, 32
	// DefaultWait is longer than writes are usually held back to be put
	// together.
	DefaultWait = 30 * time.Second

	// readBytes is how much is read of an object. It fits in one packet with
	// the header in front of it, so that one queue or loss is met and not several.
	readBytes = 512
	// answerBytes is what an answer has with its header, about.
	answerBytes = 2 << 10
	// decisiveBytes stop the clock: so many random bytes cannot be guessed.
	decisiveBytes = 32
)

// Plan is what a run does, before it does it.
type Plan struct {
	Objects   int // each is written once, read once and deleted
	Addresses int // of the front door, at the most
	UpBytes   int64
	DownBytes int64
	Dollars   float64 // at list prices; see Priced
	Priced    bool    // whether prices are known
	kind      *store.Kind
}

// NewPlan returns the plan of a run that writes count objects of size bytes for
// each of so many addresses. It asks nobody.
func NewPlan(t Target, size int64, count, addresses int) (Plan, error) {
	switch {
	case size < LeastSize || size > MostSize:
		return Plan{}, fmt.Errorf("a size of %d bytes; from %d to %d are expected", size, LeastSize, MostSize)
	case count < leastCount || count > MostCount:
		return Plan{}, fmt.Errorf("a count of %d objects; from %d to %d are expected: the first read is left out, and so is the fastest", count, leastCount, MostCount)
	case addresses < 1 || addresses > MostAddresses:
		return Plan{}, fmt.Errorf("%d addresses; from 1 to %d are expected", addresses, MostAddresses)
	}
	n := count * addresses
	p := Plan{Objects: n, Addresses: addresses, UpBytes: int64(n) * size, DownBytes: int64(n) * answerBytes, kind: t.at.Kind}
	if p.Priced = p.kind.Prices != (store.Prices{}); p.Priced {
		p.Dollars = float64(n)*(p.kind.Prices.Write+p.kind.Prices.Read) + float64(p.DownBytes)/1e9*p.kind.Prices.Gigabyte
	}
	return p, nil
}

// Kept says what the service keeps of objects that were deleted; empty where
// nothing is known of that.
func (p Plan) Kept() string { return p.kind.Kept }

// String says what the run does and costs.
func (p Plan) String() string {
	text := fmt.Sprintf("%d writes, %d reads and %d deletes through %d addresses at the most, %.1f MB up and %.1f MB down",
		p.Objects, p.Objects, p.Objects, p.Addresses, float64(p.UpBytes)/1e6, float64(p.DownBytes)/1e6)
	if p.Addresses == 1 {
		text = strings.Replace(text, "1 addresses at the most", "1 address", 1)
	}
	if !p.Priced {
		return text + "; what the vendor takes for it is not known"
	}
	return text + fmt.Sprintf("; about $%.4f at the list prices of %s, and more in classes with a least time or size", p.Dollars, p.kind.Name)
}
