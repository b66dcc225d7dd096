package verdict_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// codesIn are the codes of a document.
func codesIn(doc *verdict.Document) []string {
	var out []string
	limits := func(list []verdict.Coded) {
		for _, c := range list {
			out = append(out, c.Code)
		}
	}
	for _, v := range doc.Vantages {
		out = append(out, v.SetAsideCode, v.MisplacedCode)
	}
	for _, c := range doc.Claims {
		limits(c.LimitCodes)
	}
	for _, v := range doc.Verdicts {
		limits(v.LimitCodes)
		for _, r := range v.Because {
			out = append(out, r.Code)
		}
	}
	return out
}

// Rare reasons stand where they should, and not where one thing is missing.
func TestRareReasons(t *testing.T) {
	redirect := func(status int) string {
		return fmt.Sprintf(`{"kind":"http","addr":"203.0.113.7","url":"https://api.example.com/","status":%d,"location":"https://cn.example.net/"}`, status)
	}
	sentOn := func(status int) []string {
		other := strings.NewReplacer("api.example.com", "cn.example.net", addr, "203.0.113.9", "HOST", "cn.example.net")
		return []string{resolved, redirect(status), other.Replace(resolved), other.Replace(line("at fra 5")), other.Replace(line("at par 12"))}
	}
	hint := func(place string) string {
		return `{"kind":"hint","addr":"203.0.113.7","from":"ptr","text":"x.example.net","place":"` + place + `","rule":"r"}`
	}
	published := func(country string) string {
		return `{"kind":"range","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"example","country":"` + country + `","source":"feed.csv"}`
	}
	together := []string{"tcp fra 10", "tcp par 8", "tcp lon 9", "tcp ber 6"}
	const (
		anycast = `{"kind":"geoip","addr":"203.0.113.7","database":"db","country":"DE","anycast":true}`
		failed  = `{"kind":"error","vantage":"fra","probe":"dns","target":"api.example.com","error":"no such host","class":"nxdomain"}`
		edge    = `{"kind":"range","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"aws","service":"CLOUDFRONT","region":"GLOBAL","source":"ranges.json"}`
	)
	answered := func(scope string) string { return strings.Replace(resolved, "0.0.0.0/0", scope, 1) }
	for code, c := range map[string]struct {
		claim    string
		endpoint string
		yes, no  []string
		networks []uint32 // of the vantages of yes and of no, the same for all; 0: not known
	}{
		verdict.CodeNoTrace:               {claim: "about: transit\ndeny: [CN]", yes: []string{"at fra 5"}, no: []string{`{"kind":"trace","vantage":"fra","addr":"203.0.113.7","method":"tcp","reached":true,"hops":[{"ttl":1,"addr":"198.51.100.1","rtt_ms":[1]}]}`}},
		verdict.CodeAnycastByDatabase:     {claim: "deny: [CN]", yes: []string{"at fra 1", "at par 4", anycast}, no: []string{"at fra 1", "at par 4", "db DE"}},
		verdict.CodeCountryDecidesNothing: {claim: "allow: [DE]", yes: []string{"at fra 60", anycast}, no: []string{"at fra 60", "db DE"}},
		verdict.CodePlaceRefuted:          {claim: "allow: [DE]", yes: []string{landmark("fra", "tyo", "0.2"), "landmark par 0.2"}, no: []string{"landmark fra 0.2", "landmark par 0.2"}},
		verdict.CodeFileMisplaced:         {claim: "allow: [DE]", yes: []string{landmark("fra", "tyo", "0.2"), "landmark par 0.2"}, no: []string{"landmark fra 0.2", "landmark par 0.2"}},
		verdict.CodeSomebodyNear:          {claim: "allow: [DE]", yes: notKeyed(strings.Split(landmark("fra", "tyo", "0.2"), "\n")), no: notKeyed(strings.Split(landmark("fra", "tyo", "200"), "\n"))},
		verdict.CodeLookupFailed:          {claim: "allow: [DE]", yes: []string{"no dns", failed}, no: []string{"no dns"}},
		verdict.CodeNoAddressForUsers:     {claim: "allow: [DE]\nwhen: {user_country: [IN]}", yes: []string{resolved}, no: []string{strings.Replace(resolved, `"answers"`, `"client_subnet":"192.0.2.0/24","client_country":"IN","answers"`, 1)}},
		verdict.CodeMethodsDisagree:       {claim: "allow: [DE]", endpoint: `host: "203.0.113.7"`, yes: []string{"tcp fra 5", "ping fra 100"}, no: []string{"tcp fra 5", "ping fra 6"}},
		verdict.CodePublishedEdge:         {claim: "allow: [DE]", yes: []string{"range aws eu-central-1", edge}, no: []string{"range aws eu-central-1"}},
		verdict.CodeOneCopyRefutation:     {claim: "allow: [IE, IT, BE]", endpoint: `host: "s3://bucket"`, yes: []string{timed("fra", 5.3, ""), timed("lon", 5, ""), "range aws NONE"}, no: []string{timed("fra", 5.3, ""), timed("lon", 5, "")}},
		verdict.CodeRedirect:              {claim: "allow: [CN]", yes: sentOn(302), no: []string{"at fra 5", "at par 12"}},
		verdict.CodeHintPlace:             {claim: "allow: [DE]", yes: []string{hint("DE")}, no: []string{hint("EU")}},
		verdict.CodeLandmarksApart:        {claim: "allow: [DE]", yes: []string{"at fra 5", "landmark fra 0.2", landmark("fra", "tyo", "0.2")}, no: []string{"at fra 5", "landmark fra 0.2", landmark("fra", "tyo", "200")}},
		verdict.CodeNoCommonPlace:         {claim: "allow: [CN]", yes: []string{"at lon 33.87", "at sju 33.87"}, no: []string{"at lon 60", "at sju 60"}}, // in mid-ocean
		verdict.CodeOneNetwork:            {claim: "deny: [RU, IE]", yes: together, no: together, networks: []uint32{64500, 0}},
		verdict.CodeOneOpenNetwork:        {claim: "allow: [CN]", yes: []string{"tcp fra 5", "tcp par 12"}, no: []string{"tcp fra 5", "tcp par 12"}, networks: []uint32{64500, 0}},
		verdict.CodePlanNotShown:          {claim: "allow: [CN]\nwhen: {plan: [business, school]}", yes: []string{"at fra 5", "at par 12"}, no: []string{"no dns"}},
		verdict.CodePublishedCountry:      {claim: "allow: [DE]", yes: []string{published("DE")}, no: []string{published("EU")}},
		verdict.CodeVendorExcepts:         {claim: "allow: [DE]\nexceptions: [support]", yes: []string{"db DE"}, no: []string{"no dns"}},
		verdict.CodeZoneIgnoresClients:    {claim: "deny: [CN]", yes: []string{answered(evidence.NoECS), "at fra 1", "at par 4"}, no: []string{answered("0.0.0.0/0"), "at fra 1", "at par 4"}},
	} {
		t.Run(code, func(t *testing.T) {
			for i, seen := range [][]string{c.yes, c.no} {
				s := story{name: "rare", claim: c.claim + "\nstate: processing\ncovers: [metadata]", endpoint: c.endpoint, seen: seen}
				b := s.bundle(t)
				for _, o := range b.Observations {
					if v, ok := o.(*evidence.Vantage); ok && c.networks != nil {
						v.ASN = c.networks[i]
					}
				}
				doc := judged(t, b, s.sheet(t))
				if found := slices.Contains(codesIn(doc), code); found != (i == 0) {
					t.Errorf("%v: found %v: %+v", seen, found, doc.Verdicts)
				}
			}
		})
	}
}

