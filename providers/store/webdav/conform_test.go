package webdav

import (
	"net/http/httptest"
	"testing"

	"golang.org/x/net/webdav"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
)

func TestConforms(t *testing.T) {
	server := httptest.NewServer(&webdav.Handler{FileSystem: webdav.NewMemFS(), LockSystem: webdav.NewMemLS()})
	t.Cleanup(server.Close)
	storetest.Conform(t, storetest.Case{
		ID: "webdav", Cloud: New(nil), Folder: server.URL, Overwrites: true,
		Bucket: store.Bucket{Scheme: "https", Container: "any"},
	})
}
