package canary

import (
	"context"
	"fmt"
	"net/http"

	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
)

// Target is a bucket, or a folder of a server, that the user may write to.
type Target struct {
	text string // as the user gave it; it holds no secret
	name string
	at   store.Address
}

// ParseTarget reads what a user names. Credentials are no part of it.
func ParseTarget(text string) (Target, error) {
	at, err := store.ParseFolder(text)
	if err != nil {
		return Target{}, err
	}
	name := at.Name()
	if !at.Kind.HasBuckets() {
		if name, err = (probe.Target{Host: name, Port: 1}).Name(); err != nil {
			return Target{}, fmt.Errorf("the address of a %s folder: %w", at.Kind.Name, err)
		}
	}
	return Target{text: text, name: name, at: at}, nil
}

// open opens the target with a client that all requests for objects go over.
func (t Target) open(ctx context.Context, over *http.Client) (cloud.Objects, error) {
	return clouds.Open(ctx, t.at, over)
}

// key returns the key of an object in the target's folder.
func (t Target) key(name string) string { return t.at.Key + name }

// String returns the target as evidence names it, and as claims do: the bucket or
// container, with the server that has it where that is not the cloud's own, or the
// host of a folder's server.
func (t Target) String() string { return t.name }

// Bucket returns the target as its cloud can be asked about it. It is none where it
// is no bucket, or where the text leads to another server than the settings of the
// cloud's tools and the name do.
func (t Target) Bucket() (probe.Target, bool) {
	out := probe.Target{Host: t.name}
	_, is := out.Bucket()
	return out, is && !t.at.Moved()
}
