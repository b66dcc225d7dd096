package s3

import (
	"net"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

func TestConforms(t *testing.T) {
	storetest.Settings(t)
	folder := strings.Replace(storetest.S3Objects(t), "KEY", "folder", 1)
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	storetest.Conform(t, storetest.Case{
		ID: "s3", Cloud: New(client), Folder: folder, Overwrites: true,
		Bucket: store.Bucket{Scheme: "s3", Container: "gone", Endpoint: "http://127.0.0.1:1"},
	})
}
