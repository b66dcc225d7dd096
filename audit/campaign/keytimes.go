package campaign

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// nearLandmarks is how many landmarks near its declared place a vantage times that
// is to carry a verdict. With a landmark's reply its replies bound an endpoint
// wherever the vantage is, and a reply too early for the declared place refutes that.
const nearLandmarks = 2

// landmarksNear returns the hosts of known place that are nearest to a vantage's
// declared place. There are none where it declares no place.
func landmarksNear(v *evidence.Vantage) []selfcheck.KnownHost {
	lat, lon, placed := v.Position()
	if !placed {
		return nil
	}
	at := geo.Point(lat, lon)
	hosts := selfcheck.KnownHosts()
	slices.SortStableFunc(hosts, func(a, b selfcheck.KnownHost) int {
		return cmp.Compare(geo.AtLeastKM(at, geo.Point(a.Lat, a.Lon)), geo.AtLeastKM(at, geo.Point(b.Lat, b.Lon)))
	})
	return hosts[:min(nearLandmarks, len(hosts))]
}

// askedKey tells what was ordered of an offer.
func askedKey(on, key string, a platform.Ask) string {
	return on + " " + key + " " + a.Type + " " + a.Target()
}

// asked returns what was ordered, of each offer.
func (r *rounds) asked() map[string]bool {
	out := map[string]bool{}
	for _, o := range r.journal().Asked() {
		for _, key := range o.From {
			out[askedKey(o.Platform, key, platform.AskOf(o))] = true
		}
	}
	return out
}

// openings adds to a question which offers time keys. It also adds what their first
// handshake costs more, and which vantages of the evidence they are.
func (r *rounds) openings(q *plan.Question) {
	asked := r.asked()
	q.Offers = slices.Clone(r.offers)
	for i := range q.Offers {
		at := r.from[i]
		h := &r.connected[at.platform]
		if timer, ok := h.Platform.(platform.KeyTimer); ok {
			q.Offers[i].TimesKeys = true
			q.Offers[i].Opening = len(landmarksOf(timer, h.offers[at.offer], asked))
		}
	}
	for _, o := range r.evidence.Seen() {
		if v, ok := o.(*evidence.Vantage); ok {
			if i, on := r.offerOf(v); on {
				q.OfferOf[v.ID] = i
			}
		}
	}
}

// landmarksOf returns the handshakes with near landmarks that an offer was not asked
// for yet.
func landmarksOf(timer platform.KeyTimer, offer platform.Offer, asked map[string]bool) []platform.Ask {
	var out []platform.Ask
	for _, l := range landmarksNear(&offer.Vantage) {
		if a := timer.TimeKey(netip.Addr{}, l.Host, l.Port, offer); !asked[askedKey(offer.Platform, offer.Key, a)] {
			out = append(out, a)
		}
	}
	return out
}

// timeKeys orders the handshakes of a plan, and with the first of each offer those
// with near landmarks.
func (r *rounds) timeKeys(ctx context.Context, p *plan.Plan) error {
	asks, asked := make([][]platform.Ask, len(r.connected)), r.asked()
	for _, m := range p.Measurements {
		if m.Name == "" {
			continue
		}
		for _, i := range m.From {
			at := r.from[i]
			h := &r.connected[at.platform]
			timer, ok := h.Platform.(platform.KeyTimer)
			if !ok {
				continue
			}
			offer := h.offers[at.offer]
			for _, a := range landmarksOf(timer, offer, asked) {
				asked[askedKey(offer.Platform, offer.Key, a)] = true
				asks[at.platform] = append(asks[at.platform], a)
			}
			asks[at.platform] = append(asks[at.platform], timer.TimeKey(m.Addr, m.Name, m.Port, offer))
		}
	}
	return r.inTurn(ctx, "timing endpoints by their own key", asks)
}

// inTurn orders asks from one offer each. An offer may stand for several machines,
// and what one of them sees says nothing of another: of a platform that can, the
// first handshake of each offer is waited for, and the rest is ordered of the same
// machine.
func (r *rounds) inTurn(ctx context.Context, what string, asks [][]platform.Ask) error {
	update, end := r.Events.Task(what)
	defer end()
	for i, all := range asks {
		p := r.connected[i].Platform
		var first, rest []platform.Ask
		begun := map[string]bool{}
		for _, a := range all {
			key := a.From[0].Key
			if a.Type == platform.TypeHTTP && !begun[key] && r.journal().MachineOf(p.Name(), key) == "" {
				begun[key] = true
				first = append(first, a)
			} else {
				rest = append(rest, a)
			}
		}
		if len(first) > 0 {
			if err := r.newRun(update).Do(ctx, p, first); err != nil {
				return err
			}
		}
		if err := r.newRun(update).Do(ctx, p, r.ofSameMachine(p, rest, begun)); err != nil {
			return err
		}
	}
	return nil
}

// ofSameMachine returns the asks with the machine that each offer was found to be.
// Offers that were just asked for the first time and have none are left out. Where
// an offer is one machine, those of one target are one ask.
func (r *rounds) ofSameMachine(p platform.Platform, asks []platform.Ask, begun map[string]bool) []platform.Ask {
	if _, several := p.(platform.KeyTimer); !several {
		return together(asks)
	}
	var out []platform.Ask
	journal := r.journal()
	for _, a := range asks {
		key := a.From[0].Key
		if a.Again = journal.MachineOf(p.Name(), key); a.Again != "" || !begun[key] {
			out = append(out, a)
		}
	}
	return out
}

// together returns the asks with those of one target made one.
func together(asks []platform.Ask) []platform.Ask {
	var out []platform.Ask
	for _, a := range asks {
		same := slices.IndexFunc(out, func(b platform.Ask) bool { return a.Type == b.Type && a.Target() == b.Target() })
		if same < 0 {
			out = append(out, a)
		} else {
			out[same].From = append(out[same].From, a.From...)
		}
	}
	return out
}
