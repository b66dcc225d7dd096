package ranges

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// maxLine bounds a line in octets; real ones have fewer than 100.
const maxLine = 4096

// eachLine calls row with every line that is neither empty nor a comment. A line
// that row refuses, or that is too long, is skipped.
func eachLine(file string, r io.Reader, feed *Feed, row func(line string) error) error {
	reader := bufio.NewReaderSize(bound(r), maxLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = reader.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s:%d: %w", file, number, err)
		}
		text := strings.TrimSpace(string(line))
		switch {
		case long:
			feed.skip(Skipped{File: file, Line: number, Reason: fmt.Sprintf("the line has more than %d octets", maxLine)})
		case text == "":
		default:
			if problem := row(text); problem != nil {
				feed.skip(Skipped{File: file, Line: number, Reason: problem.Error()})
			}
		}
		if err != nil {
			return nil
		}
	}
}

// parseGeofeed reads a self-published geofeed (RFC 8805 section 2.1):
// prefix,country,subdivision,city,postal code, with # comments.
func parseGeofeed(provider string) func(file string, r io.Reader) (Feed, error) {
	return func(file string, r io.Reader) (Feed, error) {
		var feed Feed
		err := eachLine(file, r, &feed, func(line string) error {
			if comment, ok := strings.CutPrefix(line, "#"); ok {
				// Linode writes the time as a comment of this form.
				if text, ok := strings.CutPrefix(strings.TrimSpace(comment), "Last modified:"); ok {
					feed.Published = parseTime(strings.TrimSpace(text))
				}
				return nil
			}
			if strings.HasPrefix(line, microsoftHeader) {
				return nil
			}
			entry, err := geofeedEntry(provider, line)
			if err == nil {
				feed.Entries = append(feed.Entries, entry)
			}
			return err
		})
		feed.stamp(file)
		return feed, err
	}
}

// microsoftHeader begins the first line of Microsoft's geofeed, which names the
// columns.
const microsoftHeader = "IP Range,"

// geofeedEntry reads one line of a geofeed. The fields behind the prefix may be
// missing (RFC 8805 section 2.1.1).
func geofeedEntry(provider, line string) (Entry, error) {
	reader := csv.NewReader(strings.NewReader(line))
	reader.FieldsPerRecord = -1
	fields, err := reader.Read()
	if err != nil {
		return Entry{}, fmt.Errorf("not comma-separated: %w", err)
	}
	for len(fields) < 4 {
		fields = append(fields, "")
	}
	for i, field := range fields {
		fields[i] = strings.TrimSpace(field)
	}
	return placed(provider, fields[0], fields[1], fields[2], fields[3])
}

// placed is an entry of a geofeed. Codes are compared without regard to case
// (RFC 8805 section 2.1.1). Amazon's feed has Hong Kong in China: a place that
// ISO 3166-1 gives a code of its own is told by that code. A code that is no
// country, such as ZZ, says the same as an empty one: that the place is not to be
// told (RFC 8805 section 2.1.1.2).
func placed(provider, text, country, subdivision, city string) (Entry, error) {
	prefix, err := parsePrefix(text)
	entry := Entry{
		Prefix: prefix, Provider: provider, Geofeed: true,
		Country: providers.CountryCode(country), Subdivision: strings.ToUpper(subdivision), City: city,
	}
	if own, ok := providers.OwnCountry(entry.Subdivision); ok {
		entry.Country = own
	} else if entry.Country == "CN" && ownCities[strings.ToLower(city)] != "" {
		entry.Country = ownCities[strings.ToLower(city)]
	}
	return entry, cmp.Or(err, checkField("subdivision", entry.Subdivision), checkField("city", city))
}

// ownCities are cities with a country code of their own.
var ownCities = map[string]string{"hong kong": "HK", "macao": "MO", "macau": "MO"}

// parseList reads one prefix a line, as Cloudflare publishes them.
func parseList(provider string) func(file string, r io.Reader) (Feed, error) {
	return func(file string, r io.Reader) (Feed, error) {
		var feed Feed
		err := eachLine(file, r, &feed, func(line string) error {
			prefix, err := parsePrefix(line)
			if err == nil {
				feed.Entries = append(feed.Entries, Entry{Prefix: prefix, Provider: provider})
			}
			return err
		})
		feed.stamp(file)
		return feed, err
	}
}
