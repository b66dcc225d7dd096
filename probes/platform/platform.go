// Package platform looks from other people's machines: it orders measurements of
// the networks that rent out vantages, waits for what comes of them, and gives
// it as evidence.
//
// Each network is a folder of this one that implements [Platform]. What is
// ordered costs somebody something, so no order is lost and none is given
// twice: the evidence itself is the journal (see [evidence.Order]), and a run
// that was killed goes on from it. What to order is not decided here.
package platform

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// What can be ordered.
const (
	TypePing       = "ping"
	TypeTraceroute = "traceroute"
	TypeMTR        = "mtr"
	TypeDNS        = "dns"
	TypeHTTP       = "http"
	TypeTLS        = "sslcert"
)

// Offer is a vantage that a platform has: one machine, or several in one city
// and network that the platform does not tell apart.
type Offer struct {
	Platform string
	Key      string           // the platform's own way to name it in an order; unique on the platform
	Vantage  evidence.Vantage // as it will stand in evidence, without an id
	Words    []string         // what a user can name it by, in lower case; see [Offer.In]
}

// Ask is one measurement from any number of vantages of one platform.
type Ask struct {
	Type   string
	Addr   netip.Addr // of ping, traceroute, mtr and sslcert; of http where Name is to be asked for there
	Name   string     // of dns and http
	Port   uint16
	Method string // tcp, icmp or udp; of dns the type of the record
	From   []Offer
	// Again is the id of an earlier measurement from the same offers: the very
	// machines that made it are to make this one, of all that an offer stands for.
	Again string
}

// Target is what is asked about, as error observations name it.
func (a Ask) Target() string {
	switch {
	case a.Name != "" && a.Addr.IsValid():
		return netip.AddrPortFrom(a.Addr, a.Port).String() + " " + a.Name
	case a.Name != "":
		return a.Name
	case a.Port != 0:
		return netip.AddrPortFrom(a.Addr, a.Port).String()
	}
	return a.Addr.String()
}

// order returns the line that stands in the journal before the ask is sent.
func (a Ask) order(platform string, cost int) *evidence.Order {
	o := &evidence.Order{
		State: evidence.OrderAsked, Platform: platform, Type: a.Type, Addr: a.Addr, Name: a.Name, Port: a.Port, Method: a.Method, Cost: cost,
	}
	for _, offer := range a.From {
		o.From = append(o.From, offer.Key)
	}
	return o
}

// AskOf returns what a line of the journal asked. Of the vantages it knows the
// keys alone.
func AskOf(o *evidence.Order) Ask {
	a := Ask{Type: o.Type, Addr: o.Addr, Name: o.Name, Port: o.Port, Method: o.Method}
	for _, key := range o.From {
		a.From = append(a.From, Offer{Platform: o.Platform, Key: key})
	}
	return a
}

// Platform is a network that measures for others.
type Platform interface {
	// Name is the word for it in evidence and in --vantage.
	Name() string
	// Offers returns the vantages that can be asked now, in an order that does not
	// change from call to call.
	Offers(ctx context.Context) ([]Offer, error)
	// Balance returns what can be ordered now.
	Balance(ctx context.Context) (Balance, error)
	// Cost returns what an ask takes from the balance.
	Cost(a Ask) int
	// Order asks for a measurement and gives its id. Mark is a text that nobody
	// else uses, for platforms that keep one with a measurement. An error that
	// is a [Refusal] says that nothing was ordered; after any other it is not
	// known.
	Order(ctx context.Context, a Ask, mark string) (id string, err error)
	// Fetch returns a measurement as it is now.
	Fetch(ctx context.Context, id string) (Answer, error)
	// Read returns what an answer holds. It is pure, and believes nothing: what
	// does not fit the ask is an error, or an error observation.
	Read(a Ask, body json.RawMessage) ([]Reading, error)
}

// Finder is a platform that can tell whether an ask arrived whose answer did
// not.
type Finder interface {
	// Find returns the id of the measurement that was ordered with the mark; ok is
	// false where none was.
	Find(ctx context.Context, mark string) (id string, ok bool, err error)
}

