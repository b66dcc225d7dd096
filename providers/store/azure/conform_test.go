package azure

import (
	"net"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

func TestConforms(t *testing.T) {
	connection := storetest.Azurite(t)
	storetest.Settings(t, "AZURE_STORAGE_CONNECTION_STRING="+connection)
	blobs, err := service.NewClientFromConnectionString(connection, nil)
	if err == nil {
		_, err = blobs.CreateContainer(t.Context(), "vault", nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	storetest.Conform(t, storetest.Case{
		ID: "azure", Cloud: New(client), Folder: "azblob://" + storetest.AzuriteAccount + "/vault/folder", Bucket: bucketOf("gone", "photos"),
	})
}
