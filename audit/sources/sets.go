package sources

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/probes/network"
	"github.com/landfall-audit/landfall/providers/ranges"
)

const month = 31 * 24 * time.Hour

// dbipSet is a free database of DB-IP. A new one is out each month, under the
// name of the month (https://db-ip.com/db/lite.php).
func dbipSet(name, holds string, check func(string) error) datasets.Set {
	return datasets.Set{
		Name: name, File: name + ".mmdb", Holds: holds,
		Licence: "CC BY 4.0", Attribution: datasets.CountryAttribution, StaleAfter: 2 * month, Check: check,
		Locate: func(_ context.Context, _ *http.Client, now time.Time) ([]string, error) {
			url := func(at time.Time) string {
				return "https://download.db-ip.com/free/" + name + "-" + at.UTC().Format("2006-01") + ".mmdb.gz"
			}
			return []string{url(now), url(now.AddDate(0, 0, -now.UTC().Day()))}, nil
		},
	}
}

const (
	cityName = "dbip-city-lite"
	asnName  = "dbip-asn-lite"
)

// sets lists all sets that can be fetched.
func sets() []datasets.Set {
	out := []datasets.Set{
		dbipSet(cityName, "where addresses are, by city", func(path string) error { return closing(geoip.Open(path)) }),
		dbipSet(asnName, "whose networks addresses are in", func(path string) error { return closing(network.Open(path)) }),
	}
	for _, source := range ranges.Sources() {
		out = append(out, rangeSet(source))
	}
	return out
}

func closing(db io.Closer, err error) error {
	if err != nil {
		return err
	}
	return db.Close()
}

func rangeSet(source ranges.Source) datasets.Set {
	set := datasets.Set{
		Name: source.File, File: source.File, Holds: "address ranges that " + source.Provider + " publishes",
		Licence: source.Licence, StaleAfter: month, Locate: datasets.At(source.URL),
		Check: func(path string) error { _, err := readRanges(source, path); return err },
	}
	if source.Link != nil {
		set.Locate = linkOn(source.URL, source.Link)
	}
	return set
}

// maxPageBytes bounds a page that a link is looked for in.
const maxPageBytes = 4 << 20

// linkOn finds the address of a file whose name changes, on the page that
// links to it.
func linkOn(page string, looksLike *regexp.Regexp) func(context.Context, *http.Client, time.Time) ([]string, error) {
	return func(ctx context.Context, client *http.Client, _ time.Time) ([]string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		if err != nil {
			return nil, fmt.Errorf("asking %s: %w", page, err)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, maxPageBytes))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", page, err)
		}
		link := looksLike.Find(body)
		if link == nil {
			return nil, fmt.Errorf("%s links to no file that looks like %s (status %s); the page may have changed: fetch the file by hand into the cache folder", page, looksLike, response.Status)
		}
		return []string{string(link)}, nil
	}
}

func readRanges(source ranges.Source, path string) (ranges.Feed, error) {
	f, err := os.Open(path)
	if err != nil {
		return ranges.Feed{}, fmt.Errorf("opening the published ranges: %w", err)
	}
	defer f.Close()
	feed, err := source.Read(f)
	if err != nil {
		return feed, err
	}
	if len(feed.Entries) == 0 {
		return feed, fmt.Errorf("%s: holds no ranges", source.File)
	}
	if feed.Garbled() {
		return feed, fmt.Errorf("%s: %d rows make no sense and %d do, such as %w", source.File, feed.SkippedRows, len(feed.Entries), feed.Skipped[0])
	}
	return feed, nil
}
