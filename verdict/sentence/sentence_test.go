package sentence_test

import (
	"encoding/json"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Sentences are written of arguments as they are made, and as they are read.
func TestOf(t *testing.T) {
	for want, c := range map[string]verdict.Coded{
		"": {Code: "of-a-later-version"},
		"fra (DE), which is set aside, was answered from elsewhere":                                                    {Code: verdict.CodeElsewhereAside, Args: verdict.Args{"vantage": "fra", "country": "DE"}},
		"fra, which is set aside, was answered from elsewhere":                                                         {Code: verdict.CodeElsewhereAside, Args: verdict.Args{"vantage": "fra"}},
		"all vantages that carry it are in one network, AS4200000000":                                                  {Code: verdict.CodeInOneNetwork, Args: verdict.Args{"asn": uint32(4_200_000_000)}},
		"a reply to fra took 12.35 ms, so it came from within 1235 km of there, all of which the claim allows":         {Code: verdict.CodeReplyInside, Args: verdict.Args{"vantage": "fra", "rtt_ms": 12.346, "within_km": 1234.2}},
		"a reply to fra took 300 ms, so it came from within anywhere on earth of there, all of which the claim allows": {Code: verdict.CodeReplyInside, Args: verdict.Args{"vantage": "fra", "rtt_ms": 300, "within_km": 29_979.0}},
		"not held to be proven, since many hosts may share the address: the database db says that it is anycast": {
			Code: verdict.CodeNotProvenSince, Args: verdict.Args{"why": verdict.Coded{Code: verdict.CodeAnycastByDatabase, Args: verdict.Args{"database": "db"}}},
		},
		"the database db (of unknown date) says DE; the claim allows that": {Code: verdict.CodeDatabaseCountry, Args: verdict.Args{"database": "db", "country": "DE", "says": "inside"}},
		"H holds a part of O (capital: 12.5 %, votes: not stated), by a source without a date: source not on the web": {
			Code: verdict.CodeHolder, Args: verdict.Args{"holder": "H", "of": "O", "capital_percent": 12.50},
		},
		"of the countries within reach, the most plausible first, with the share of hosts of known place whose replies were as fast as one from there would be at the least: DE (12.3 %), FR (0 %)": {
			Code: verdict.CodePlausibleCountries, Args: verdict.Args{"countries": []verdict.Args{{"country": "DE", "share_percent": 12.34}, {"country": "FR", "share_percent": 0.0}}},
		},
		"the name a.example has no address (NXDOMAIN, SERVFAIL)": {Code: verdict.CodeNoAddress, Args: verdict.Args{"endpoint": "a.example", "rcodes": []string{"NXDOMAIN", "SERVFAIL"}}},
	} {
		written, err := json.Marshal(c)
		var read verdict.Coded
		if err != nil || json.Unmarshal(written, &read) != nil {
			t.Fatal(err)
		}
		for _, coded := range []verdict.Coded{c, read} {
			if got := sentence.Of(coded.Code, coded.Args); got != want {
				t.Errorf("%s: %q, want %q", written, got, want)
			}
		}
	}
}

// An empty text is no argument, and neither is what is not so.
func TestEmptyArguments(t *testing.T) {
	got := sentence.Limit(verdict.CodeUntrustedCertificate, verdict.Args{"address": "203.0.113.7:443", "name": "", "system_trusts": false})
	if len(got.Args) != 1 || got.Args["address"] != "203.0.113.7:443" {
		t.Errorf("the arguments are %v", got.Args)
	}
}
