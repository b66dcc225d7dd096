package atlas_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/remote/atlas"
)

const secret = "11111111-2222-3333-4444-555555555555"

var photos = netip.MustParseAddr("203.0.113.20")

// lab is a client, the platform that it talks to, and what it recorded.
type lab struct {
	platform *fakeplatform.Atlas
	client   *atlas.Client
	lines    []evidence.Observation
}

func newLab(t *testing.T, o fakeplatform.Options) *lab {
	t.Helper()
	s, err := fakenet.Named("from-everywhere")
	if err != nil {
		t.Fatal(err)
	}
	o.Token = secret
	l := &lab{platform: fakeplatform.NewAtlas(s, o)}
	server := httptest.NewServer(l.platform)
	t.Cleanup(func() {
		server.Close()
		if err := l.platform.Close(); err != nil {
			t.Error(err)
		}
	})
	base, err := remote.ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	l.client = atlas.New(base, secret, "test", nil)
	l.client.API.Pause = 20 * time.Millisecond
	return l
}

func (l *lab) run() *remote.Run {
	return &remote.Run{
		Platforms: []remote.Platform{l.client}, Seen: slices.Clone(l.lines), Poll: 100 * time.Millisecond, Patience: 5 * time.Second,
		Record: func(lines ...evidence.Observation) error {
			for _, o := range lines {
				if o.Common().ID == "" {
					o.Common().ID = "e" + strconv.Itoa(len(l.lines)+1)
				}
				if err := evidence.Validate(o); err != nil {
					return err
				}
				l.lines = append(l.lines, o)
			}
			return nil
		},
	}
}

func of[T evidence.Observation](l *lab) []T {
	var out []T
	for _, o := range l.lines {
		if x, ok := o.(T); ok {
			out = append(out, x)
		}
	}
	return out
}

func (l *lab) offers(t *testing.T, place string) []remote.Offer {
	t.Helper()
	all, err := l.client.Offers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(o remote.Offer) bool { return !o.In(place) })
}

func TestMeasures(t *testing.T) {
	l := newLab(t, fakeplatform.Options{Credits: 10_000})
	from := l.offers(t, "SG")
	if len(from) != 2 || len(l.offers(t, "world")) != 22 || len(l.offers(t, "#"+from[0].Key)) != 1 || from[0].Vantage.RadiusKM != 10 {
		t.Fatalf("%+v", from)
	}
	asks := []remote.Ask{
		{Type: remote.TypePing, Addr: photos, Method: evidence.MethodICMP, From: from},
		{Type: remote.TypePing, Addr: photos, Port: 443, Method: evidence.MethodTCP, From: from},
		{Type: remote.TypeTraceroute, Addr: photos, Method: evidence.MethodICMP, From: from},
		{Type: remote.TypeDNS, Name: "photos.far.example", Method: "A", From: from},
	}
	cost := 0
	for _, a := range asks {
		cost += l.client.Cost(a)
	}
	if err := l.run().Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	if errs := of[*evidence.Error](l); len(errs) > 0 {
		t.Errorf("%+v", errs)
	}
	if n := len(of[*evidence.RTT](l)); n != 6 {
		t.Errorf("%d round trips; 6 are expected", n)
	}
	for _, r := range of[*evidence.RTT](l) {
		if r.MinMS > 15 || r.MinMS <= 0 || r.Addr != photos {
			t.Errorf("%+v", r)
		}
	}
	for _, d := range of[*evidence.DNS](l) {
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
		ask := remote.Ask{Type: remote.TypePing, Addr: photos, Method: evidence.MethodICMP, From: l.offers(t, "SG")}
		if err := l.run().Do(ctx, l.client, []remote.Ask{ask}); err == nil {
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
		if n, orders := len(of[*evidence.RTT](l)), len(l.platform.Orders()); n != want || orders != want/2 {
			t.Errorf("arrived %v: %d round trips of %d orders", arrived, n, orders)
		}
		if spent := remote.ReadJournal(l.lines).Tests(); spent != want {
			t.Errorf("arrived %v: %d tests spent", arrived, spent)
		}
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
			ask := remote.Ask{Type: remote.TypePing, Addr: photos, Method: evidence.MethodICMP, From: l.offers(t, "SG")}
			if err := l.run().Do(t.Context(), l.client, []remote.Ask{ask}); err != nil {
				t.Fatal(err)
			}
			failed := of[*evidence.Error](l)
			if len(failed) != c.errors || len(of[*evidence.RTT](l)) != 0 {
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
		readings, err := atlas.ReadResults(remote.Ask{}, []byte("["+c.text+"]"), nil)
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
		readings, err := atlas.ReadResults(remote.Ask{}, data, nil)
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
