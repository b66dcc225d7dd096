package store

import (
	"fmt"
	"net/url"
	"strings"
)

// Address is a bucket or folder and the key of an object in it, or a pattern of
// keys.
type Address struct {
	Kind  *Kind
	Key   string
	Where Bucket     // zero where it is a folder
	Query url.Values // what stands behind the question mark, for the cloud's client
	URL   *url.URL   // of the folder, where it is one
}

// IsAddress reports whether a text names objects in a bucket.
func IsAddress(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	_, known := ofBuckets(scheme)
	return found && known
}

// ParseAddress reads the address of an object in a bucket.
func ParseAddress(text string) (Address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Address{}, fmt.Errorf("%q is not the address of an object: %w", text, err)
	}
	kind, known := ofBuckets(u.Scheme)
	if !known || !IsAddress(text) || u.Host == "" || u.User != nil {
		return Address{}, fmt.Errorf("%q is not the address of an object; expected %s", u.Redacted(), either(BucketForms("/key")))
	}
	a := Address{Kind: kind, Key: strings.TrimPrefix(u.Path, "/"), Where: Bucket{Scheme: u.Scheme, Container: u.Host}, Query: u.Query()}
	if kind.Account {
		container, key, _ := strings.Cut(a.Key, "/")
		if container == "" {
			return Address{}, fmt.Errorf("%q names no container; expected %s/key", text, kind.Form)
		}
		a.Where.Account, a.Where.Container, a.Key = u.Host, container, key
	}
	return a, nil
}

// ParseFolder reads the address of a folder that somebody may write to: of a bucket,
// whose key then ends with a slash or is empty, or of a server. What comes back from
// it is checked byte by byte.
func ParseFolder(text string) (Address, error) {
	if IsAddress(text) {
		return bucketFolder(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return Address{}, fmt.Errorf("a target that is no address; expected %s", FolderForms())
	}
	kind, known := OfScheme(u.Scheme)
	if !known {
		return Address{}, fmt.Errorf("%q is no folder that objects can be written to; expected %s", u.Redacted(), FolderForms())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Address{}, fmt.Errorf("%s: %s", u.Hostname(), kind.Folder)
	}
	folder := *u
	if folder.Scheme != "http" {
		folder.Scheme = "https"
	}
	folder.Path = strings.TrimSuffix(folder.Path, "/") + "/"
	return Address{Kind: kind, URL: &folder}, nil
}

func bucketFolder(text string) (Address, error) {
	// The key only gives the objects a folder, which ends with a slash.
	place, query, _ := strings.Cut(text, "?")
	a, err := ParseAddress(strings.TrimSuffix(place, "/") + "/?" + query)
	if err != nil {
		return Address{}, err
	}
	for name, value := range a.Kind.Checked {
		if !a.Query.Has(name) {
			a.Query.Set(name, value)
		}
	}
	server, err := url.Parse(a.Query.Get("endpoint"))
	if err != nil || server.User != nil {
		return Address{}, fmt.Errorf("%s: the endpoint is not the address of a server without name and password", a.Where)
	}
	return a, nil
}

// FolderForms says what [ParseFolder] takes.
func FolderForms() string {
	var folders []string
	for _, k := range Kinds() {
		if !k.HasBuckets() {
			folders = append(folders, k.Form)
		}
	}
	return strings.Join(BucketForms(""), ", ") + ", or " + either(folders)
}

// FolderSchemes returns how the addresses begin that [ParseFolder] takes, but for
// those without encryption.
func FolderSchemes() []string {
	var schemes []string
	for _, k := range Kinds() {
		for _, scheme := range k.Schemes {
			if scheme != "http" {
				schemes = append(schemes, scheme+"://")
			}
		}
	}
	return schemes
}

// String returns the address without what is for the cloud's client.
func (a Address) String() string { return a.Where.String() + "/" + a.Key }

// Name returns where the address is as evidence and claims name it: the bucket, with
// the server that has it where that is not the cloud's own, or the host of a folder.
func (a Address) Name() string {
	if a.URL != nil {
		return a.URL.Hostname()
	}
	named := a.Where
	if server, err := url.Parse(a.Query.Get("endpoint")); a.Kind.Endpoint && err == nil && server.Host != "" {
		named.Endpoint = server.Scheme + "://" + server.Host
	}
	return named.String()
}

// In returns the address of a name in a folder; one that does not end with a slash
// is no folder and stays as it is.
func (a Address) In(name string) Address {
	if a.Key == "" || strings.HasSuffix(a.Key, "/") {
		a.Key += name
	}
	return a
}

// Moved reports whether what stands behind the question mark leads to another server
// than the settings of the cloud's tools and the name do.
func (a Address) Moved() bool { return a.Kind.Moved && len(a.Query) > 0 }
