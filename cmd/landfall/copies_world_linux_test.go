package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/verdict"
)

// azurePlatform answers as Azure does, with recorded answers.
func azurePlatform(t *testing.T) fakenet.Platform {
	return fakenet.Platform{Service: scenario.Azure, Handler: func(*scenario.Scenario) (http.Handler, error) {
		return storetest.SignIn(storetest.Load(t, "../../providers/store/azure/testdata/recorded.txtar")), nil
	}}
}

// copiesWorld has an account of Azure's of which nobody tells the region, and the
// front door of its second region in Frankfurt.
func copiesWorld() *scenario.Scenario {
	paris, brussels := canaryVantage, scenario.Place{Lat: 50.85, Lon: 4.35}
	vantage := func(name string, at scenario.Place, addr string) scenario.Vantage {
		return scenario.Vantage{Name: name, At: at, Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Resolvers: []string{"resolver"}}
	}
	azure := func(name, addr string, at *scenario.Place) scenario.Host {
		return scenario.Host{Name: name, At: at, Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Ports: []scenario.Port{{Port: 443, Service: scenario.Azure}}}
	}
	return &scenario.Scenario{
		Name: "copies", Seed: 1,
		Vantages: []scenario.Vantage{vantage("paris", paris, "198.18.2.10"), vantage("brussels", brussels, "198.18.3.10")},
		Hosts: []scenario.Host{
			{Name: "resolver", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.53")}, At: &paris, Resolver: &scenario.Resolver{}, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			{Name: "ns", Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.53")}, At: &canaryDoor, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			azure("azure", "203.0.113.140", &scenario.Place{Lat: 52.37, Lon: 4.90}),
			azure("second", "203.0.113.141", &canaryDoor),
		},
		Zones: []scenario.Zone{
			{Name: "microsoftonline.com", Servers: []string{"ns"}, Records: []scenario.Record{{Name: "login.microsoftonline.com", To: []string{"azure"}}}},
			{Name: "azure.com", Servers: []string{"ns"}, Records: []scenario.Record{{Name: "management.azure.com", To: []string{"azure"}}}},
			{Name: "windows.net", Servers: []string{"ns"}, Records: []scenario.Record{
				{Name: "dataonly.blob.core.windows.net", To: []string{"azure"}}, {Name: "dataonly-secondary.blob.core.windows.net", To: []string{"second"}},
			}},
		},
	}
}

// Where nobody tells the regions of an account, the round trips to the front door
// of its second region rule out that the copies are where a claim has them.
func TestDoorOfACopyRefutes(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	dir := t.TempDir()
	claims := filepath.Join(dir, "lab.yaml")
	sheet := `schema: landfall.claims/v1
vendor: lab
name: Lab
endpoints: [{host: "azblob://dataonly/photos", roles: [backup]}]
claims:
  - {id: in-japan, says: "In Japan.", source: {url: "https://lab.test/", retrieved: 2026-11-01}, allow: [JP]}
  - {id: in-europe, says: "In Europe.", source: {url: "https://lab.test/", retrieved: 2026-11-01}, allow: [EU, CH, GB]}
`
	if err := os.WriteFile(claims, []byte(sheet), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"judge", "--claims", claims, "--fail-on", "never"}
	for vantage, at := range map[string]string{"paris": "48.86,2.35,5", "brussels": "50.85,4.35,5"} {
		path := filepath.Join(dir, vantage+".jsonl")
		args = append(args, path)
		var out bytes.Buffer
		err := fakenet.Run(t.Context(), copiesWorld(), vantage, fakenet.Job{
			Again: holdsAWorld, Path: "/proc/self/exe", Stdout: &out, Stderr: &out,
			Args: []string{"landfall", "probe", "azblob://dataonly/photos", "--countries", "none", "--no-selfcheck", "--vantage", "here@" + at, "--data-dir", dir, "--out", path},
			Env:  append([]string{"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "HOME=" + dir, "AZURE_TOKEN_CREDENTIALS=EnvironmentCredential"}, storetest.AzureUser...),
		})
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
	var out, errs bytes.Buffer
	s := system()
	s.out, s.err = &out, &errs
	if got := run(t.Context(), s, args); got != exitComplete {
		t.Fatalf("status %d: %s", got, &errs)
	}
	var doc verdict.Document
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range doc.Verdicts {
		if v.Endpoint == "dataonly-secondary.blob.core.windows.net" && v.Addr == "203.0.113.141" {
			got[v.Claim] = string(v.Result) + " " + string(v.Basis)
		}
	}
	if got["in-japan"] != "refuted physics" || strings.HasPrefix(got["in-europe"], "refuted") || got["in-europe"] == "" {
		t.Errorf("%v: %s", got, &out)
	}
}
