package formats_test

import (
	"fmt"
	"os"

	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// A view of the verdicts of a run is written in any format.
func Example() {
	doc := &verdict.Document{
		Run:    verdict.RunSummary{Run: "01KANR1V8Y2S9F0B4J6M3C5D7E", Tool: "landfall", Started: "2026-11-22T07:00:00Z"},
		Claims: []verdict.ClaimResult{{Vendor: "example-cloud", Claim: "only-in-singapore", Result: verdict.Refuted, Verdicts: 1}},
		Verdicts: []verdict.Verdict{{
			Vendor: "example-cloud", Claim: "only-in-singapore", Endpoint: "sync.example.com", Addr: "203.0.113.7",
			Subject: verdict.FrontDoor, Result: verdict.Refuted, Basis: verdict.BasisPhysics, Ratio: 11,
		}},
	}
	format, err := formats.LookUp("badge")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := format.Write(os.Stdout, view.New([]*verdict.Document{doc}, view.Options{})); err != nil {
		fmt.Println(err)
	}
	// Output: {"schemaVersion":1,"label":"landfall","message":"1 of 1 refuted","color":"#a3191b","isError":true}
}
