package clouds

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers/store"
)

// The list has every folder that says in cloud.yaml that it is a cloud, and no other.
func TestListIsWhole(t *testing.T) {
	var ids []string
	for _, kind := range store.Kinds() {
		ids = append(ids, kind.ID)
		if list[kind.ID] == nil {
			t.Errorf("providers/store/%s is not in the list of package clouds", kind.ID)
		}
	}
	for id := range list {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is in the list, and there is no providers/store/%s/cloud.yaml", id, id)
		}
	}
}

// A scheme of no cloud is an error that names those that there are.
func TestUnknownScheme(t *testing.T) {
	all := All(http.DefaultClient)
	for _, scheme := range store.BucketSchemes() {
		if _, err := all.Of(strings.TrimSuffix(scheme, "://")); err != nil {
			t.Error(err)
		}
	}
	if _, err := all.Of("oss"); err == nil || !strings.Contains(err.Error(), "s3://, gs://, azblob://") {
		t.Errorf("got %v", err)
	}
}
