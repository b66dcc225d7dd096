package discover

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/unpack"
)

// maxFile bounds a HAR file or a list in octets. A long session of a browser has
// some 50 MB.
const maxFile = 256 << 20

// maxLine bounds one line of a list of hosts.
const maxLine = 64 << 10

// ErrCapture says that a file is a capture of packets, of which a probe makes
// observations for [Finds.Observations].
var ErrCapture = errors.New("the file is a capture of packets")

// File reads a file of one of the kinds: evidence, HAR, or a list of hosts, by
// what it begins with.
func (f *Finds) File(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("what was seen: %w", err)
	}
	defer file.Close()
	in := bufio.NewReader(file)
	if magic, _ := in.Peek(4); isCapture(magic) {
		return fmt.Errorf("%s: %w", path, ErrCapture)
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return fmt.Errorf("what was seen: %w", err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("%s has more than %d MiB, split it", path, maxFile>>20)
	}
	switch {
	case compressed(data), bytes.HasPrefix(data, []byte(`{"schema":"`+evidence.Schema)):
		return f.bundle(path)
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n"), []byte("{")):
		return f.har(path, data)
	}
	return f.list(path, data)
}

// isCapture knows the first octets of pcap, in both orders and resolutions of
// time, and of pcapng.
func isCapture(data []byte) bool {
	for _, magic := range []string{"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x0a\x0d\x0d\x0a"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

func compressed(data []byte) bool {
	_, packed := unpack.Of(data, unpack.Gzip, unpack.Zstd)
	return packed
}

func (f *Finds) bundle(path string) error {
	bundle, err := evidence.ReadFile(path)
	if err != nil {
		return err
	}
	f.Observations(bundle.Observations)
	return nil
}

// Observations reads what was seen of hosts: whatever was looked up in it counts
// as asked about.
func (f *Finds) Observations(list []evidence.Observation) {
	for _, o := range list {
		if dns, ok := o.(*evidence.DNS); ok {
			f.Ask(dns.Name)
		}
	}
	for _, o := range list {
		f.Evidence(o)
	}
}

// har reads the requests of an HTTP Archive 1.2.
func (f *Finds) har(path string, data []byte) error {
	var archive struct {
		Log *struct {
			Entries []struct {
				Request struct {
					Method   string `json:"method"`
					URL      string `json:"url"`
					BodySize int64  `json:"bodySize"` // octets; -1: not known
				} `json:"request"`
			} `json:"entries"`
		} `json:"log"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &archive); err != nil {
		return fmt.Errorf("%s is no HAR file: %w", path, err)
	}
	if archive.Log == nil {
		return fmt.Errorf("%s is JSON without a log: expected a HAR file, evidence, or a list of hosts", path)
	}
	for _, entry := range archive.Log.Entries {
		at, err := url.Parse(entry.Request.URL)
		if err != nil || at.Hostname() == "" {
			continue // such as data: and blob:, which go nowhere
		}
		f.add(at.Hostname(), "was asked by the recorded browser", entry.Request.BodySize)
	}
	return nil
}

// list reads one host or URL a line. Lines of a hosts file have an address in
// front; # begins a comment.
func (f *Finds) list(path string, data []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		host := words[len(words)-1]
		if at, err := url.Parse(host); err == nil && at.Hostname() != "" {
			host = at.Hostname()
		}
		f.add(host, fmt.Sprintf("stands in line %d of the list", number), 0)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s as a list of hosts: %w", path, err)
	}
	return nil
}
