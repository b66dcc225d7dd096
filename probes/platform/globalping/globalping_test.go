package globalping_test

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/platformtest"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/globalping"
)

// lab is a client and the platform that it talks to.
type lab struct {
	*platformtest.Lab
	platform *fakeplatform.Globalping
	client   *globalping.Client
	scenario *scenario.Scenario
	notes    []string
}

func newLab(t *testing.T, o fakeplatform.Options, token string) *lab {
	t.Helper()
	l := &lab{scenario: platformtest.Load(t)}
	l.platform = fakeplatform.NewGlobalping(l.scenario, o)
	l.Lab = platformtest.New(t, l.platform)
	l.client = globalping.New(l.Base, token, "test", func(text string) { l.notes = append(l.notes, text) })
	l.client.API.Pause = platformtest.Pause
	return l
}

func (l *lab) run() *platform.Run { return l.Run(l.client) }

func (l *lab) offers(t *testing.T, place string) []platform.Offer {
	return platformtest.Offers(t, l.client, place)
}

var photos = netip.MustParseAddr("203.0.113.20")

func pingAsk(from []platform.Offer) platform.Ask {
	return platform.Ask{Type: platform.TypePing, Addr: photos, Port: 443, Method: evidence.MethodTCP, From: from}
}

func TestOffers(t *testing.T) {
	l := newLab(t, fakeplatform.Options{}, "")
	for place, want := range map[string]int{
		"world": 22, "de": 4, "Frankfurt": 2, "AS64501": 2, "frankfurt+as64501": 1, "aws-eu-central-1": 1, "Rhine Net": 2, "DE+FR": 0, "nowhere": 0,
	} {
		if got := l.offers(t, place); len(got) != want {
			t.Errorf("%s: %d offers, want %d", place, len(got), want)
		}
	}
	for _, o := range l.offers(t, "Singapore+AS64531") {
		lat, lon, placed := o.Vantage.Position()
		if !placed || lat != 1.35 || lon != 103.82 || o.Vantage.RadiusKM != 100 || o.Vantage.Country != "SG" || o.Vantage.Network != evidence.NetworkGlobalping {
			t.Errorf("%+v", o.Vantage)
		}
	}
}

// What is measured is true of the scenario: never less than the way of the
// light, and not much more.
func TestPing(t *testing.T) {
	l := newLab(t, fakeplatform.Options{}, "")
	for _, method := range []string{evidence.MethodTCP, evidence.MethodICMP} {
		ask := pingAsk(l.offers(t, "world"))
		ask.Method = method
		if err := l.run().Do(t.Context(), l.client, []platform.Ask{ask}); err != nil {
			t.Fatal(err)
		}
	}
	rtts, vantages := platformtest.Of[*evidence.RTT](l.Lab), platformtest.Of[*evidence.Vantage](l.Lab)
	if len(rtts) != 44 || len(vantages) != 22 {
		t.Fatalf("%d round trips from %d vantages; 44 from 22 are expected", len(rtts), len(vantages))
	}
	names := map[string]*evidence.Vantage{}
	for _, v := range vantages {
		names[v.ID] = v
	}
	for _, r := range rtts {
		least := l.truth(names[r.Vantage])
		if r.MinMS < least || r.MinMS > least+10 || !strings.HasPrefix(r.Measurement, "globalping:") || len(r.SamplesMS) != 6 {
			t.Errorf("%s: %v ms by %s (%s); %v is true", names[r.Vantage].Name, r.MinMS, r.Method, r.Measurement, least)
		}
	}
	if originals := platformtest.Of[*evidence.Original](l.Lab); len(originals) != 2 || !strings.Contains(string(originals[0].Body), "rawOutput") {
		t.Errorf("%d originals", len(originals))
	}
	if l.platform.Hasty() > 0 {
		t.Errorf("%d questions came too soon", l.platform.Hasty())
	}
}

// truth is the round trip in milliseconds that the light takes at the least.
func (l *lab) truth(v *evidence.Vantage) float64 {
	for i := range l.scenario.Vantages {
		s := &l.scenario.Vantages[i]
		if s.Remote != nil && strings.HasPrefix(v.Name, s.Remote.City+", AS"+strconv.Itoa(int(s.Remote.ASN))+" ") {
			const stretch = 1.3
			return 2 * s.At.KM(scenario.Place{Lat: 1.35, Lon: 103.82}) * stretch / 199.86163866666667
		}
	}
	return -1
}

