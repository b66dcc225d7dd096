package ranges

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// parseOffice reads the list of one of the clouds of Microsoft 365
// (https://learn.microsoft.com/en-us/microsoft-365/enterprise/microsoft-365-ip-web-service),
// an array. It names services and no places: they answer from many.
func parseOffice(file string, r io.Reader) (Feed, error) {
	var feed Feed
	decoder := json.NewDecoder(bound(r))
	err := document{file: file, feed: &feed}.list(decoder, func(element json.RawMessage, skip func(error)) {
		var set struct {
			Area     string   `json:"serviceArea"`
			Prefixes []string `json:"ips"`
		}
		if err := decode(element, &set); err != nil {
			skip(err)
			return
		}
		for _, prefix := range set.Prefixes {
			feed.add("microsoft-365", prefix, set.Area, "", skip)
		}
	})
	if err != nil {
		err = fmt.Errorf("%s: octet %d: %w", file, decoder.InputOffset(), err)
	}
	feed.stamp(file)
	return feed, err
}

// maxPacked bounds the files of an archive.
const maxPacked = 20

// parseZip reads every text file of an archive, one prefix a line.
func parseZip(provider string) func(file string, r io.Reader) (Feed, error) {
	return func(file string, r io.Reader) (Feed, error) {
		var feed Feed
		data, err := io.ReadAll(bound(r))
		if err != nil {
			return feed, fmt.Errorf("%s: %w", file, err)
		}
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return feed, fmt.Errorf("%s: %w", file, err)
		}
		for _, packed := range archive.File[:min(len(archive.File), maxPacked)] {
			if !strings.HasSuffix(packed.Name, ".txt") {
				continue
			}
			part, err := readPacked(provider, file, packed)
			feed.Entries = append(feed.Entries, part.Entries...)
			for _, row := range part.Skipped {
				feed.skip(row)
			}
			if err != nil {
				return feed, err
			}
		}
		return feed, nil
	}
}

func readPacked(provider, file string, packed *zip.File) (Feed, error) {
	text, err := packed.Open()
	if err != nil {
		return Feed{}, fmt.Errorf("%s: %s: %w", file, shown(packed.Name), err)
	}
	defer text.Close()
	return parseList(provider)(file, text)
}
