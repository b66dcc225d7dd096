package sources

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/internal/datasets"
)

// ErrNoNetwork says that this machine has no way out at all.
var ErrNoNetwork = errors.New("this machine has no way to the internet")

// fetching brings data sets into a folder.
type fetching struct {
	events event.Handler
	store  datasets.Store
	client *http.Client
	now    time.Time
}

func newFetching(store datasets.Store, now time.Time, events event.Handler) *fetching {
	return &fetching{events: events, store: store, client: datasets.Client(http.DefaultTransport), now: now}
}

// Update is a search for newer data sets.
type Update struct {
	fetching *fetching
	chosen   []datasets.Set
}

// Update returns a search for newer versions of the named data sets; without
// names, of all. Nothing is fetched yet.
func (o Options) Update(now time.Time, events event.Handler, names ...string) (*Update, error) {
	store, err := o.store()
	if err != nil {
		return nil, err
	}
	chosen, err := named(names)
	return &Update{newFetching(store, now, events), chosen}, err
}

// Fetch fetches what is newer. Each data set replaces the old one in one step, and
// one that cannot be had leaves the old one as it is.
func (u *Update) Fetch(ctx context.Context) error { return u.fetching.all(ctx, u.chosen) }

func named(names []string) ([]datasets.Set, error) {
	all := sets()
	if len(names) == 0 {
		return all, nil
	}
	var out []datasets.Set
	for _, name := range names {
		i := slices.IndexFunc(all, func(s datasets.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no data set is called %q; they are %s", name, strings.Join(Names(), ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// fetchLacking fetches the data sets that are not in the folder. A failure is
// reported as an event, and is no error but where there is no network: then it is
// [ErrNoNetwork].
func fetchLacking(ctx context.Context, f *fetching) error {
	err := f.lacking(ctx)
	if errors.Is(err, ErrNoNetwork) {
		return ErrNoNetwork
	}
	if err != nil {
		f.events.Send(event.Problem{Err: err})
		f.events.Send(event.DataLacking{})
	}
	return nil
}

func (f *fetching) lacking(ctx context.Context) error {
	var lacking []datasets.Set
	for _, set := range sets() {
		_, have, err := f.store.Status(set)
		if err != nil {
			return err
		}
		if !have {
			lacking = append(lacking, set)
		}
	}
	return f.all(ctx, lacking)
}

// all fetches the sets one after another. Where the machine turns out to have
// no network, it stops there: the others would fail the same way.
func (f *fetching) all(ctx context.Context, sets []datasets.Set) error {
	var failed []error
	for _, set := range sets {
		if ctx.Err() != nil {
			return errors.Join(append(failed, context.Cause(ctx))...)
		}
		changed, err := f.one(ctx, set)
		switch {
		case noNetwork(ctx, err):
			return errors.Join(append(failed, fmt.Errorf("data set %s and what follows it cannot be fetched: %w", set.Name, ErrNoNetwork))...)
		case err != nil:
			failed = append(failed, err)
		case changed:
			f.events.Send(event.DataFetched{Name: set.Name, Holds: set.Holds})
		default:
			f.events.Send(event.DataUnchanged{Name: set.Name})
		}
	}
	return errors.Join(failed...)
}

func (f *fetching) one(ctx context.Context, set datasets.Set) (bool, error) {
	update, end := f.events.Task(set.Name)
	defer end()
	return f.store.Update(ctx, f.client, set, f.now, func(_ datasets.Set, done, total int64) { update(done, total) })
}

// noNetwork reports whether a transfer failed as it does on a machine that is not
// connected. No way leads out, or no name can be looked up, not even one that
// cannot be missing.
func noNetwork(ctx context.Context, err error) bool {
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		return !ResolvesRoot(ctx)
	}
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
}

// rootTimeout bounds the control question; a resolver has the answer at hand.
const rootTimeout = 5 * time.Second

// ResolvesRoot reports whether the system's resolver knows the name servers of
// the root, which exist wherever there is an internet. A resolver of a closed
// network says that they do not, or nothing.
func ResolvesRoot(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, rootTimeout)
	defer cancel()
	servers, err := net.DefaultResolver.LookupNS(ctx, ".")
	return err == nil && len(servers) > 0
}