func TestTraceAndDNS(t *testing.T) {
	l := newLab(t, fakeplatform.Options{}, "")
	from := l.offers(t, "Paris")
	asks := []platform.Ask{
		{Type: platform.TypeTraceroute, Addr: photos, Method: evidence.MethodICMP, From: from},
		{Type: platform.TypeMTR, Addr: photos, Port: 443, Method: evidence.MethodTCP, From: from},
		{Type: platform.TypeDNS, Name: "sync.far.example", Method: "A", From: from},
		{Type: platform.TypeDNS, Name: "none.far.example", Method: "A", From: from},
	}
	if err := l.run().Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	for _, path := range platformtest.Of[*evidence.Trace](l.Lab) {
		if !path.Reached || path.Hops[len(path.Hops)-1].Addr != photos {
			t.Errorf("%+v", path)
		}
	}
	if n := len(platformtest.Of[*evidence.RTT](l.Lab)); n != 4 {
		t.Errorf("%d round trips to the ends of paths; 4 are expected", n)
	}
	found := map[string]int{}
	for _, d := range platformtest.Of[*evidence.DNS](l.Lab) {
		found[d.Name+" "+d.Rcode+" "+strconv.Itoa(len(d.Answers))]++
	}
	if found["sync.far.example NOERROR 1"] != 2 || found["none.far.example NXDOMAIN 0"] != 2 {
		t.Errorf("answers %v", found)
	}
}

// A limit that is used up is waited for where the run has the time, and said to
// be one where it has not.
func TestRateLimit(t *testing.T) {
	o := fakeplatform.Options{Limit: 1, Period: 2 * time.Second}
	l := newLab(t, o, "")
	from := l.offers(t, "Singapore+AS64531")
	asks := []platform.Ask{pingAsk(from), pingAsk(from)}
	run := l.run()
	run.AtOnce = 1
	if err := run.Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	if n := len(platformtest.Of[*evidence.RTT](l.Lab)); n != 2 || len(l.notes) == 0 {
		t.Errorf("%d round trips, told %q; 2 after a wait are expected", n, l.notes)
	}
	o.Period = time.Hour
	l = newLab(t, o, "")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	run = l.run()
	run.AtOnce = 1
	if err := run.Do(ctx, l.client, asks); err != nil {
		t.Fatal(err)
	}
	failed := platformtest.Of[*evidence.Error](l.Lab)
	if len(failed) != 1 || failed[0].Class != evidence.ClassRateLimited || failed[0].Target != "203.0.113.20:443" {
		t.Errorf("%+v", failed)
	}
	// What was refused was not paid for, and may be ordered later.
	if spent := platform.ReadJournal(l.Lines).Spent("globalping"); spent != 1 {
		t.Errorf("%d tests spent; 1 is expected", spent)
	}
}

func TestBalance(t *testing.T) {
	l := newLab(t, fakeplatform.Options{Token: "s3cret-t0ken", Credits: 1000}, "s3cret-t0ken")
	b, err := l.client.Balance(t.Context())
	if err != nil || b.Left != 1250 || b.Limit != 250 || b.Unit != "tests" {
		t.Errorf("%+v, %v", b, err)
	}
}

// all returns everything recorded as one text.
func all(t *testing.T, l *lab) string {
	t.Helper()
	var text strings.Builder
	b := &evidence.Bundle{Observations: l.Lines}
	if _, err := b.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// settled checks that nothing is left open in the journal.
func (l *lab) settled(t *testing.T) {
	t.Helper()
	before := len(l.Lines)
	if err := l.run().Resume(t.Context()); err != nil || len(l.Lines) != before {
		t.Errorf("going on adds %d lines, %v", len(l.Lines)-before, err)
	}
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// A handshake with a name at an address is timed by the holder of the key alone, and
// again by the very machine that timed it before, of two that an offer stands for.
func TestTimeKey(t *testing.T) {
	l := newLab(t, fakeplatform.Options{}, "")
	from := l.offers(t, "Singapore+AS64531")[0]
	for range 2 {
		ask := l.client.TimeKey(photos, "photos.far.example", 443, from)
		ask.Again = platform.ReadJournal(l.Lines).MachineOf(l.client.Name(), from.Key)
		if err := l.run().Do(t.Context(), l.client, []platform.Ask{ask}); err != nil {
			t.Fatal(err)
		}
	}
	rtts := platformtest.Of[*evidence.RTT](l.Lab)
	if len(rtts) != 2 || len(platformtest.Of[*evidence.Vantage](l.Lab)) != 1 {
		t.Fatalf("%d round trips; 2 to one vantage are expected: %+v", len(rtts), platformtest.Of[*evidence.Error](l.Lab))
	}
	for _, r := range rtts {
		if who := r.Authenticated; r.Addr != photos || r.Port != 443 || r.MinMS < 1 || who == nil || who.ServerName != "photos.far.example" {
			t.Errorf("%+v", r)
		}
	}
	if orders := l.platform.Orders(); !strings.Contains(orders[1].Body, `"locations":"`+orders[0].ID+`"`) || strings.Contains(orders[0].Body, orders[0].ID) {
		t.Errorf("ordered %+v; the second is expected of the machine of the first", orders)
	}
	for _, d := range platformtest.Of[*evidence.DNS](l.Lab) {
		t.Errorf("%s was not looked up: %+v", d.Name, d)
	}
	if r := platformtest.Of[*evidence.HTTP](l.Lab)[0]; r.URL != "https://photos.far.example:443/" {
		t.Errorf("%s was asked for", r.URL)
	}
}
