package globalping_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/globalping"
)

const vantage = `{"continent":"SA","country":"CL","state":null,"city":"Santiago","asn":64510,"network":"Andes Net","latitude":-33.45,"longitude":-70.67,"tags":[]}`

// document makes a measurement of results that are all from one vantage.
func document(kind, target, more string, results ...string) string {
	for i, r := range results {
		results[i] = `{"probe":` + vantage + `,"result":` + r + `}`
	}
	return fmt.Sprintf(`{"id":"mQ7","type":%q,"target":%q,"status":"finished","createdAt":"2024-03-05T06:07:08.900Z","updatedAt":"2024-03-05T06:07:10Z","probesCount":%d,%s"results":[%s]}`,
		kind, target, len(results), more, strings.Join(results, ","))
}

// found returns the observations of a type.
func found[T evidence.Observation](readings []platform.Reading) []T {
	var out []T
	for _, r := range readings {
		for _, o := range r.Observations {
			if x, ok := o.(T); ok {
				out = append(out, x)
			}
		}
	}
	return out
}

func hops(list ...string) string {
	return `{"status":"finished","rawOutput":"x","resolvedAddress":"198.51.100.12","hops":[` + strings.Join(list, ",") + `]}`
}

// Of a path only its end is the target's, and of a hop only the longest time is
// certain to be of the host that is named.
func TestWhoseFigure(t *testing.T) {
	const (
		fake   = `{"resolvedAddress":"198.51.100.12","resolvedHostname":"x","timings":[{"rtt":0.31},{"rtt":0.29}]}`
		router = `{"resolvedAddress":"10.3.3.3","resolvedHostname":"r.example","timings":[{"rtt":0.7},{"rtt":5.5}]}`
		own    = `{"resolvedAddress":"198.51.100.12","resolvedHostname":"x","timings":[{"rtt":0.3},{"rtt":92.25},{"rtt":null}]}`
		silent = `{"resolvedAddress":null,"resolvedHostname":null,"timings":[{"rtt":null}]}`
		star   = `{"resolvedAddress":"*","resolvedHostname":"*","timings":[]}`
	)
	for name, c := range map[string]struct {
		kind, result string
		want         bool
	}{
		"onward":                    {"traceroute", hops(fake, router, own), true},
		"never there":               {"traceroute", hops(fake, router), false},
		"then silence":              {"traceroute", hops(own, silent), false},
		"then stars":                {"traceroute", hops(own, star, star), false},
		"nobody":                    {"traceroute", hops(star, silent), false},
		"mtr":                       {"mtr", hops(fake, router, own), true},
		"mtr that sent further":     {"mtr", hops(router, own, silent), true},
		"mtr never there":           {"mtr", hops(fake, router, silent), false},
		"mtr in the target's name":  {"mtr", hops(fake, silent, own), true},
		"mtr with the target twice": {"mtr", hops(router, own, own), true},
	} {
		readings, err := globalping.ReadFile([]byte(document(c.kind, "198.51.100.12", "", c.result)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path, rtts := found[*evidence.Trace](readings)[0], found[*evidence.RTT](readings)
		if path.Reached != c.want || (len(rtts) == 1) != c.want {
			t.Errorf("%s: %+v", name, path)
			continue
		}
		if c.want && (rtts[0].MinMS < 92.25 || rtts[0].MinMS > 92.4 || slices.Min(rtts[0].SamplesMS) != rtts[0].MinMS) {
			t.Errorf("%s: %+v", name, rtts[0])
		}
		for _, h := range path.Hops {
			for _, ms := range h.RTTMS {
				if h.Addr == path.Addr && ms < 92 || h.Addr != path.Addr && ms < 5.5 {
					t.Errorf("%s: hop %d of %s has %v ms", name, h.TTL, h.Addr, ms)
				}
			}
		}
	}
}

// Everything that is read says when it was measured, and in which measurement.
func TestWhen(t *testing.T) {
	ping := `{"status":"finished","resolvedAddress":"198.51.100.12","timings":[{"rtt":8.25}],"stats":{"total":1,"rcv":1,"drop":0}}`
	lost := `{"status":"finished","resolvedAddress":"198.51.100.12","timings":[],"stats":{"total":-1,"loss":-1,"rcv":-1,"drop":0}}`
	broken := `{"status":"failed","rawOutput":"The measurement command timed out.","resolvedAddress":null,"timings":[],"stats":{"total":-1}}`
	readings, err := globalping.ReadFile([]byte(document("ping", "Files.example", "", ping, lost, broken)))
	if err != nil || len(readings) != 3 {
		t.Fatalf("%d readings, %v", len(readings), err)
	}
	for _, r := range readings {
		for _, o := range r.Observations {
			if meta := o.Common(); meta.At.Format("2006-01-02 15:04:05") != "2024-03-05 06:07:08" || meta.Measurement != "globalping:mQ7" {
				t.Errorf("%+v", o)
			}
		}
		if r.Vantage.Machine != "" {
			t.Errorf("%+v: the platform's probes have no ids", r.Vantage)
		}
	}
	failures := found[*evidence.Error](readings)
	if len(failures) != 2 || failures[0].Error != "no packet was answered" || failures[0].Target != "Files.example" || failures[1].Class != evidence.ClassTimeout {
		t.Errorf("%+v", failures)
	}
	if answers := found[*evidence.DNS](readings); len(answers) != 1 || answers[0].Name != "files.example" {
		t.Errorf("%+v", answers)
	}
}

// What is no result is reported, and costs no other.
func TestReadFile(t *testing.T) {
	ping := `{"status":"finished","resolvedAddress":"198.51.100.12","timings":[{"rtt":8.25}],"stats":{"total":1}}`
	good := document("ping", "198.51.100.12", "", ping)
	for name, c := range map[string]struct {
		text, word string
		readings   int
	}{
		"order":            {`{"id":"mQ8","probesCount":4}`, "only ordered yet", 0},
		"in progress":      {`{"id":"mQ8","type":"ping","target":"a.example","status":"in-progress","probesCount":1,"results":[]}`, "in progress", 0},
		"no results":       {`{"id":"mQ8","type":"ping","target":"a.example","status":"finished","probesCount":0,"results":[]}`, "no results", 0},
		"one in progress":  {document("ping", "198.51.100.12", "", `{"status":"in-progress","rawOutput":""}`, ping), "Santiago", 1},
		"one bad":          {document("ping", "198.51.100.12", "", `{"status":5}`, ping), "result 1", 1},
		"a bad vantage":    {strings.Replace(document("ping", "198.51.100.12", "", ping, ping), `"asn":64510`, `"asn":"many"`, 1), "result 1", 1},
		"two measurements": {good + "\n" + good, "", 2},
		"list":             {"[" + good + "," + good + "]", "", 2},
		"cut":              {good + "\n" + good[:120], "cut off", 1},
		"empty":            {"[]", "no measurement", 0},
		"another type":     {strings.Replace(good, `"target":"198.51.100.12"`, `"target":5`, 1), "target", 0},
	} {
		readings, err := globalping.ReadFile([]byte(c.text))
		if (err == nil) != (c.word == "") || err != nil && !strings.Contains(err.Error(), c.word) || len(readings) != c.readings {
			t.Errorf("%s: %d readings, %v; %d and %q are expected", name, len(readings), err, c.readings, c.word)
		}
	}
}

// web makes the result of an http test.
func web(authorized bool, alt, tls, firstByte string) string {
	return fmt.Sprintf(`{"status":"finished","rawOutput":"","resolvedAddress":"198.51.100.12","statusCode":200,"headers":{},"timings":{"total":90,"dns":3,"tcp":20,"tls":%s,"firstByte":%s,"download":0},
		"tls":{"authorized":%v,"protocol":"TLSv1.3","fingerprint256":"%s","subject":{"CN":"x","alt":%s},"issuer":{"CN":"CA"}}}`,
		tls, firstByte, authorized, strings.TrimSuffix(strings.Repeat("AB:", 32), ":"), alt)
}

// The key of the endpoint answered where the certificate is valid for the name
// that was asked for, and only there.
func TestAuthenticated(t *testing.T) {
	const dns, wild, addr, other = `"DNS:files.example, DNS:x.example"`, `"DNS:*.example"`, `"IP Address:198.51.100.12"`, `"DNS:files.example.net"`
	host := func(name string) string {
		return `"measurementOptions":{"request":{"host":"` + name + `"}},`
	}
	for name, c := range map[string]struct {
		target, options, result string
		server                  string // empty: nobody is shown to have answered
		ms                      float64
	}{
		"the first byte is later":       {"files.example", "", web(true, dns, "21", "24"), "files.example", 22},
		"an answer before the question": {"Files.Example", "", web(true, dns, "41", "0"), "files.example", 42},
		"below a millisecond":           {"files.example", "", web(true, dns, "0", "4"), "files.example", 1},
		"no first byte":                 {"files.example", "", web(true, dns, "21", "null"), "files.example", 22},
		"by a pattern":                  {"files.example", "", web(true, wild, "21", "24"), "files.example", 22},
		"names left out":                {"files.example", "", strings.Replace(web(true, "null", "21", "24"), `"CN":"x",`, "", 1), "files.example", 22},
		"HTTP/2":                        {"files.example", `"measurementOptions":{"protocol":"HTTP2","port":8443},`, web(true, dns, "21", "24"), "files.example", 22},
		"the Host header the same":      {"files.example", host("files.example"), web(true, dns, "21", "24"), "files.example", 22},
		"an address and a name":         {"198.51.100.12", host("files.example"), web(true, dns, "21", "24"), "files.example", 22},
		"an address":                    {"198.51.100.12", "", web(true, addr, "21", "24"), "198.51.100.12", 22},

		"no handshake time":         {"files.example", "", web(true, dns, "null", "24"), "", 0},
		"a clock that was set back": {"files.example", "", web(true, dns, "-4", "24"), "", 0},
		"not authorised":            {"files.example", "", web(false, dns, "21", "24"), "", 0},
		"for another name":          {"files.example", "", web(true, other, "21", "24"), "", 0},
		"by a deeper pattern":       {"a.files.example", "", web(true, wild, "21", "24"), "", 0},
		"by its common name":        {"files.example", "", web(true, "null", "21", "24"), "", 0},
		"an address, for a name":    {"198.51.100.12", "", web(true, dns, "21", "24"), "", 0},
		"a name, for another":       {"files.example", host("x.example"), web(true, dns, "21", "24"), "", 0},
		"a Host header of no name":  {"198.51.100.12", host("-/-"), web(true, dns, "21", "24"), "", 0},
		"plain HTTP":                {"files.example", `"measurementOptions":{"protocol":"HTTP"},`, web(true, dns, "21", "24"), "", 0},
		"no times":                  {"files.example", "", web(true, dns, "null", "null"), "", 0},
		"no certificate":            {"files.example", "", `{"status":"finished","resolvedAddress":"198.51.100.12","statusCode":200,"timings":{"tls":5,"firstByte":5},"tls":null}`, "", 0},
	} {
		readings, err := globalping.ReadFile([]byte(document("http", c.target, c.options, c.result)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rtts := found[*evidence.RTT](readings)
		if (len(rtts) == 1) != (c.server != "") || len(found[*evidence.HTTP](readings)) != 1 {
			t.Errorf("%s: %+v", name, rtts)
			continue
		}
		if c.server == "" {
			continue
		}
		want := uint16(443)
		if strings.Contains(c.options, "8443") {
			want = 8443
		}
		if url := found[*evidence.HTTP](readings)[0].URL; !strings.HasPrefix(url, "https://") || rtts[0].Port != want {
			t.Errorf("%s: port %d, %s", name, rtts[0].Port, url)
		}
		shown(t, name, rtts[0], c.server, c.ms)
	}
}

// shown checks that a round trip shows a server's key, in a time.
func shown(t *testing.T, name string, r *evidence.RTT, server string, ms float64) {
	t.Helper()
	who := r.Authenticated
	if r.MinMS != ms || r.Method != evidence.MethodTLS || who == nil || who.ServerName != server || who.How != evidence.MethodTLS || who.CertSHA256 != strings.Repeat("ab", 32) {
		t.Errorf("%s: %+v, %+v", name, r, who)
	}
	r.ID = "e1"
	if err := evidence.Validate(r); err != nil {
		t.Error(err)
	}
}

// An order by address for a name is read as what was asked, and no other name is
// taken for it.
func TestAuthenticatedByAsk(t *testing.T) {
	ask := platform.Ask{Type: platform.TypeHTTP, Name: "files.example", Port: 443}
	body := json.RawMessage(document("http", "198.51.100.12", `"measurementOptions":{"request":{"host":"x.example"}},`, web(true, `"DNS:files.example, DNS:x.example"`, "9", "9")))
	if _, err := globalping.Read(ask, body); err == nil {
		t.Error("a measurement of an address is taken for one of a name")
	}
	ask.Addr = photos
	body = json.RawMessage(strings.ReplaceAll(string(body), "198.51.100.12", photos.String()))
	readings, err := globalping.Read(ask, body)
	if rtts := found[*evidence.RTT](readings); err != nil || len(rtts) != 0 {
		t.Errorf("%+v, %v", rtts, err)
	}
	readings, err = globalping.Read(ask, json.RawMessage(strings.Replace(string(body), `"host":"x.example"`, `"host":"files.example"`, 1)))
	if rtts := found[*evidence.RTT](readings); err != nil || len(rtts) != 1 || rtts[0].Authenticated.ServerName != "files.example" {
		t.Errorf("%+v, %v", rtts, err)
	}
}
