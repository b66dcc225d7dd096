package scenario

import (
	"strings"
	"testing"
)

// least is a scenario with nothing in it that need not be.
const least = `name: least
about: nothing much
vantages: [{name: here, at: {lat: 50, lon: 8}, addrs: [192.0.2.1]}]
hosts: [{name: there, at: {lat: 40, lon: -74}, addrs: [203.0.113.1]}]
`

// faultyScenarios are what least becomes by one change, and what is said of it.
var faultyScenarios = []struct{ name, from, to, want string }{
	{"UnknownField", "about:", "abuot:", "unknown field \"abuot\""},
	{"NotYAML", "name: least", "name: [", "least.yaml: not a scenario"},
	{"NotAnAddress", "203.0.113.1", "203.0.113.256", "203.0.113.256"},
	{"RealAddress", "203.0.113.1", "8.8.8.8", "may be somebody's"},
	{"TakenAddress", "203.0.113.1", "192.0.2.1", "192.0.2.1 is the address of host there"},
	{"NoName", "name: there", "name: There", `hosts[0].name: "There" is not a name`},
	{"Nowhere", "lat: 40", "lat: 91", "hosts[0].at: 91,-74 is not a place"},
	{"NotANumber", "lat: 40", "lat: .nan", "is not a place"},
	{"NoPlace", "at: {lat: 40, lon: -74}, ", "", "either `at` or `sites`"},
	{"TooShort", "name: there", "name: there, stretch: 0.5", "hosts[0].stretch: 0.5 is not from 1 to 100"},
	{"NegativeDelay", "name: there", "name: there, extra_ms: -1", "extra_ms: -1 is not from 0"},
	{"Loss", "name: there", "name: there, loss: 1.5", "loss: 1.5"},
	{"NoRouter", "name: there", "name: there, via: [nobody]", `there is no router "nobody"`},
	{"PortTwice", "name: there", "name: there, ports: [{port: 1, service: echo}, {port: 1, service: echo}]", "ports[1].port: 1 is 0 or there twice"},
	{"UnknownService", "name: there", "name: there, ports: [{port: 1, service: gopher}]", `"gopher"; https, http`},
	{"UnknownCache", "name: there", "name: there, web: {cache: everything}", `web.cache: "everything"; reads or writes`},
	{"OpenWithoutService", "name: there", "name: there, ports: [{port: 1}]", "an open port has a service"},
	{"OthersOpen", "name: there", "name: there, others: open", "others"},
	{"NoResolver", "name: here", "name: here, resolvers: [there]", `"there" is not a host with ` + "`resolver`"},
	{"Middlebox", "name: here", "name: here, middleboxes: [{at: {lat: 1, lon: 1}, ports: [], hosts: [x]}]", `there is no host "x"`},
	{"Certificate", "name: there", "name: there, certificate: good", `"good"; self-signed, unknown-ca, company-ca or domain-ca`},
	{"BoxCertificate", "name: here", "name: here, middleboxes: [{at: {lat: 1, lon: 1}, ports: [443], certificate: unknown-ca}]", "set `tls` too"},
	{"RefusesAndEndsTLS", "name: here", "name: here, middleboxes: [{at: {lat: 1, lon: 1}, ports: [443], tls: true, refuses: true}]", "either it refuses"},
	{"Tunnel", "name: here", "name: here, tunnel: {exit: {lat: 99, lon: 1}}", "tunnel.exit: 99,1 is not a place"},
	{"TunnelExcept", "name: here", "name: here, tunnel: {exit: {lat: 9, lon: 1}, except: [x]}", `tunnel.except: there is no host "x"`},
	{"Unreachable", "name: here", "name: here, unreachable: [x]", `unreachable: there is no host "x"`},
	{"Machine", "name: here", "name: here, machine: A B", `machine: "A B" is not a name`},
	{"PortElsewhere", "name: there", "name: there, ports: [{port: 1, service: echo, at: {lat: 99, lon: 1}}]", "ports[0].at: 99,1 is not a place"},
	{"PortBehind", "name: there", "name: there, ports: [{port: 1, service: echo, behind: {lat: 99, lon: 1}}]", "ports[0].behind: 99,1 is not a place"},
	{"PortWeb", "name: there", "name: there, ports: [{port: 1, service: http, web: {status: 99}}]", "ports[0].web.status: 99"},
	{"RawAndStatus", "name: there", "name: there, web: {status: 200, raw: x}", "a raw answer has its own status"},
	{"OverridesName", "name: there", "name: there, resolver: {overrides: {A.example.: there}}", "overrides: \"A.example.\" is not a domain name in lower case"},
	{"OverridesHost", "name: there", "name: there, resolver: {overrides: {a.example: x}}", `"x" is neither a host nor an address`},
	{"AliasWithPort", "about:", "zones: [{name: a.example, servers: [there], records: [{name: a.example, https: [{priority: 0, port: 1}]}]}]\nabout:", "an alias (priority 0) has a target"},
	{"HTTPSHint", "about:", "zones: [{name: a.example, servers: [there], records: [{name: a.example, https: [{priority: 1, hints: [x]}]}]}]\nabout:", `"x" is neither a host`},
	{"Supply", "about:", "supply: [{name: s, text: \"${run nobody}\"}]\nabout:", "supply[0].text: supply s: ${run nobody} is not known"},
	{"SupplyTwice", "about:", "supply: [{name: s, text: a}, {name: s, text: b}]\nabout:", `supply[1]: "s" is there twice`},
	{"NobodyLooks", "vantages:", "vantages: []\nrouters: []\nusers: []\nargs: []\nseed: 1\nclaims: []\nzones: []\nx:", "unknown field"},
	{"Zone", "about:", "zones: [{name: a.example, servers: [there], records: [{name: b.example, to: [x]}]}]\nabout:", "not a host with a dns service"},
	{"Outside", "about:", "zones: [{name: a.example, servers: [there], records: [{name: b.example}]}]\nabout:", `"b.example" is not a domain name in a.example`},
	{"ForWhom", "about:", "zones: [{name: a.example, servers: [there], records: [{name: a.example, for: [{to: [there]}]}]}]\nabout:", "for whom?"},
	{"Country", "about:", "users: [{country: Germany, networks: [192.0.2.0/24]}]\nabout:", "not a code of ISO 3166-1"},
	{"Network", "about:", "users: [{country: DE, networks: [192.0.2.1/24]}]\nabout:", "192.0.2.1/24 is not a network"},
	{"Result", "about:", "expect: [{claim: c, result: good}]\nabout:", `"good"; one of refuted`},
	{"NoResult", "about:", "expect: [{claim: c}]\nabout:", "either `result` or `not`"},
	{"NoSubject", "about:", "expect: [{claim: c, result: proven, basis: physics}]\nabout:", "name its subject too"},
}

func TestParse(t *testing.T) {
	if _, err := Parse("least.yaml", []byte(least)); err != nil {
		t.Fatal(err)
	}
	for _, c := range faultyScenarios {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(least, c.from, c.to, 1)
			if text == least {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("least.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "least.yaml") {
				t.Errorf("%v\nwant %q", err, c.want)
			}
		})
	}
	if _, err := Parse("big.yaml", make([]byte, maxScenarioBytes+1)); err == nil {
		t.Error("a scenario of a megabyte and a byte")
	}
}
