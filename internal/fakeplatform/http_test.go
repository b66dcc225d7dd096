package fakeplatform

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

var (
	frankfurt = scenario.Place{Lat: 50.11, Lon: 8.68}
	singapore = scenario.Place{Lat: 1.35, Lon: 103.82}
	zhengzhou = scenario.Place{Lat: 34.75, Lon: 113.62}
)

// web is a world with a probe in Frankfurt and servers of several kinds.
func web() *scenario.Scenario {
	https := []scenario.Port{{Port: 443, Service: scenario.HTTPS}, {Port: 80, Service: scenario.HTTP}}
	host := func(name, addr string, at scenario.Place) scenario.Host {
		return scenario.Host{Name: name, Addrs: []netip.Addr{netip.MustParseAddr(addr)}, At: &at, Ports: https}
	}
	isp := host("isp", "203.0.113.53", frankfurt)
	isp.Ports, isp.Resolver = []scenario.Port{{Port: 53, Service: scenario.DNS}}, &scenario.Resolver{Overrides: map[string]string{"blocked.example.com": "block-page"}}
	server := host("ns", "203.0.113.54", frankfurt)
	server.Ports = isp.Ports
	page := host("block-page", "203.0.113.80", frankfurt)
	page.Certificate = scenario.SelfSigned
	moved := host("moved", "203.0.113.81", singapore)
	moved.Web = scenario.Web{Status: 307, Headers: map[string]string{"location": "https://elsewhere.example.com/"}}
	relay := host("relay", "203.0.113.82", frankfurt)
	relay.Ports = []scenario.Port{{Port: 443, Service: scenario.HTTPS, Behind: &zhengzhou}}
	plain := host("plain", "203.0.113.83", singapore)
	plain.Certificate = scenario.DomainCA
	return &scenario.Scenario{
		Name: "web", About: "servers of several kinds",
		Vantages: []scenario.Vantage{{
			Name: "probe", At: frankfurt, Country: "DE", Addrs: []netip.Addr{netip.MustParseAddr("198.18.1.1")}, Resolvers: []string{"isp"},
			Remote: &scenario.Remote{On: []string{"globalping"}, City: "Frankfurt", ASN: 64500, Network: "Rhine Net"},
			Middleboxes: []scenario.Middlebox{
				{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"proxied"}},
				{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"inspected"}, TLS: true, Certificate: scenario.UnknownCA},
				{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"refused"}, Refuses: true},
			},
		}},
		Hosts: []scenario.Host{
			isp, server, page, moved, relay, plain, host("proxied", "203.0.113.84", singapore),
			host("inspected", "203.0.113.85", singapore), host("refused", "203.0.113.86", singapore),
		},
		Zones: []scenario.Zone{{Name: "example.com", Servers: []string{"ns"}, Records: []scenario.Record{
			{Name: "plain.example.com", To: []string{"plain"}}, {Name: "blocked.example.com", To: []string{"plain"}},
		}}},
	}
}

// tested is what an http test gives.
type tested struct {
	Status          string            `json:"status"`
	ResolvedAddress string            `json:"resolvedAddress"`
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Timings         struct {
		Total, DNS, TCP, TLS, FirstByte, Download *int
	} `json:"timings"`
	TLS *struct {
		Authorized     bool   `json:"authorized"`
		Error          string `json:"error"`
		Protocol       string `json:"protocol"`
		Fingerprint256 string `json:"fingerprint256"`
		Issuer         struct{ CN string }
	} `json:"tls"`
}

// measured makes a measurement and waits for its only test.
func measured(t *testing.T, g *Globalping, body string) tested {
	t.Helper()
	post := httptest.NewRequest(http.MethodPost, "/v1/measurements", bytes.NewBufferString(body))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, post)
	var made struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusAccepted {
		t.Fatalf("%s: %d %s, %v", body, w.Code, w.Body, err)
	}
	for {
		time.Sleep(globalpingPoll)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/measurements/"+made.ID, nil))
		var got struct {
			Status  string
			Results []struct{ Result tested }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if got.Status == "finished" {
			return got.Results[0].Result
		}
	}
}

