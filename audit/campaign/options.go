package campaign

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
)

// DefaultBudget is what Globalping gives anybody for nothing in an hour.
const DefaultBudget = 250

// Options say how a campaign looks. The zero value looks from this machine, whose
// place is not known, and tells nobody how it goes.
type Options struct {
	// Vantages are where to look from, as [ParseVantages] reads them. None: this
	// machine, whose place is not known, so that its round trips prove nothing.
	Vantages []string
	// Budget is the most measurements that are ordered of platforms, each of one
	// address from one vantage. 0: [DefaultBudget]; less than 0: none.
	Budget int
	// Resolvers are IP:port, tls://host or https://…/dns-query. None: the system's.
	Resolvers []string
	// Countries are those whose users' answers zones are asked for. Zero: all.
	Countries Countries
	// AllowPrivate lets loopback, link-local and private addresses be contacted, for
	// targets that are the caller's own. False: such a target is an error.
	AllowPrivate bool
	// Concurrency is how many steps run at once. 0: the default of package probes,
	// less where the system gives few descriptors.
	Concurrency int
	// Samples is how many connections one round-trip time takes. 0: the default of
	// the probe.
	Samples int
	// Timeout ends the whole run. 0: there is no limit.
	Timeout time.Duration
	// Resume is a file of evidence to go on with; nothing answered is asked again.
	// Empty: a new run.
	Resume string
	// NoSelfcheck leaves out timing hosts of published place. This machine then
	// carries no verdict alone.
	NoSelfcheck bool
	// Roots are files of root certificates, in PEM, that the caller vouches for beside
	// Mozilla's. The variable LANDFALL_ROOTS names more. None: Mozilla's alone.
	Roots []string
	// Events receives what happens. Nil: nobody.
	Events event.Handler
	// Now is the clock. Nil: the system's.
	Now func() time.Time
	// Getenv reads variables of the environment: tokens and addresses of platforms,
	// LANDFALL_ROOTS, LANDFALL_MACHINE. Nil: the process's.
	Getenv func(string) string
	// Clouds are asked about buckets. Nil: all of them, with the credentials that
	// their own tools would use.
	Clouds func() cloud.Clouds
}

// WithDefaults returns the options with what is left out filled in.
func (o Options) WithDefaults() Options {
	o.Budget = cmp.Or(o.Budget, DefaultBudget)
	if len(o.Vantages) == 0 {
		o.Vantages = []string{here}
	} else {
		o.Vantages = slices.Clone(o.Vantages)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Clouds == nil {
		private := o.AllowPrivate
		o.Clouds = sync.OnceValue(func() cloud.Clouds { return clouds.All(storage.Client(net.Dialer{}, nil, private)) })
	}
	return o
}

// Within bounds a context by the timeout.
func (o Options) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("--timeout %s is over", o.Timeout))
}
