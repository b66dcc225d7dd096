package verdict_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// A document that is written while it is judged is that which is judged first.
func TestStreamIsWhatIsJudged(t *testing.T) {
	for _, s := range stories {
		b, sheets := s.bundle(t), []*providers.Sheet{s.sheet(t)}
		doc := judged(t, b, sheets...)
		var whole, streamed bytes.Buffer
		if _, err := doc.WriteTo(&whole); err != nil {
			t.Fatal(err)
		}
		waiting, err := os.Create(filepath.Join(t.TempDir(), "waiting"))
		if err != nil {
			t.Fatal(err)
		}
		defer waiting.Close()
		_, err = (judge.Options{}).Stream(&streamed, waiting, sheets, b.Header, all(b))
		if err != nil {
			t.Fatal(err)
		}
		if streamed.String() != whole.String() {
			t.Errorf("%s: streamed\n%s\nwhole\n%s", s.name, streamed.String(), whole.String())
		}
	}
}

func all(b *evidence.Bundle) func(add func(evidence.Observation), aside func(evidence.Aside)) error {
	return func(add func(evidence.Observation), _ func(evidence.Aside)) error {
		for _, o := range b.Observations {
			add(o)
		}
		return nil
	}
}

// stream judges a file as the command does.
func stream(b *testing.B, sheets []*providers.Sheet, file string) *verdict.Document {
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	lines, err := evidence.NewReader(file, f)
	if err != nil {
		b.Fatal(err)
	}
	defer lines.Close()
	waiting, err := os.Create(filepath.Join(b.TempDir(), "waiting"))
	if err != nil {
		b.Fatal(err)
	}
	defer waiting.Close()
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	doc, err := judge.Options{}.Stream(io.Discard, waiting, sheets, lines.Header, func(add func(evidence.Observation), _ func(evidence.Aside)) error {
		for {
			o, err := lines.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			add(o)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

// BenchmarkStream judges labelled measurements as the command does, from the
// file to the written document:
//
//	go test ./verdict -run '^$' -bench Stream -benchtime 1x
func BenchmarkStream(b *testing.B) {
	for _, folder := range labelledFolders() {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			for b.Loop() {
				sheets, err := providers.LoadPath(filepath.Join(folder, "claims.yaml"))
				if err != nil {
					b.Fatal(err)
				}
				doc := stream(b, sheets, filepath.Join(folder, "evidence.jsonl.gz"))
				b.ReportMetric(float64(total(doc)), "verdicts")
			}
		})
	}
}

func total(doc *verdict.Document) (n int) {
	for _, count := range doc.Summary {
		n += count
	}
	return n
}

// BenchmarkMillion judges 20,000 addresses, each measured from 50 vantages, by
// 50 claims:
//
//	go test ./verdict -run '^$' -bench Million -benchtime 1x
func BenchmarkMillion(b *testing.B) {
	file, sheets := million(b)
	var most uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.Sys-m.HeapReleased)
			}
		}
	}()
	for b.Loop() {
		b.ReportMetric(float64(total(stream(b, sheets, file))), "verdicts")
	}
	close(stop)
	b.ReportMetric(float64(most)/1e6, "MB")
}

func million(b *testing.B) (file string, sheets []*providers.Sheet) {
	all := placed()
	sheet := &providers.Sheet{Vendor: "million"}
	codes := map[string]bool{}
	for _, r := range all {
		if codes[r.Country] || len(sheet.Claims) == 50 {
			continue
		}
		codes[r.Country] = true
		place, err := providers.ParsePlace(r.Country)
		if err != nil {
			b.Fatal(err)
		}
		c := providers.Claim{ID: "c" + r.Country, About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny}
		if len(sheet.Claims)%2 == 0 {
			c.Allow = []providers.Place{place}
		} else {
			c.Deny = []providers.Place{place}
		}
		sheet.Claims = append(sheet.Claims, c)
	}
	for len(sheet.Claims) < 50 {
		again := sheet.Claims[len(sheet.Claims)-25]
		again.ID += "-again"
		sheet.Claims = append(sheet.Claims, again)
	}
	file = filepath.Join(b.TempDir(), "evidence.jsonl")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, `{"schema":"landfall.evidence/v1","run":"m","tool":"test","started":"2026-11-22T07:00:00Z"}`)
	for i := range 50 {
		v := all[i*7%len(all)]
		fmt.Fprintf(f, `{"kind":"vantage","id":"v%d","lat":%v,"lon":%v,"radius_km":20,"network":"local"}`+"\n", i, v.Lat, v.Lon)
	}
	for a := range 20_000 {
		host := all[a%len(all)]
		at := netip.AddrFrom4([4]byte{10, byte(a >> 16), byte(a >> 8), byte(a)})
		sheet.Endpoints = append(sheet.Endpoints, providers.Endpoint{Host: at.String(), Port: 443})
		for i := range 50 {
			v := all[i*7%len(all)]
			ms := 2*geo.AtMostKM(geo.Point(v.Lat, v.Lon), geo.Point(host.Lat, host.Lon))/geo.FibreKMPerMS*(1.2+float64(a*i%100)/100) + 0.5
			fmt.Fprintf(f, `{"kind":"rtt","id":"e%d-%d","vantage":"v%d","addr":%q,"port":443,"method":"tcp","sent":3,"min_ms":%.3f}`+"\n", a, i, i, at, ms)
		}
	}
	return file, []*providers.Sheet{sheet}
}
