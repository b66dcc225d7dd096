package audit_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
)

// A server on this machine is audited by an ad-hoc claim. Over the internet, leave
// out AllowPrivate, and give the real place of this machine.
func ExampleRun() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	dir, err := os.MkdirTemp("", "audit-")
	if err != nil {
		log.Print(err)
		return
	}
	defer os.RemoveAll(dir)

	result, err := audit.Run(context.Background(), audit.Options{
		Targets: []string{strings.TrimPrefix(server.URL, "http://")},
		AdHoc:   target.AdHoc{Allow: []string{"DE"}},
		Look:    campaign.Options{Vantages: []string{"here@50.11,8.68"}, AllowPrivate: true, NoSelfcheck: true},
		Data:    sources.Options{Dir: dir, Offline: true},
		Out:     dir,
	})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(result.Document.Claims[0].Result)
	// Output: consistent
}
