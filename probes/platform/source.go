package platform

import (
	"encoding/json"
	"net/url"

	"github.com/landfall-audit/landfall/evidence"
)

// Source is a platform or a tool whose measurements can be read. What its vantages
// are trusted with stands in the table of [evidence.VantageNetworks].
type Source struct {
	Name string // of a platform: its word in evidence
	// Holds reports whether a JSON object is of the source, by what it alone has.
	Holds func(document json.RawMessage) bool
	// Mend repairs a text that is not JSON as the source writes it; nil: nothing is
	// known to be amiss.
	Mend func(text []byte) []byte
	// Read returns what documents hold, one after the other. It is pure.
	Read func(documents []byte, o FileOptions) ([]Reading, error)
	// Order is how measurements are ordered; nil: they can only be read.
	Order *Ordering
}

// FileOptions say what files leave open.
type FileOptions struct {
	Here   evidence.Vantage // where tools ran that do not say it
	Places any              // of a platform's machines, as its package reads them
}

// Ordering is how measurements of a platform are ordered.
type Ordering struct {
	Base         string // where it answers
	BaseVariable string // variable of the environment that says otherwise
	KeyVariable  string // variable of its token
	Shows        bool   // it shows the measurements of others: see [Library]
	// Start returns a client. Notify takes what a user should know.
	Start func(base *url.URL, key, version string, notify func(string)) Platform
}

// Here makes a reader of what a tool saw on the machine of [FileOptions.Here].
func Here(read func([]byte) ([]evidence.Observation, error)) func([]byte, FileOptions) ([]Reading, error) {
	return func(documents []byte, o FileOptions) ([]Reading, error) {
		seen, err := read(documents)
		if len(seen) == 0 {
			return nil, err
		}
		return []Reading{{Vantage: o.Here, Observations: seen}}, err
	}
}

// Fields returns the fields of a JSON object; nil where it is none.
func Fields(document json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if json.Unmarshal(document, &out) != nil {
		return nil
	}
	return out
}
