package atlas_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/platformtest"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
)

const secret = "11111111-2222-3333-4444-555555555555"

var photos = netip.MustParseAddr("203.0.113.20")

// lab is a client and the platform that it talks to.
type lab struct {
	*platformtest.Lab
	platform *fakeplatform.Atlas
	client   *atlas.Client
}

func newLab(t *testing.T, o fakeplatform.Options) *lab {
	t.Helper()
	o.Token = secret
	l := &lab{platform: fakeplatform.NewAtlas(platformtest.Load(t), o)}
	l.Lab = platformtest.New(t, l.platform)
	l.client = atlas.New(l.Base, secret, "test", nil)
	l.client.API.Pause = platformtest.Pause
	return l
}

func (l *lab) run() *platform.Run {
	run := l.Run(l.client)
	run.Poll, run.Patience = 100*time.Millisecond, 5*time.Second
	return run
}

func (l *lab) offers(t *testing.T, place string) []platform.Offer {
	return platformtest.Offers(t, l.client, place)
}

func TestMeasures(t *testing.T) {
	l := newLab(t, fakeplatform.Options{Credits: 10_000})
	from := l.offers(t, "SG")
	if len(from) != 2 || len(l.offers(t, "world")) != 22 || len(l.offers(t, "#"+from[0].Key)) != 1 || from[0].Vantage.RadiusKM != 10 {
		t.Fatalf("%+v", from)
	}
	asks := []platform.Ask{
		{Type: platform.TypePing, Addr: photos, Method: evidence.MethodICMP, From: from},
		{Type: platform.TypePing, Addr: photos, Port: 443, Method: evidence.MethodTCP, From: from},
		{Type: platform.TypeTraceroute, Addr: photos, Method: evidence.MethodICMP, From: from},
		{Type: platform.TypeDNS, Name: "photos.far.example", Method: "A", From: from},
	}
	cost := 0
	for _, a := range asks {
		cost += l.client.Cost(a)
	}
	if err := l.run().Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	if errs := platformtest.Of[*evidence.Error](l.Lab); len(errs) > 0 {
		t.Errorf("%+v", errs)
	}
	if n := len(platformtest.Of[*evidence.RTT](l.Lab)); n != 6 {
		t.Errorf("%d round trips; 6 are expected", n)
	}
	for _, r := range platformtest.Of[*evidence.RTT](l.Lab) {
		if r.MinMS > 15 || r.MinMS <= 0 || r.Addr != photos {
			t.Errorf("%+v", r)
		}
	}
	for _, d := range platformtest.Of[*evidence.DNS](l.Lab) {
		if len(d.Answers) != 1 || d.Answers[0] != photos {
			t.Errorf("%+v", d)
		}
	}
	balance, err := l.client.Balance(t.Context())
	if err != nil || balance.Left != 10_000-cost {
		t.Errorf("%+v, %v: %d credits were to be spent", balance, err, cost)
	}
}

// What was perhaps ordered is found again by its description, and not ordered
// twice.
func TestFound(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var l *lab
		l = newLab(t, fakeplatform.Options{Credits: 1000, Instead: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost || ctx.Err() != nil {
				return false
			}
			if arrived {
				l.platform.Instead = nil
				l.platform.ServeHTTP(httptest.NewRecorder(), r)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			cancel() // the run is stopped before it hears the answer
			<-r.Context().Done()
			return true
		}})
		ask := platform.Ask{Type: platform.TypePing, Addr: photos, Method: evidence.MethodICMP, From: l.offers(t, "SG")}
		if err := l.run().Do(ctx, l.client, []platform.Ask{ask}); err == nil {
			t.Error("the run was not stopped")
		}
		l.platform.Instead = nil
		if err := l.run().Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 0
		if arrived {
			want = 2
		}
		if n, orders := len(platformtest.Of[*evidence.RTT](l.Lab)), len(l.platform.Orders()); n != want || orders != want/2 {
			t.Errorf("arrived %v: %d round trips of %d orders", arrived, n, orders)
		}
		if spent := platform.ReadJournal(l.Lines).Tests(); spent != want {
			t.Errorf("arrived %v: %d tests spent", arrived, spent)
		}
	}
}

// Certificates are read; a port that takes no connection has its failure word.
func TestCertificates(t *testing.T) {
	l := newLab(t, fakeplatform.Options{Credits: 1000})
	from := l.offers(t, "SG")
	asks := []platform.Ask{{Type: platform.TypeTLS, Addr: photos, Port: 443, From: from}, {Type: platform.TypeTLS, Addr: photos, Port: 444, From: from}}
	if err := l.run().Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	shown, failed := platformtest.Of[*evidence.TLS](l.Lab), platformtest.Of[*evidence.Error](l.Lab)
	if len(shown) != 2 || len(failed) != 2 {
		t.Fatalf("%d certificates, %+v", len(shown), failed)
	}
	for _, c := range shown {
		if c.Addr != photos || c.Port != 443 || c.Subject != "CN=203.0.113.20" || len(c.FingerprintSHA256) != 64 || c.ConnectMS <= 0 {
			t.Errorf("%+v", c)
		}
	}
	for _, e := range failed {
		if e.Class != evidence.ClassRefused || e.Target != "203.0.113.20:444" {
			t.Errorf("%+v", e)
		}
	}
}

