package verdict_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
)

// A file with a later date disputes what others saw, and does not overturn it.
func TestLaterFileDoesNotOverturn(t *testing.T) {
	later := func(lines ...string) string {
		for i := range lines {
			lines[i] = strings.Replace(lines[i], `{"kind"`, `{"at":"2099-01-01T00:00:00Z","kind"`, 1)
		}
		return file("LATER", lines...)
	}
	europe := file("A", vantageLine("v1", "fra", ""), vantageLine("v2", "par", ""), answerLine, keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4"))
	asia := []string{vantageLine("v1", "tyo", ""), vantageLine("v2", "osa", ""), keyedReply("e1", "v1", "0.5"), keyedReply("e2", "v2", "4")}
	europeLater := []string{vantageLine("v1", "ber", ""), vantageLine("v2", "lon", ""), keyedReply("e1", "v1", "9"), keyedReply("e2", "v2", "9")}
	elsewhere := slices.Clone(asia)
	for i := range elsewhere {
		elsewhere[i] = strings.Replace(elsewhere[i], "203.0.113.7", "203.0.113.9", 1)
	}
	elsewhere = append(elsewhere, strings.Replace(answerLine, "203.0.113.7", "203.0.113.9", 1))
	for name, c := range map[string]struct {
		claim string
		later []string
		not   verdict.Result
		alone verdict.Result
	}{
		"refuted, and later proven":            {"allow: [JP]", asia, verdict.Proven, verdict.Refuted},
		"proven, and later refuted":            {"deny: [JP]", asia, verdict.Refuted, verdict.Proven},
		"proven, and later at another address": {"deny: [JP]", elsewhere, verdict.Refuted, verdict.Proven},
		"later, and the same":                  {"allow: [JP]", europeLater, verdict.Disputed, verdict.Refuted},
	} {
		t.Run(name, func(t *testing.T) {
			alone := mergedVerdicts(t, c.claim, europe).Verdicts[0]
			if alone.Result != c.alone {
				t.Fatalf("alone it is %s", alone.Result)
			}
			for _, v := range mergedVerdicts(t, c.claim, europe, later(slices.Clone(c.later)...)).Verdicts {
				if v.Result == c.not {
					t.Errorf("%s is %s: %+v", v.Addr, v.Result, v.Because)
				}
			}
		})
	}
}

// Two nights of one machine say what one does: by landmarks it carries alone, and a
// file that contradicts nothing takes nothing away.
func TestAddedNightsKeepAResult(t *testing.T) {
	night := func(run, ms string) string {
		return file(run, append([]string{vantageLine("v1", "fra", `,"machine":"m"`), answerLine, keyedReply("e1", "v1", ms)}, landmarkLines("l", "v1", "fra", "0.2")...)...)
	}
	for name, files := range map[string][]string{
		"one night":                {night("A", "5")},
		"two nights":               {night("A", "5"), night("B", "6")},
		"a slow vantage beside it": {night("A", "5"), file("C", vantageLine("v1", "lon", ""), keyedReply("e1", "v1", "250"))},
	} {
		if v := mergedVerdicts(t, "allow: [CN]", files...).Verdicts[0]; v.Result != verdict.Refuted || !v.SingleVantage {
			t.Errorf("%s: %s, single vantage %v", name, v.Result, v.SingleVantage)
		}
	}
}

// Vantages of a file that saw nothing of an endpoint change nothing there.
func TestIdleVantagesChangeNothing(t *testing.T) {
	own := strings.ReplaceAll(file("A", vantageLine("v1", "fra", ""), vantageLine("v2", "par", ""), answerLine, keyedReply("e1", "v1", "5"), keyedReply("e2", "v2", "12")), `"network":"local"`, `"network":"import"`)
	var idle []string
	for i, city := range slices.Repeat([]string{"tyo", "osa", "pek", "lon"}, 4) {
		idle = append(idle, vantageLine("m"+string(rune('a'+i)), city, ""))
	}
	if v := mergedVerdicts(t, "allow: [CN]", own, file("B", idle...)).Verdicts[0]; v.Result != verdict.Refuted {
		t.Errorf("%s: %q", v.Result, v.Limits)
	}
}

// Connections of January and pings of November do not carry one verdict on an address
// together: the newest window decides.
func TestKindsOfReplyAreOfOneWindow(t *testing.T) {
	ping := func(id, vantage, ms string) string {
		return fmt.Sprintf(`{"kind":"rtt","id":%q,"vantage":%q,"addr":"203.0.113.7","method":"icmp","min_ms":%s}`, id, vantage, ms)
	}
	lines := []string{vantageLine("v1", "fra", `,"asn":64500`), vantageLine("v2", "par", `,"asn":64501`), vantageLine("v3", "ber", `,"asn":64502`), vantageLine("v4", "lon", `,"asn":64503`),
		at("2026-01-11", tcpReply("e1", "v1", "5")), at("2026-01-11", tcpReply("e2", "v2", "8")), at("2026-11-22", ping("e3", "v3", "6")), at("2026-11-22", ping("e4", "v4", "9"))}
	s := story{name: "window", claim: "deny: [CN]\ncovers: [metadata]", endpoint: "host: 203.0.113.7"}
	v := judged(t, mergedBundle(t, file("A", lines...)), s.sheetOf(t)).Verdicts[0]
	if v.Measured == nil || v.Measured.From != v.Measured.Until || !strings.HasPrefix(v.Measured.From, "2026-11-22") {
		t.Errorf("%s, measured %+v", v.Result, v.Measured)
	}
}

// A claim that was made between the replies at one address and those at another is not
// held against what was measured before it.
func TestClaimIsNotJudgedByOlderReplies(t *testing.T) {
	both := strings.Replace(wideAnswer, `["203.0.113.7"]`, `["203.0.113.7","203.0.113.9"]`, 1)
	elsewhere := func(line string) string { return strings.Replace(line, "203.0.113.7", "203.0.113.9", 1) }
	lines := []string{vantageLine("v1", "fra", ""), vantageLine("v2", "par", ""), both,
		at("2026-11-20", keyedReply("e1", "v1", "1")), at("2026-11-20", keyedReply("e2", "v2", "4")),
		at("2026-11-22", elsewhere(keyedReply("e3", "v1", "1"))), at("2026-11-22", elsewhere(keyedReply("e4", "v2", "4")))}
	doc := mergedVerdicts(t, "allow: [CN]\nsince: 2026-11-21", file("A", lines...))
	want := map[string]verdict.Result{"203.0.113.7": verdict.Disputed, "203.0.113.9": verdict.Refuted}
	for _, v := range doc.Verdicts {
		if v.Result != want[v.Addr] {
			t.Errorf("%s: %s, held back %+v", v.Addr, v.Result, v.HeldBack)
		}
	}
	if len(doc.Verdicts) != 2 {
		t.Errorf("%d verdicts", len(doc.Verdicts))
	}
}