// An http test tells of each host when it took the connection, when the key
// answered, and whether the certificate holds for the name.
func TestRequests(t *testing.T) {
	g := NewGlobalping(web(), Options{})
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	const near, far = 0, 102 // ms that light in fibre needs from Frankfurt, the latter to Singapore at the least
	for _, c := range []struct {
		name, body, err, addr string
		code, tcp, tls        int
	}{
		{"ByName", `"target":"plain.example.com"`, "", "203.0.113.83", 200, far, far},
		{"ByAddress", `"target":"203.0.113.83","measurementOptions":{"request":{"host":"plain.example.com"}}`, "", "203.0.113.83", 200, far, far},
		{"BlockPage", `"target":"blocked.example.com"`, "DEPTH_ZERO_SELF_SIGNED_CERT", "203.0.113.80", 200, near, near},
		{"Redirect", `"target":"203.0.113.81","measurementOptions":{"request":{"host":"a.example","method":"GET"}}`, "", "203.0.113.81", 307, far, far},
		{"Relay", `"target":"203.0.113.82"`, "", "203.0.113.82", 200, near, 80},
		{"Proxied", `"target":"203.0.113.84"`, "", "203.0.113.84", 200, near, far},
		{"Inspected", `"target":"203.0.113.85"`, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "203.0.113.85", 200, near, near},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := measured(t, g, `{"type":"http",`+c.body+`}`)
			if got.Status != "finished" || got.StatusCode != c.code || got.ResolvedAddress != c.addr || got.TLS == nil {
				t.Fatalf("%+v", got)
			}
			if got.TLS.Error != c.err || got.TLS.Authorized != (c.err == "") || got.TLS.Protocol != "TLSv1.3" || len(got.TLS.Fingerprint256) != 95 {
				t.Errorf("%+v", got.TLS)
			}
			// A figure can be one too low, and as much too high as this machine is busy.
			for step, ms := range map[string][2]int{"tcp": {*got.Timings.TCP, c.tcp}, "tls": {*got.Timings.TLS, c.tls}, "firstByte": {*got.Timings.FirstByte, c.tls}} {
				if ms[0] < ms[1]-1 || c.tcp == near && step == "tcp" && ms[0] >= 80 {
					t.Errorf("%s took %d ms, %d is true", step, ms[0], ms[1])
				}
			}
			if (c.code == 307) != (got.Headers["location"] != "") {
				t.Errorf("headers %v", got.Headers)
			}
		})
	}
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		got := measured(t, g, `{"type":"http","target":"203.0.113.86"}`)
		if got.Status != "failed" || got.TLS != nil || got.Timings.TCP != nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("WithoutTLS", func(t *testing.T) {
		t.Parallel()
		got := measured(t, g, `{"type":"http","target":"203.0.113.83","measurementOptions":{"protocol":"HTTP"}}`)
		if got.Status != "finished" || got.TLS != nil || got.Timings.TLS != nil || *got.Timings.TCP < far-1 {
			t.Errorf("%+v", got)
		}
	})
}

// A canned test has the form of a real one.
func TestCannedRequest(t *testing.T) {
	g := NewGlobalping(web(), Options{Canned: true})
	got := measured(t, g, `{"type":"http","target":"203.0.113.83"}`)
	if got.TLS == nil || !got.TLS.Authorized || *got.Timings.TCP != 20 || *got.Timings.TLS != 21 || got.ResolvedAddress != "203.0.113.83" {
		t.Errorf("%+v", got)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// Orders that the API refuses are refused.
func TestOrdersOfRequests(t *testing.T) {
	g := NewGlobalping(web(), Options{})
	for _, options := range []string{`{"protocol":"TCP"}`, `{"request":{"method":"POST"}}`} {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/measurements", bytes.NewBufferString(`{"type":"http","target":"203.0.113.83","measurementOptions":`+options+`}`)))
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", options, w.Code, w.Body)
		}
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}
