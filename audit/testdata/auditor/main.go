// Auditor audits a service of its own with landfall as a library: a server on this
// machine, about which a sheet claims that all content is in Germany.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/judge"
)

const sheet = `schema: landfall.claims/v1
vendor: example-drive
name: Example Drive
endpoints:
  - {host: 127.0.0.1, port: %d, roles: [sync]}
claims:
  - id: germany
    says: "All data is stored in Germany."
    source: {url: "https://drive.example/privacy", retrieved: 2026-01-01}
    allow: [DE]
`

func main() {
	dir, err := os.MkdirTemp("", "auditor-")
	if err == nil {
		err = auditServer(dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		log.Print(err)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// auditServer starts a server and audits it, with all files under dir.
func auditServer(dir string) error {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at, err := netip.ParseAddrPort(server.Listener.Addr().String())
	if err != nil {
		return err
	}
	own, err := providers.Parse("example-drive.yaml", fmt.Appendf(nil, sheet, at.Port()))
	if err != nil {
		return err
	}
	result, err := audit.Run(context.Background(), audit.Options{
		Sheets: []*providers.Sheet{own},
		Look: campaign.Options{
			Vantages:     []string{"here@50.11,8.68"},
			AllowPrivate: true, // the server is this program's own
			NoSelfcheck:  true,
			Events: func(e event.Event) {
				if _, progress := e.(event.Progress); !progress {
					log.Print(e)
				}
			},
		},
		Data: sources.Options{Dir: filepath.Join(dir, "data"), Offline: true},
		Out:  filepath.Join(dir, "site"),
	})
	if err != nil {
		return err
	}
	if result.Incomplete != nil {
		return result.Incomplete
	}
	return show(result)
}

// show prints what was found, and judges the evidence again to see that it gives the
// same.
func show(result *audit.Result) error {
	for _, claim := range result.Document.Claims {
		fmt.Printf("%s %s: %s\n", claim.Vendor, claim.Claim, claim.Result)
	}
	timed := 0
	for _, o := range result.Evidence.Observations {
		if _, ok := o.(*evidence.RTT); ok {
			timed++
		}
	}
	fmt.Printf("round trips were timed: %t\n", timed > 0)
	again, err := judge.Judge(result.Sheets, result.Evidence)
	if err != nil {
		return err
	}
	fmt.Printf("judged again, the result is the same: %t\n", again.Claims[0].Result == result.Document.Claims[0].Result)
	fmt.Printf("there is a report: %t\n", archive.IsThere(result.Page))
	return nil
}
