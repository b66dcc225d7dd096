package gcs

import (
	"net"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

func TestConforms(t *testing.T) {
	storetest.Settings(t, "GOOGLE_CLOUD_PROJECT=lab")
	folder := strings.Replace(storetest.GoogleObjects(t), "KEY", "folder", 1)
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	storetest.Conform(t, storetest.Case{ID: "gcs", Cloud: New(client), Folder: folder, Bucket: bucket("gone")})
}