// An area is a circle on the earth.
func TestAreas(t *testing.T) {
	l := newLab(t, fakeplatform.Options{})
	for place, want := range map[string]int{"point:50.11,8.68,100": 2, "point:50.11,8.68,450": 4, "point:-33.87,151.21,50": 2, "point:50.11,8.68,450+FR": 0, "point:0,0,1": 0} {
		if err := platform.CheckPlace(place); err != nil {
			t.Error(err)
		}
		if got := l.offers(t, place); len(got) != want {
			t.Errorf("%s: %d offers, want %d", place, len(got), want)
		}
	}
	for _, bad := range []string{"point:50", "FR+point:91,0,10", "point:1,1,0"} {
		if platform.CheckPlace(bad) == nil {
			t.Errorf("%s is taken for a place", bad)
		}
	}
}

// What others have measured is found by its address and taken for nothing, from
// the probes that are wanted and not older than is wanted, once.
func TestExisting(t *testing.T) {
	l := newLab(t, fakeplatform.Options{Credits: 1000})
	few, all := l.platform.Publish("ping", photos.String(), 6011, 6012), l.platform.Publish("traceroute", photos.String())
	l.platform.Publish("dns", photos.String())
	l.platform.Publish("ping", "203.0.113.10")
	since := time.Now().Add(-time.Hour)
	ids, err := l.client.Existing(t.Context(), photos, since)
	if err != nil || strings.Join(ids, " ") != all+" "+few {
		t.Fatalf("%q, %v; want the one with most probes first: %s %s", ids, err, all, few)
	}
	if old, err := l.client.Existing(t.Context(), photos, time.Now().Add(time.Hour)); err != nil || len(old) != 0 {
		t.Errorf("of the future: %q, %v", old, err)
	}
	about := platform.Ask{Addr: photos}
	wanted := func(key string) bool { return key == "6011" || key == "6001" }
	taken, err := l.run().Take(t.Context(), l.client, few, about, since, wanted)
	if err != nil || taken != 1 {
		t.Errorf("%d vantages, %v", taken, err)
	}
	if taken, err = l.run().Take(t.Context(), l.client, all, about, since, wanted); err != nil || taken != 2 {
		t.Errorf("%d vantages, %v", taken, err)
	}
	lines := len(l.Lines)
	if taken, err = l.run().Take(t.Context(), l.client, all, about, time.Now().Add(time.Hour), wanted); err != nil || taken != 0 || len(l.Lines) != lines {
		t.Errorf("of the future: %d vantages, %d lines, %v", taken, len(l.Lines)-lines, err)
	}
	if _, err = l.run().Take(t.Context(), l.client, all, about, since, wanted); err != nil || len(l.Lines) != lines {
		t.Errorf("taken again, it adds %d lines, %v", len(l.Lines)-lines, err)
	}
	rtts, paths := platformtest.Of[*evidence.RTT](l.Lab), platformtest.Of[*evidence.Trace](l.Lab)
	if len(rtts) != 3 || len(paths) != 2 || len(l.platform.Orders()) != 0 {
		t.Errorf("%d round trips, %d paths, %d orders", len(rtts), len(paths), len(l.platform.Orders()))
	}
	for _, r := range rtts {
		if r.Addr != photos || time.Since(r.At) > time.Hour || r.Measurement != "atlas:"+few && r.Measurement != "atlas:"+all {
			t.Errorf("%+v", r)
		}
	}
	if balance, err := l.client.Balance(t.Context()); err != nil || balance.Left != 1000 {
		t.Errorf("%+v, %v: nothing was to be spent", balance, err)
	}
}

// A measurement that cannot be had has its failure word, and so has what is none.
func TestExistingTrouble(t *testing.T) {
	l := newLab(t, fakeplatform.Options{})
	l.platform.Publish("ping", photos.String())
	for id, class := range map[string]evidence.Class{"1": evidence.ClassHTTP, "../x": evidence.ClassOther} {
		before := len(l.Lines)
		taken, err := l.run().Take(t.Context(), l.client, id, platform.Ask{}, time.Time{}, func(string) bool { return true })
		failed, ok := l.Lines[len(l.Lines)-1].(*evidence.Error)
		if err != nil || taken != 0 || len(l.Lines) != before+1 || !ok || failed.Class != class || failed.Target != "atlas:"+id {
			t.Errorf("%s: %d vantages, %v, %+v", id, taken, err, failed)
		}
	}
	l.platform.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.WriteString(w, "[1]")
		return true
	}
	if _, err := l.client.Existing(t.Context(), photos, time.Time{}); err == nil {
		t.Error("a list that is none is taken for one")
	}
	if _, err := l.client.Latest(t.Context(), "70000000"); err == nil {
		t.Error("results that are none are taken for some")
	}
}

func TestTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		options fakeplatform.Options
		class   evidence.Class
		errors  int
	}{
		"no-credits":   {fakeplatform.Options{Credits: 1}, evidence.ClassDenied, 1},
		"other-target": {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["dst_addr"] = "203.0.113.99" }}, evidence.ClassOther, 2},
		"dns":          {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["dnserr"] = "non-recoverable failure" }}, evidence.ClassNXDomain, 2},
		"lost":         {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["result"] = []any{map[string]any{"x": "*"}} }}, evidence.ClassTimeout, 2},
		"unreachable": {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) {
			r["result"] = []any{map[string]any{"error": "sendto failed: Network is unreachable"}}
		}}, evidence.ClassUnreachable, 2},
		"late":  {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["result"] = []any{map[string]any{"rtt": 0.1, "late": 2}} }}, evidence.ClassTimeout, 2},
		"text":  {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["result"] = "PING" }}, evidence.ClassOther, 2},
		"types": {fakeplatform.Options{Credits: 100, Twist: func(r map[string]any) { r["sent"] = "many" }}, evidence.ClassOther, 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c.options)
			ask := platform.Ask{Type: platform.TypePing, Addr: photos, Method: evidence.MethodICMP, From: l.offers(t, "SG")}
			if err := l.run().Do(t.Context(), l.client, []platform.Ask{ask}); err != nil {
				t.Fatal(err)
			}
			failed := platformtest.Of[*evidence.Error](l.Lab)
			if len(failed) != c.errors || len(platformtest.Of[*evidence.RTT](l.Lab)) != 0 {
				t.Errorf("%d errors: %+v", len(failed), failed)
			}
			for _, e := range failed[:min(len(failed), 2)] {
				if e.Class != c.class {
					t.Errorf("class %s, want %s: %s", e.Class, c.class, e.Error)
				}
				if strings.Contains(e.Error, secret) {
					t.Error("the key is told")
				}
			}
		})
	}
}

// Published examples of each firmware are read.
func TestFirmwares(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want float64
	}{
		"1":    {`{"addr":"178.63.78.16","avg":20.126000000000001,"dup":0,"from":"62.194.83.50","fw":1,"max":20.300000000000001,"min":19.937999999999999,"msm_id":1000047,"name":"atlas.ripe.net","prb_id":165,"rcvd":3,"sent":3,"size":56,"timestamp":1332938930}`, 19.9385},
		"4400": {`{"addr":"178.63.78.16","avg":2.172,"dup":0,"from":"62.194.83.50","fw":4400,"max":2.2,"min":2.1,"mode":"ICMP4","msm_id":2004,"msm_name":"Ping","name":"x","prb_id":677,"rcvd":3,"result":[{"rtt":2.1715},{"x":"*"},{"rtt":2.2}],"sent":3,"size":20,"srcaddr":"10.0.0.1","timestamp":1354102800,"ttl":64}`, 2.172},
		"5020": {`{"fw":5020,"mver":"2.2.1","lts":43,"dst_name":"178.63.78.16","af":4,"dst_addr":"178.63.78.16","src_addr":"192.168.10.6","proto":"ICMP","ttl":55,"size":48,"result":[{"rtt":31.469868},{"rtt":31.909145},{"rtt":32.286958}],"dup":0,"rcvd":3,"sent":3,"min":31.469868,"max":32.286958,"avg":31.888657,"msm_id":41688561,"prb_id":1000650,"timestamp":1654959318,"msm_name":"Ping","from":"79.156.126.125","type":"ping","group_id":41688561,"step":null,"stored_timestamp":1654959319}`, 31.470368},
	} {
		readings, err := atlas.ReadResults(platform.Ask{}, []byte("["+c.text+"]"), nil)
		if err != nil || len(readings) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		r, ok := readings[0].Observations[0].(*evidence.RTT)
		if !ok || r.MinMS != c.want {
			t.Errorf("%s: %+v; %v ms is expected", name, readings[0].Observations[0], c.want)
		}
	}
}

func FuzzReadResults(f *testing.F) {
	f.Add([]byte(`[{"fw":5020,"type":"ping","dst_addr":"192.0.2.1","result":[{"rtt":1}],"prb_id":1}]`))
	f.Add([]byte(`[{"fw":5020,"type":"traceroute","proto":"ICMP","dst_addr":"192.0.2.1","result":[{"hop":1,"result":[{"from":"192.0.2.1","rtt":1.5}]}],"prb_id":1}]`))
	f.Add([]byte(`[{"fw":5020,"type":"dns","resultset":[{"dst_addr":"192.0.2.1","result":{"abuf":"AAAAAAAAAAAAAAAA"}}],"prb_id":1}]`))
	f.Add([]byte(`[{"fw":5020,"type":"sslcert","dst_addr":"192.0.2.1","cert":["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"],"prb_id":1}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		readings, err := atlas.ReadResults(platform.Ask{}, data, nil)
		if err != nil {
			return
		}
		for _, r := range readings {
			for _, o := range r.Observations {
				if rtt, ok := o.(*evidence.RTT); ok && (rtt.MinMS <= 0 || !rtt.Addr.IsValid()) {
					t.Errorf("%+v", rtt)
				}
			}
		}
	})
}
