package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// writePlaces writes a database that has a code for each address. One without an
// answer has no code; a leading ~ marks the address as anycast.
func writePlaces(t *testing.T, path string, codes map[string]string) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Acme-Country"})
	for addr, code := range codes {
		if err != nil {
			break
		}
		code, anycast := strings.CutPrefix(code, "~")
		record := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
		if anycast {
			record["traits"] = mmdbtype.Map{"is_anycast": mmdbtype.Bool(true)}
		}
		_, network, parseErr := net.ParseCIDR(addr + "/32")
		if err = parseErr; err == nil {
			err = tree.Insert(network, record)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	writeDatabase(t, path, tree)
}

// lookedUp is what probe finds of addresses in databases and published ranges on a
// machine without any network, judged by claims; the database that comes with the
// program is left out.
func lookedUp(t *testing.T, addr, code, ranges string, terms ...string) judgedFiles {
	t.Helper()
	dir := t.TempDir()
	claims, data := claimsOf("host: "+addr, terms...), filepath.Join(dir, "data")
	sheet, places, out := filepath.Join(dir, "claims.yaml"), filepath.Join(dir, "acme.mmdb"), filepath.Join(dir, "e.jsonl")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{sheet: claims, filepath.Join(data, "aws-ip-ranges.json"): ranges} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writePlaces(t, places, map[string]string{addr: code})
	c := landfallProcess(t, "probe", "--claims", sheet, "--geoip", places, "--data-dir", data, "--offline", "--countries", "none", "--no-selfcheck", "--out", out)
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	said, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatalf("this system gives no network namespace (%v): allow unprivileged user namespaces, or run the test as root", err)
	}
	if got := c.ProcessState.ExitCode(); got != exitIncomplete { // nothing can be measured there
		t.Fatalf("probe: status %d: %s", got, said)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(text), "\n"), func(line string) bool { return strings.Contains(line, `"database":"dbip`) })
	return judgeTexts(t, claims, []namedText{{"e.jsonl", strings.Join(lines, "")}})
}

// published is AWS's file with one range.
func published(prefix, service, region string) string {
	return fmt.Sprintf(`{"syncToken":"1790000000","createDate":"2026-11-20-10-00-00","prefixes":[{"ip_prefix":%q,"region":%q,"service":"AMAZON","network_border_group":%q},{"ip_prefix":%q,"region":%q,"service":%q,"network_border_group":%q}],"ipv6_prefixes":[]}`,
		prefix, region, region, prefix, region, service, region)
}

// What a database has for an address decides nothing where its operator publishes
// the range as that of an edge, or the database itself says anycast: such a host is
// in many places. Of an address in one region, the published range counts.
func TestDatabasesAndEdges(t *testing.T) {
	needs.Namespaces(t)
	for name, c := range map[string]struct {
		code, ranges string
		fr, de       verdict.Result // of claims that allow France, or Germany
		words        string         // among the limits of the first
	}{
		"a database alone":      {"DE", "", verdict.Disputed, verdict.Consistent, ""},
		"CloudFront":            {"DE", published("13.32.0.0/15", "CLOUDFRONT", "GLOBAL"), verdict.Inconclusive, verdict.Inconclusive, "decides nothing"},
		"origin-facing":         {"DE", published("13.32.0.0/15", "CLOUDFRONT_ORIGIN_FACING", "GLOBAL"), verdict.Inconclusive, verdict.Inconclusive, "decides nothing"},
		"Global Accelerator":    {"DE", published("13.32.0.0/15", "GLOBALACCELERATOR", "us-west-2"), verdict.Inconclusive, verdict.Inconclusive, "decides nothing"},
		"Route 53":              {"DE", published("13.32.0.0/15", "ROUTE53", "GLOBAL"), verdict.Inconclusive, verdict.Inconclusive, "decides nothing"},
		"another range":         {"DE", published("52.95.0.0/16", "CLOUDFRONT", "GLOBAL"), verdict.Disputed, verdict.Consistent, ""},
		"S3 in Frankfurt":       {"FR", published("13.32.0.0/15", "S3", "eu-central-1"), verdict.Inconclusive, verdict.Inconclusive, ""},
		"anycast by a database": {"~DE", "", verdict.Inconclusive, verdict.Inconclusive, "decides nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lookedUp(t, "13.32.1.1", c.code, c.ranges, "allow: [FR]", "allow: [DE]")
			fr, de := got.of(t, "allow-fr"), got.of(t, "allow-de")
			if fr.Result != c.fr || de.Result != c.de || !strings.Contains(strings.Join(fr.Limits, "\n"), c.words) {
				t.Errorf("%s and %s, want %s and %s: %+v %q", fr.Result, de.Result, c.fr, c.de, fr.Because, fr.Limits)
			}
		})
	}
}

// Codes of databases that are no country say nothing of a place, all the way to the
// verdict; UK is what some write for GB.
func TestDatabaseCodes(t *testing.T) {
	needs.Namespaces(t)
	terms := []string{"allow: [GB]", "deny: [GB]", "allow: [EU]", "deny: [CN]", "allow: [CN]"}
	decided := map[string][]verdict.Result{
		"GB": {verdict.Consistent, verdict.Disputed, verdict.Disputed, verdict.Consistent, verdict.Disputed},
		"UK": {verdict.Consistent, verdict.Disputed, verdict.Disputed, verdict.Consistent, verdict.Disputed},
		"cn": {verdict.Disputed, verdict.Consistent, verdict.Disputed, verdict.Disputed, verdict.Consistent},
		"CN": {verdict.Disputed, verdict.Consistent, verdict.Disputed, verdict.Disputed, verdict.Consistent},
	}
	for _, code := range []string{"GB", "UK", "CN", "EU", "AP", "ZZ", "XX", "A1", "A2", "O1", "T1", "QQ", "ZN", "FL", "-", "cn", "CHN", "C\u041d"} {
		t.Run(code, func(t *testing.T) {
			got := lookedUp(t, "3.5.140.9", code, "", terms...)
			for i, v := range got.doc.Verdicts {
				want := verdict.NotTested
				if decides := decided[code]; decides != nil {
					want = decides[i]
				}
				if v.Result != want {
					t.Errorf("%q: %s is %s, want %s: %+v", code, v.Claim, v.Result, want, v.Because)
				}
			}
		})
	}
}