// KeyTimer is a platform whose machines time the handshake in which an endpoint's
// own key answers, and which can have the same machine measure again.
type KeyTimer interface {
	Platform
	// TimeKey returns the ask for such a handshake with a name: at the address,
	// or where that is not valid, at the one that the machine is given for it.
	TimeKey(addr netip.Addr, name string, port uint16, from Offer) Ask
}

// Balance is what can be ordered now.
type Balance struct {
	Left  int           // in the platform's own unit
	Unit  string        // tests, credits
	Limit int           // of the period; 0: there is none
	Reset time.Duration // until the limit is whole again; 0: not known
}

func (b Balance) String() string {
	text := fmt.Sprintf("%d %s left", b.Left, b.Unit)
	if b.Limit > 0 && b.Left <= b.Limit {
		text = fmt.Sprintf("%d of %d %s left", b.Left, b.Limit, b.Unit)
	}
	if b.Reset > 0 {
		text += fmt.Sprintf(", all of them again in %s", b.Reset.Round(time.Second))
	}
	return text
}

// Answer is what a platform says of a measurement.
type Answer struct {
	Done bool // nothing will be added any more
	Body json.RawMessage
}

// Reading is what one vantage saw.
type Reading struct {
	Key          string // of the offer
	Vantage      evidence.Vantage
	Observations []evidence.Observation // without ids and vantage
	Pending      bool                   // it has not finished
	At           time.Time              // when, where the platform says so; orders of this run do not go by it
}

// Refusal is an error of [Platform.Order] that says that nothing was ordered.
type Refusal struct{ Err error }

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// In reports whether the offer is of a place: words of it, joined by "+", such
// as DE, Frankfurt, AS3320, aws-eu-central-1 or eyeball-network+FR. World is
// everywhere; an area is a point of the claims language, such as
// point:50.11,8.68,300.
func (o Offer) In(place string) bool {
	for word := range strings.SplitSeq(strings.ToLower(place), "+") {
		if !o.in(strings.TrimSpace(word)) {
			return false
		}
	}
	return true
}

func (o Offer) in(word string) bool {
	switch {
	case word == "" || word == "world":
		return true
	case strings.HasPrefix(word, areaPrefix):
		return o.inArea(word)
	}
	return slices.ContainsFunc(o.Words, func(known string) bool {
		return known == word || len(word) > 3 && strings.Contains(known, word)
	})
}

const areaPrefix = "point:"

// CheckPlace reports what is wrong with a place for [Offer.In]: whatever is no
// area may be a word that a platform knows.
func CheckPlace(place string) error {
	for word := range strings.SplitSeq(strings.ToLower(place), "+") {
		if word = strings.TrimSpace(word); !strings.HasPrefix(word, areaPrefix) {
			continue
		}
		if _, err := providers.ParsePlace(word); err != nil {
			return err
		}
	}
	return nil
}

func (o Offer) inArea(word string) bool {
	area, err := providers.ParsePlace(word)
	lat, lon, placed := o.Vantage.Position()
	return err == nil && placed && geo.AtMostKM(geo.Point(lat, lon), geo.Point(area.Lat, area.Lon)) <= area.RadiusKM
}

// Place sets the position of a vantage to one that a platform gives. At 0°N
// 0°E, where no machine stands, platforms put what they cannot place: such a
// vantage has no position.
func Place(v *evidence.Vantage, lat, lon, radiusKM float64) {
	if lat == 0 && lon == 0 || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return
	}
	v.Lat, v.Lon, v.RadiusKM = &lat, &lon, radiusKM
}

// SameVantage reports whether two lines speak of one vantage. Two machines of one
// place and network are two, where both lines name the machine.
func SameVantage(a, b *evidence.Vantage) bool {
	if a.Machine != "" && b.Machine != "" && a.Machine != b.Machine {
		return false
	}
	return a.Network == b.Network && a.Name == b.Name && a.Country == b.Country && a.ASN == b.ASN && a.RadiusKM == b.RadiusKM &&
		samePlace(a.Lat, b.Lat) && samePlace(a.Lon, b.Lon)
}

func samePlace(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// CompareOffers orders offers by platform and key.
func CompareOffers(a, b Offer) int {
	return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Key, b.Key))
}