// Imports of several files, none of which is needed, do not stand against what one
// vantage measured itself.
func TestImportsAgainstMeasured(t *testing.T) {
	imported := func(id, city string) string {
		return strings.Replace(vantageLine(id, city, ""), `"network":"local"`, `"network":"import"`, 1)
	}
	var files []string
	for i, city := range []string{"fra", "par", "lon", "ber"} {
		id := fmt.Sprint("v", i)
		files = append(files, file(city, imported(id, city), answerLine, keyedReply("e", id, "5")))
	}
	for city, want := range map[string]bool{"tyo": true, "fra": false} {
		doc := mergedVerdicts(t, "allow: [JP]", append(slices.Clone(files), file("m", vantageLine("m", city, ""), answerLine, keyedReply("e", "m", "5")))...)
		if found := slices.Contains(codesIn(doc), verdict.CodeImportsAgainstMeasured); found != want {
			t.Errorf("measured from %s: found %v: %+v", city, found, doc.Verdicts)
		}
	}
}

// Of a claim that allows no place at all there is no nearest one.
func TestNothingAllowed(t *testing.T) {
	s := story{name: "nothing", claim: "allow: [DE]\nstate: processing\ncovers: [metadata]", seen: []string{"at fra 5", "at par 12"}}
	sheet := s.sheet(t)
	claim := &sheet.Claims[0]
	for _, denied := range []bool{false, true} {
		if denied {
			claim.Deny = claim.Allow
		}
		doc := judged(t, s.bundle(t), sheet)
		if found := slices.Contains(codesIn(doc), verdict.CodeReplyNothingAllowed); found != denied || found != (doc.Verdicts[0].Result == verdict.Refuted) {
			t.Errorf("denied %v: found %v, %s", denied, found, doc.Verdicts[0].Result)
		}
	}
}
