package fakenet

import (
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/packettest"
)

// memoryDevice is a device without a kernel behind it.
type memoryDevice struct {
	in   chan []byte
	out  chan []byte
	once sync.Once
	done chan struct{}
}

func newMemoryDevice() *memoryDevice {
	return &memoryDevice{in: make(chan []byte, 16), out: make(chan []byte, 64), done: make(chan struct{})}
}

func (d *memoryDevice) Read(b []byte) (int, error) {
	select {
	case p := <-d.in:
		return copy(b, p), nil
	case <-d.done:
		return 0, io.EOF
	}
}

func (d *memoryDevice) Write(b []byte) (int, error) {
	select {
	case d.out <- b:
	case <-d.done:
	}
	return len(b), nil
}

func (d *memoryDevice) Close() error {
	d.once.Do(func() { close(d.done) })
	return nil
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A world that is closed leaves no goroutine and no descriptor, even with
// connections half open and packets on their way.
func TestNothingIsLeft(t *testing.T) {
	start := func() {
		d := newMemoryDevice()
		w, err := newWorld(small(), "fra", d)
		if err != nil {
			t.Fatal(err)
		}
		d.in <- packettest.Echo(packettest.Here4, packettest.There4, "x") // on its way for long
		d.in <- packettest.UDP(packettest.Here4, packettest.There4, 7, "x")
		syn := []byte("\x9c\x40\x01\xbb\x00\x00\x00\x07\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00")
		d.in <- packet.Wrap(packettest.Here4, packettest.There4, packet.ProtoTCP, 64, syn) // never goes on
		gateway := small().Routers[0].Addrs[0]
		d.in <- packettest.Echo(packettest.Here4, gateway, "x")
		if p := packettest.Intact(t, <-d.out); p.Src != gateway {
			t.Errorf("a reply from %s", p.Src)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
	start() // what stays for good is made once
	goroutines, open := runtime.NumGoroutine(), descriptors(t)
	for range 5 {
		start()
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, before %d\n%s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if n := descriptors(t); n > open {
		t.Errorf("%d descriptors, before %d", n, open)
	}
}

// Every hop answers for itself, after its own distance, and the silent ones not.
func TestHops(t *testing.T) {
	v, err := newView(small(), "fra")
	if err != nil {
		t.Fatal(err)
	}
	out := &pacer{alarm: quiet{}}
	f := newFabric(v, out)
	at := time.Now()
	for _, c := range []struct {
		ttl  uint8
		from string
		took time.Duration
	}{
		{1, "192.0.2.1", truth(frankfurt, frankfurt)},
		{2, "198.51.100.1", truth(frankfurt, paris)},
		{3, "", 0},
		{4, "203.0.113.7", truth(frankfurt, paris, newYork)},
	} {
		out.queue = nil
		request := packettest.Echo(packettest.Here4, packettest.There4, "x")
		packet.SetTTL(request, c.ttl)
		f.inbound(request, at)
		if c.from == "" {
			if len(out.queue) != 0 {
				t.Errorf("a silent router spoke")
			}
			continue
		}
		if len(out.queue) != 1 {
			t.Fatalf("hop %d: %d replies", c.ttl, len(out.queue))
		}
		p := packettest.Intact(t, out.queue[0].data)
		if p.Src.String() != c.from {
			t.Errorf("hop %d is %s", c.ttl, p.Src)
		}
		if took := out.queue[0].at.Sub(at); took < c.took-time.Microsecond || took > c.took+time.Microsecond {
			t.Errorf("hop %d after %v, want %v", c.ttl, took, c.took)
		}
	}
}

func TestLossAndJitter(t *testing.T) {
	s := small()
	web := &s.Hosts[2]
	web.Loss, web.JitterMS = 0.5, 10
	v, err := newView(s, "fra")
	if err != nil {
		t.Fatal(err)
	}
	out := &pacer{alarm: quiet{}}
	f := newFabric(v, out)
	at, least := time.Now(), truth(frankfurt, paris, newYork)
	const sent = 1000
	for range sent {
		f.inbound(packettest.Echo(packettest.Here4, packettest.There4, "x"), at)
	}
	// Lost on either way: a quarter comes back.
	if n := len(out.queue); n < sent/5 || n > sent/3 {
		t.Errorf("%d of %d came back", n, sent)
	}
	var last time.Time
	for len(out.queue) > 0 {
		batch, _, _ := out.next(at.Add(time.Hour))
		if len(batch) == 0 {
			break
		}
	}
	out.queue = nil
	for range 100 {
		f.inbound(packettest.Echo(packettest.Here4, packettest.There4, "x"), at)
	}
	for _, d := range out.queue {
		if took := d.at.Sub(at); took < least-time.Microsecond || took > least+10*time.Millisecond+time.Microsecond {
			t.Errorf("took %v, %v and at most 10 ms more is possible", took, least)
		}
		if d.at.After(last) {
			last = d.at
		}
	}
}

// Nearest is by the way of the light, and each site has its own answers.
func TestAnycast(t *testing.T) {
	s := small()
	s.Vantages = append(s.Vantages, scenario.Vantage{Name: "tyo", At: tokyo, Addrs: addrs("198.18.9.1")})
	for name, want := range map[string]scenario.Place{"fra": paris, "tyo": tokyo} {
		v, err := newView(s, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.hosts["everywhere"].at; got != want {
			t.Errorf("%s is answered from %v", name, got)
		}
	}
}

func TestDatabases(t *testing.T) {
	s, err := scenario.Named("demo")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]func() ([]byte, error){"geoip": s.Databases.GeoIPFile, "asn": s.Databases.ASNFile} {
		data, err := file()
		if err != nil || !strings.Contains(string(data), "MaxMind.com") {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	if data, err := (scenario.Databases{}).ASNFile(); data != nil || err != nil {
		t.Errorf("a database of nothing: %d bytes, %v", len(data), err)
	}
}
