// Package clouds is the one list of clouds that can be asked.
package clouds

import (
	"context"
	"fmt"
	"net/http"

	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/azure"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/gcs"
	"github.com/landfall-audit/landfall/providers/store/s3"
	"github.com/landfall-audit/landfall/providers/store/webdav"
)

// list has a line for each folder with a cloud.yaml.
var list = map[string]func(*http.Client) cloud.Cloud{
	"s3":     of(s3.New),
	"gcs":    of(gcs.New),
	"azure":  of(azure.New),
	"webdav": of(webdav.New),
}

func of[C cloud.Cloud](start func(*http.Client) C) func(*http.Client) cloud.Cloud {
	return func(client *http.Client) cloud.Cloud { return start(client) }
}

// All returns every cloud, by the scheme of its buckets' URLs, to be asked by a
// client, which bounds what it reads and follows no redirect: see [cloud.Client].
func All(client *http.Client) cloud.Clouds {
	out := cloud.Clouds{}
	for _, kind := range store.Kinds() {
		start, ok := list[kind.ID]
		if !ok || !kind.HasBuckets() {
			continue
		}
		one := start(client)
		for _, scheme := range kind.Schemes {
			out[scheme] = one
		}
	}
	return out
}

// Open opens the bucket or folder of an address. All requests for objects go over
// the client, and none for credentials does.
func Open(ctx context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	start, ok := list[a.Kind.ID]
	if !ok {
		return nil, fmt.Errorf("opening %s: no cloud %s is in the list", a.Name(), a.Kind.ID)
	}
	objects, err := start(over).Open(ctx, a, over)
	if err != nil && a.Kind.HasBuckets() {
		return nil, fmt.Errorf("opening %s: %w", a.Where, err)
	}
	return objects, err
}
