package azure

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// TestEmulator asks Microsoft's own emulator with a key: it tells the account's
// kind and replication, and as the real one no region.
func TestEmulator(t *testing.T) {
	connection := storetest.Azurite(t)
	storetest.Settings(t, "AZURE_STORAGE_CONNECTION_STRING="+connection)
	var dialer net.Dialer
	client := cloud.Client(dialer.DialContext, dialer.DialContext, nil)
	t.Cleanup(client.CloseIdleConnections)
	c := New(client)

	blobs, err := service.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"photos", "letters"} {
		if _, err := blobs.CreateContainer(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	got := storetest.Said(c.Locate(t.Context(), bucketOf(storetest.AzuriteAccount, "photos"), false))
	if len(got) != 3 || !strings.HasPrefix(got[0], "Get Account Information: [azblob://devstoreaccount1-secondary/photos, replication Standard_RAGRS] (the account's replication is Standard_RAGRS: ") ||
		!strings.HasPrefix(got[1], "Get Blob Service Stats: (the secondary endpoint has all that was written before 2") ||
		!strings.Contains(got[2], "a key of the account does not open the management API") {
		t.Errorf("got %q", got)
	}
	listed, err := c.List(t.Context(), storetest.AzuriteAccount)
	want := []store.Bucket{bucketOf(storetest.AzuriteAccount, "letters"), bucketOf(storetest.AzuriteAccount, "photos")}
	if err != nil || !slices.Equal(listed, want) {
		t.Errorf("listed %v, %v", listed, err)
	}

	wrong := strings.Replace(connection, "AccountKey=E", "AccountKey=A", 1)
	storetest.Settings(t, "AZURE_STORAGE_CONNECTION_STRING="+wrong)
	c = New(client)
	got = storetest.Said(c.Locate(t.Context(), bucketOf(storetest.AzuriteAccount, "photos"), false))
	if len(got) != 2 || !strings.HasPrefix(got[0], "denied! Get Account Information: ") || strings.Contains(strings.Join(got, ""), "Aby8vdM02xNO") {
		t.Errorf("a wrong key: %q", got)
	}
}
