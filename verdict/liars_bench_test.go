package verdict_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// crowd is a run of so many vantages all over the earth that measured so many
// addresses, each; of the vantages one in five is answered by something beside it.
func crowd(vantages, addrs int) *evidence.Bundle {
	random := rand.New(rand.NewPCG(1, 1))
	anywhere := func() (lat, lon float64) { return 120*random.Float64() - 50, 360*random.Float64() - 180 }
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "crowd", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}}
	hosts := make([]geo.Place, addrs)
	for i := range hosts {
		hosts[i] = geo.Point(anywhere())
	}
	for v := range vantages {
		lat, lon := anywhere()
		id := fmt.Sprintf("v%d", v)
		b.Observations = append(b.Observations, &evidence.Vantage{Meta: evidence.Meta{ID: id}, Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkGlobalping})
		for h := range hosts {
			ms := 2*geo.AtMostKM(geo.Point(lat, lon), hosts[h])/geo.FibreKMPerMS*(1.1+0.6*random.Float64()) + 1
			if v%5 == 0 {
				ms = 1 + random.Float64()
			}
			b.Observations = append(b.Observations, &evidence.RTT{
				Meta: evidence.Meta{ID: fmt.Sprintf("e%d-%d", v, h), Vantage: id}, Method: "icmp", Sent: 1, MinMS: ms,
				Addr: netip.AddrFrom4([4]byte{198, 18, byte(h >> 8), byte(h)}),
			})
		}
	}
	return b
}

// BenchmarkCrowd puts runs of 1,000 vantages in order of which 200 lie, by no claim:
//
//	go test ./verdict -run '^$' -bench Crowd -benchtime 1x
func BenchmarkCrowd(b *testing.B) {
	for _, addrs := range []int{60, 250, 1000} {
		b.Run(fmt.Sprintf("1000x200x%d", addrs), func(b *testing.B) {
			bundle := crowd(1000, addrs)
			sheet := &providers.Sheet{}
			for b.Loop() {
				if _, err := judge.Judge([]*providers.Sheet{sheet}, bundle); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
