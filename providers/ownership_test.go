package providers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// chainText is a chain on one line: holder share/votes (those above).
func chainText(owners []Owner) string {
	var parts []string
	for _, owner := range owners {
		part := fmt.Sprintf("%s %s/%s", owner.Holder, owner.Share, owner.Votes)
		if len(owner.Above) > 0 {
			part += " (" + chainText(owner.Above) + ")"
		}
		if owner.Cycle {
			part += " (again)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// The company that runs Azure in China, before and after its owners changed.
func TestChainBeforeAndAfter(t *testing.T) {
	kingsoft := "Kingsoft Corporation Limited 11.6 %/not stated (Lei Jun 15 %/not stated, Lei Jun 29.9 %/not stated, Xiaomi Corporation 3 %/not stated)"
	for _, test := range []struct{ name, on, want string }{
		{"21Vianet", "2014-11-30", ""},
		{"21Vianet", "2015-02-01", kingsoft + ", Xiaomi Corporation 3.4 %/not stated, Temasek 13.1 %/not stated, Lei Jun, Kingsoft and Xiaomi together 14 %/30 %"},
		{"21Vianet", "2017-06-01", "Tus-Holdings 21 %/not stated"},
		{"VNET Group, Inc.", "2024-06-01", "Shandong Hi-Speed Holdings Group 41.2 %/35 %, Josh Sheng Chen 4.1 %/17.3 %, Fidelity International 5.2 %/not stated"},
		{"Yandex", "2024-06-01", "Purchasing consortium (main owner: fund Consortium.First) 68 %/not stated"},
		{"Yandex", "2024-08-01", "Purchasing consortium (main owner: fund Consortium.First) 96 %/not stated"},
		{"Exoscale", "2026-01-01", "Telekom Austria AG not stated/not stated (America Movil 56.55 %/not stated, OBAG 28 %/not stated)"},
		{"nobody at all", "2024-06-01", ""},
	} {
		if got := chainText(Owners().Chain(test.name, mustDate(t, test.on))); got != test.want {
			t.Errorf("%s on %s:\n got %s\nwant %s", test.name, test.on, got, test.want)
		}
	}
}

func TestOrganisationsAreFound(t *testing.T) {
	for _, name := range []string{"21vianet", "21VIANET.CO.,LTD", "vnet group inc"} {
		if organisation, ok := Owners().Organisation(name); !ok || organisation.Name != "VNET Group, Inc." {
			t.Errorf("%s is %q, %v", name, organisation.Name, ok)
		}
	}
	if organisation, ok := Owners().OrganisationOfASN(58593); !ok || organisation.Name != "Shanghai Blue Cloud Technology Co., Ltd." {
		t.Errorf("AS58593 is %q, %v", organisation.Name, ok)
	}
	if got := chainText(Owners().ChainOfASN(58593, mustDate(t, "2024-06-01"))); !strings.HasPrefix(got, "Beijing 21Vianet Broadband Data Center Co., Ltd. 100 %") {
		t.Errorf("AS58593 is held by %s", got)
	}
	if _, ok := Owners().OrganisationOfASN(64500); ok || Owners().ChainOfASN(64500, Date{}) != nil {
		t.Error("a network of the documentation range has an organisation")
	}
	if name, ok := Owners().Nearest("21Vianett"); !ok || name != "21Vianet" {
		t.Errorf("nearest is %q, %v", name, ok)
	}
	if len(Owners().Statements("21Vianet")) < 9 || Owners().Statements("nobody at all") != nil {
		t.Error("the statements about an organisation are not all there")
	}
}

// Every row says where it was read, is bounded, and belongs to no circle on the
// day on which it begins.
func TestOwnershipTable(t *testing.T) {
	table := Owners()
	for _, holding := range table.Holdings {
		if holding.Source.URL == "" || holding.Source.Retrieved.IsZero() || holding.Source.Retrieved.Before(holding.From) {
			t.Errorf("%s: the source is missing or older than the holding", holding.Pos)
		}
		if strings.Contains(chainText(table.Chain(holding.Of, holding.From)), "(again)") {
			t.Errorf("%s: the chain of %s is a circle", holding.Pos, holding.Of)
		}
	}
	for _, organisation := range table.Organisations {
		if len(organisation.Jurisdictions) == 0 {
			t.Errorf("%s: no jurisdiction", organisation.Pos)
		}
	}
}

const ownershipHead = "schema: landfall.ownership/v1\norganisations:\n  - {name: A AG, jurisdictions: [CH]}\n  - {name: B AG, asns: [1]}\nholdings:\n"

func row(text string) string {
	return ownershipHead + `  - {` + text + `, source: {url: "https://example.com/", retrieved: 2026-01-01}}` + "\n"
}

func TestOwnershipFaults(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown-organisation": {row("of: A GG, holder: C"), `own.yaml:6:24: "A GG" is not under organisations`},
		"itself":               {row("of: A AG, holder: a.ag"), `"a.ag" holds itself`},
		"dates":                {row("of: A AG, holder: C, from: 2020-02-01, until: 2020-01-31"), "until 2020-01-31 is before from 2020-02-01"},
		"percent":              {row("of: A AG, holder: C, share_percent: 101"), "share_percent is "},
		"not-a-number":         {row("of: A AG, holder: C, votes_percent: .nan"), "votes_percent is "},
		"country":              {row("of: A AG, holder: C, jurisdictions: [XX]"), "XX"},
		"no-source":            {ownershipHead + "  - {of: A AG, holder: C}\n", "the holding has no source"},
		"schema":               {strings.Replace(row("of: A AG, holder: C"), "/v1", "/v2", 1), "expected landfall.ownership/v1"},
		"name-twice":           {strings.Replace(row("of: A AG, holder: C"), "name: B AG", "name: a.ag", 1), "is a name of"},
		"asn-twice":            {strings.Replace(row("of: A AG, holder: C"), "name: A AG", "asns: [1], name: A AG", 1), "AS1 belongs to"},
		"asn-word":             {strings.Replace(row("of: A AG, holder: C"), "[1]", "[AS1]", 1), "without AS in front"},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := ParseOwnership("own.yaml", []byte(test.text))
			if err == nil || table != nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "own.yaml:") {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// Two that hold each other are both shown, once.
func TestCircleEnds(t *testing.T) {
	text := row("of: A AG, holder: B AG, share_percent: 1.25") + `  - {of: B AG, holder: A AG, source: {url: "https://example.com/", retrieved: 2026-01-01}}` + "\n"
	table, err := ParseOwnership("own.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := chainText(table.Chain("A AG", Date{})), "B AG 1.25 %/not stated (A AG not stated/not stated (again))"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if share := table.Holdings[0].Share; math.Abs(share.Value-1.25) > 0 || !table.Holdings[0].Undated() {
		t.Errorf("share %v", share)
	}
}
