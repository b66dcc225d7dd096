package providers

import (
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	early, late := mustDate(t, "2019-12-31"), mustDate(t, "2020-01-01")
	if !early.Before(late) || late.Before(early) || early.Before(early) || !late.After(early) || !(Date{}).Before(early) {
		t.Error("dates are out of order")
	}
	if got := DateOf(time.Date(2020, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600))); got != early {
		t.Errorf("DateOf is %v, want the day in UTC", got)
	}
	for _, text := range []string{"", "2020-1-1", "2020-02-30", "0000-00-00", "2020-01-01T00:00:00Z", " 2020-01-01"} {
		if date, err := ParseDate(text); err == nil {
			t.Errorf("ParseDate(%q) = %v", text, date)
		}
	}
	for _, date := range []Date{{}, early} {
		text, err := date.MarshalText()
		var read Date
		if err != nil || read.UnmarshalText(text) != nil || read != date {
			t.Errorf("%v is written as %q and read as %v, %v", date, text, read, err)
		}
	}
}

func TestInForce(t *testing.T) {
	claim := Claim{Since: mustDate(t, "2014-10-22"), Until: mustDate(t, "2019-04-24"), Deadline: mustDate(t, "2014-12-31")}
	for _, test := range []struct {
		on           string
		inForce, due bool
		reason       string
	}{
		{"2014-10-21", false, false, "the claim stands since 2014-10-22"},
		{"2014-10-22", true, false, ""},
		{"2014-12-31", true, false, ""},
		{"2015-01-01", true, true, ""},
		{"2019-04-24", true, true, ""},
		{"2019-04-25", false, true, "the claim was superseded after 2019-04-24"},
	} {
		on := mustDate(t, test.on)
		if ok, reason := claim.InForceOn(on); ok != test.inForce || reason != test.reason {
			t.Errorf("on %s in force: %v, %q", on, ok, reason)
		}
		if due := claim.DueOn(on); due != test.due {
			t.Errorf("on %s due: %v", on, due)
		}
	}
	if ok, _ := (Claim{}).InForceOn(mustDate(t, "2026-01-01")); !ok || !(Claim{}).DueOn(mustDate(t, "2026-01-01")) {
		t.Error("a claim without dates does not stand or is not due")
	}
}

func TestAppliesToUser(t *testing.T) {
	in := Condition{UserCountry: CountryRule{In: []string{"IN", "TW"}}}
	not := Condition{UserCountry: CountryRule{NotIn: []string{"CN"}}}
	for _, test := range []struct {
		name      string
		condition Condition
		country   string
		want      bool
	}{
		{"none", Condition{}, "CN", true}, {"none-unknown", Condition{}, "", true},
		{"in", in, "IN", true}, {"in-other", in, "CN", false}, {"in-unknown", in, "", false},
		{"not", not, "IN", true}, {"not-excluded", not, "CN", false}, {"not-unknown", not, "", false},
	} {
		if got := test.condition.AppliesToUser(test.country); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestOverlaps(t *testing.T) {
	region := func(names ...string) Condition { return Condition{Regions: names} }
	plan := func(names ...string) Condition { return Condition{Plans: names} }
	in := func(codes ...string) Condition { return Condition{UserCountry: CountryRule{In: codes}} }
	not := func(codes ...string) Condition { return Condition{UserCountry: CountryRule{NotIn: codes}} }
	for name, test := range map[string]struct {
		a, b Condition
		want bool
	}{
		"none":           {Condition{}, Condition{}, true},
		"one":            {region("eu"), Condition{}, true},
		"same-region":    {region("eu", "us"), region("us"), true},
		"other-region":   {region("eu"), region("us"), false},
		"other-plan":     {plan("free"), plan("business"), false},
		"same-country":   {in("IN", "TW"), in("TW"), true},
		"other-country":  {in("IN"), in("TW"), false},
		"not-the-other":  {not("CN"), in("CN"), false},
		"not-all-others": {not("CN"), in("CN", "IN"), true},
		"two-nots":       {not("CN"), not("IN"), true},
	} {
		if test.a.Overlaps(test.b) != test.want || test.b.Overlaps(test.a) != test.want {
			t.Errorf("%s: want %v both ways", name, test.want)
		}
	}
}

func TestConcerns(t *testing.T) {
	content := Claim{Covers: []Cover{CoverContent}, When: Condition{Regions: []string{"eu"}}}
	for name, test := range map[string]struct {
		endpoint Endpoint
		want     bool
	}{
		"upload":       {Endpoint{Roles: []Role{RoleUpload}}, true},
		"sync":         {Endpoint{Roles: []Role{RoleAuth, RoleSync}}, true},
		"telemetry":    {Endpoint{Roles: []Role{RoleTelemetry}}, false},
		"sign-in":      {Endpoint{Roles: []Role{RoleAuth}}, false},
		"unknown-role": {Endpoint{}, true},
		"other-region": {Endpoint{Roles: []Role{RoleUpload}, When: Condition{Regions: []string{"us"}}}, false},
	} {
		if content.Concerns(test.endpoint) != test.want {
			t.Errorf("%s: want %v", name, test.want)
		}
	}
	for _, role := range Roles() {
		if len(role.Carries()) == 0 {
			t.Errorf("role %s carries nothing", role)
		}
	}
}

func TestTestable(t *testing.T) {
	for name, test := range map[string]struct {
		claim Claim
		want  bool
	}{
		"vague":    {Claim{Says: "safe"}, false},
		"allow":    {Claim{Allow: mustPlaces(t, "DE")}, true},
		"deny":     {Claim{Deny: mustPlaces(t, "DE")}, true},
		"require":  {Claim{Require: mustPlaces(t, "DE")}, true},
		"operator": {Claim{Operators: OperatorTerms{Deny: OperatorSet{Jurisdictions: []string{"CN"}}}}, true},
	} {
		if test.claim.Testable() != test.want {
			t.Errorf("%s: want %v", name, test.want)
		}
	}
}
