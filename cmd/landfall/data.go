package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes/geoip"
)

func newData(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "The data sets that an audit draws on: their age, and newer ones",
		Example: `  landfall data status
  landfall data update`,
	}
	c.AddCommand(newDataStatus(s), newDataUpdate(s))
	return c
}

func addDir(c *cobra.Command) *string {
	return c.Flags().String("dir", "", "`FOLDER` of the data sets (default landfall/data in the user's cache folder)")
}

func openStoreAt(dir string) (datasets.Store, error) {
	if dir != "" {
		return datasets.Store{Dir: dir}, nil
	}
	dir, err := datasets.DefaultDir()
	return datasets.Store{Dir: dir}, err
}

func newDataStatus(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show the age and licence of each data set",
		Example: "  landfall data status",
		Args:    cobra.NoArgs,
	}
	dir := addDir(c)
	c.RunE = func(*cobra.Command, []string) error {
		store, err := openStoreAt(*dir)
		if err != nil {
			return err
		}
		return dataStatus(s, store)
	}
	return c
}

func dataStatus(s surroundings, store datasets.Store) error {
	built, err := embeddedBuilt()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DATA SET\tAGE\tSIZE\tLICENCE\tHOLDS")
	fmt.Fprintf(w, "dbip-country-lite\tbuilt %s\tembedded\tCC BY 4.0\twhere addresses are, by country (%s)\n", built, datasets.CountryAttribution)
	for _, set := range dataSets() {
		record, have, err := store.Status(set)
		if err != nil {
			return err
		}
		age, size := "not fetched", ""
		if have {
			age, size = ageOf(s.now().Sub(record.Fetched), set.StaleAfter), fmt.Sprintf("%.1f MB", float64(record.Bytes)/1e6)
		}
		holds := set.Holds
		if set.Attribution != "" {
			holds += " (" + set.Attribution + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", set.Name, age, size, set.Licence, holds)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\nkept in %s; `landfall data update` fetches newer ones\n", oneLine(store.Dir))
	return err
}

func embeddedBuilt() (string, error) {
	data, err := datasets.Country()
	if err != nil {
		return "", err
	}
	db, err := geoip.OpenBytes(embeddedName, data)
	if err != nil {
		return "", err
	}
	return db.Built, db.Close()
}

func ageOf(age, stale time.Duration) string {
	days := int(age.Hours() / 24)
	text := fmt.Sprintf("%d days", days)
	if days == 1 {
		text = "1 day"
	}
	if stale > 0 && age > stale {
		text += " (old)"
	}
	return text
}

func newDataUpdate(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "update [NAME…]",
		Short: "Fetch newer data sets into the cache folder",
		Long: `Fetch newer data sets over HTTPS into the cache folder. Each replaces the old one
in one step, and only after it was read through; one that cannot be had leaves
the old one as it is.

Exit status: 0 all are the newest; 2 bad usage; 3 some could not be fetched.`,
		Example: `  landfall data update
  landfall data update dbip-asn-lite`,
		ValidArgs: setNames(dataSets()),
	}
	dir := addDir(c)
	noProgress := c.Flags().Bool("no-progress", false, "draw no progress")
	c.RunE = func(c *cobra.Command, args []string) error {
		store, err := openStoreAt(*dir)
		if err != nil {
			return err
		}
		sets, err := chosenSets(args)
		if err != nil {
			return err
		}
		u := newUI(s, levelInfo)
		u.progress = u.progress && !*noProgress
		f := &fetching{ui: u, store: store, client: fetchClient(), now: s.now()}
		return f.report(f.all(c.Context(), sets))
	}
	return c
}

func setNames(sets []datasets.Set) []string {
	names := make([]string, len(sets))
	for i, set := range sets {
		names[i] = set.Name
	}
	return names
}

func chosenSets(names []string) ([]datasets.Set, error) {
	all := dataSets()
	if len(names) == 0 {
		return all, nil
	}
	var out []datasets.Set
	for _, name := range names {
		i := slices.IndexFunc(all, func(s datasets.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no data set is called %q; they are %s", name, strings.Join(setNames(all), ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// fetching brings data sets into the store.
type fetching struct {
	ui     *ui
	store  datasets.Store
	client *http.Client
	now    time.Time
}

// errNoNetwork says that this machine has no way to the sources at all.
var errNoNetwork = errors.New("this machine has no way to the internet")

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
			return errors.Join(append(failed, fmt.Errorf("data set %s and what follows it cannot be fetched: %w", set.Name, errNoNetwork))...)
		case err != nil:
			failed = append(failed, err)
		case changed:
			f.ui.note("fetched %s: %s", set.Name, set.Holds)
		default:
			f.ui.note("%s is the newest", set.Name)
		}
	}
	return errors.Join(failed...)
}

func (f *fetching) one(ctx context.Context, set datasets.Set) (bool, error) {
	update, end := f.ui.bar(set.Name)
	defer end()
	return f.store.Update(ctx, f.client, set, f.now, func(_ datasets.Set, done, total int64) { update(done, total) })
}

func (f *fetching) report(err error) error {
	if err != nil {
		return incomplete(err)
	}
	return nil
}

// lacking returns the sets that are not in the store.
func (f *fetching) lacking(sets []datasets.Set) ([]datasets.Set, error) {
	var out []datasets.Set
	for _, set := range sets {
		_, have, err := f.store.Status(set)
		if err != nil {
			return nil, err
		}
		if !have {
			out = append(out, set)
		}
	}
	return out, nil
}

// noNetwork reports whether a transfer failed as it does on a machine that is
// not connected: no way leads out, or no name can be looked up, not even one
// that cannot be missing.
func noNetwork(ctx context.Context, err error) bool {
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		return !resolvesRoot(ctx)
	}
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
}

// rootTimeout bounds the control question; a resolver has the answer at hand.
const rootTimeout = 5 * time.Second

// resolvesRoot asks the system's resolver for the name servers of the root,
// which exist wherever there is an internet. A resolver of a closed network
// says that they do not, or nothing.
func resolvesRoot(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, rootTimeout)
	defer cancel()
	servers, err := net.DefaultResolver.LookupNS(ctx, ".")
	return err == nil && len(servers) > 0
}
