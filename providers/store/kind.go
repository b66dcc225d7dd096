package store

import (
	"cmp"
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// kindFiles has one file of each cloud's folder.
//
//go:embed */cloud.yaml
var kindFiles embed.FS

// Kind is what differs between clouds in words, addresses and prices.
type Kind struct {
	ID      string `yaml:"-"`    // the name of its folder
	Name    string `yaml:"name"` // as users know it
	Order   int    `yaml:"order"`
	Schemes []string
	Form    string // what an address looks like, for users
	// Bucket is what follows the scheme where it names a bucket. It is empty where
	// addresses are those of folders.
	Bucket   string
	Account  bool   // an account stands before the name of a bucket
	Endpoint bool   // an address may name the server
	Scope    string // the parameter that narrows a list of all buckets; empty: the account does
	// Folder is what a user reads whose folder's address has more than it needs.
	Folder      string
	Credentials string // where they are read
	Permissions Permissions
	Prices      Prices
	Kept        string            // what the service keeps of deleted objects, unless set otherwise
	Checked     map[string]string // parameters where every byte that comes back is checked anyway
	// Moved says that every parameter of an address leads to another server than
	// the settings of the cloud's tools do.
	Moved bool

	bucket *regexp.Regexp
}

// Permissions are what a user has to be allowed, as the service calls it.
type Permissions struct{ Writing, Reading, Listing, Deleting string }

// Prices are list prices in US dollars, for an estimate. The zero value is not
// known.
type Prices struct{ Write, Read, Gigabyte float64 }

// What is done with objects.
const (
	Writing  = "writing"
	Reading  = "reading"
	Deleting = "deleting"
	Listing  = "listing"
)

// Permission returns what a user has to be allowed who does something with objects.
func (k *Kind) Permission(doing string) string {
	switch doing {
	case Writing:
		return k.Permissions.Writing
	case Reading:
		return k.Permissions.Reading
	case Listing:
		return k.Permissions.Listing
	case Deleting:
		return k.Permissions.Deleting
	}
	return ""
}

// HasBuckets reports whether its addresses name buckets, and no folders.
func (k *Kind) HasBuckets() bool { return k.bucket != nil }

// Kinds returns every cloud, in the order in which users read of them. The files
// are tested, so that one cannot be read is a broken build.
func Kinds() []*Kind {
	kinds, err := loadKinds()
	if err != nil {
		panic(err)
	}
	return kinds
}

var loadKinds = sync.OnceValues(func() ([]*Kind, error) {
	folders, err := kindFiles.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var kinds []*Kind
	for _, folder := range folders {
		data, err := kindFiles.ReadFile(path.Join(folder.Name(), "cloud.yaml"))
		if err != nil {
			return nil, err
		}
		kind, err := readKind(folder.Name(), data)
		if err != nil {
			return nil, fmt.Errorf("providers/store/%s/cloud.yaml: %w", folder.Name(), err)
		}
		kinds = append(kinds, kind)
	}
	slices.SortStableFunc(kinds, func(a, b *Kind) int { return cmp.Compare(a.Order, b.Order) })
	return kinds, nil
})

// readKind reads the file of one cloud.
func readKind(id string, data []byte) (*Kind, error) {
	k := &Kind{ID: id}
	if err := yaml.UnmarshalWithOptions(data, k, yaml.Strict()); err != nil {
		return nil, err
	}
	if k.Name == "" || len(k.Schemes) == 0 || k.Form == "" || k.Credentials == "" || (k.Bucket == "") == (k.Folder == "") {
		return nil, fmt.Errorf("name, schemes, form, credentials and either bucket or folder are needed")
	}
	if k.Bucket == "" {
		return k, nil
	}
	var err error
	k.bucket, err = regexp.Compile(k.Bucket)
	return k, err
}

// OfScheme returns the cloud whose addresses have a scheme.
func OfScheme(scheme string) (*Kind, bool) {
	for _, k := range Kinds() {
		if slices.Contains(k.Schemes, scheme) {
			return k, true
		}
	}
	return nil, false
}

// ofBuckets returns the cloud whose buckets' URLs have a scheme.
func ofBuckets(scheme string) (*Kind, bool) {
	k, known := OfScheme(scheme)
	return k, known && k.HasBuckets()
}

// BucketForms returns what the URLs of buckets look like, each with an ending.
func BucketForms(ending string) []string {
	var forms []string
	for _, k := range Kinds() {
		if k.HasBuckets() {
			forms = append(forms, k.Form+ending)
		}
	}
	return forms
}

// BucketSchemes returns how the URLs of buckets begin.
func BucketSchemes() []string {
	var schemes []string
	for _, k := range Kinds() {
		if k.HasBuckets() {
			schemes = append(schemes, k.Schemes[0]+"://")
		}
	}
	return schemes
}

// either joins words for a sentence: a, b or c.
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
