package tcpinfo

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
)

func TestMain(m *testing.M) {
	fakenet.Main()
	os.Exit(m.Run())
}

// lossyWorld loses one packet in five each way.
func lossyWorld() *scenario.Scenario {
	return &scenario.Scenario{
		Name: "lossy", Seed: 1,
		Vantages: []scenario.Vantage{{Name: "here", At: scenario.Place{Lat: 50.11, Lon: 8.68}, Addrs: []netip.Addr{netip.MustParseAddr("198.18.1.10")}}},
		Hosts: []scenario.Host{{
			Name: "far", Addrs: []netip.Addr{netip.MustParseAddr("203.0.113.7")}, At: &scenario.Place{Lat: 40.71, Lon: -74.01}, Loss: 0.2,
			Ports: []scenario.Port{{Port: 7, Service: scenario.Echo}},
		}},
	}
}

// Where packets are lost and repeated, no figure is shorter than light needs.
func TestRepeatedSegments(t *testing.T) {
	needs.Namespaces(t)
	s := lossyWorld()
	if !fakenet.Inside() {
		var out bytes.Buffer
		err := fakenet.Run(t.Context(), s, "here", fakenet.Job{
			Again: []string{"-test.run=^TestRepeatedSegments$", "-test.v", "-test.count=1"}, Stdout: &out, Stderr: &out,
		})
		if err != nil || !strings.Contains(out.String(), "--- PASS: TestRepeatedSegments") {
			t.Fatalf("%v\n%s", err, &out)
		}
		t.Log(out.String())
		return
	}
	truth := time.Duration(2 * s.Vantages[0].At.KM(*s.Hosts[0].At) / geo.FibreKMPerMS * float64(time.Millisecond))
	var mu sync.Mutex
	timed, repeated, least := 0, 0, time.Hour
	var wait sync.WaitGroup
	for range 60 {
		wait.Go(func() {
			began := time.Now()
			conn, err := net.DialTimeout("tcp", "203.0.113.7:7", 4*time.Second)
			if err != nil {
				return // lost too often
			}
			defer conn.Close()
			figure, again := Of(conn.(*net.TCPConn), time.Since(began)), false
			_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
			for range 3 {
				if _, err := conn.Write([]byte("landfall")); err != nil {
					break
				}
				if _, err := conn.Read(make([]byte, 8)); err != nil {
					break
				}
			}
			figure = Of(conn.(*net.TCPConn), figure)
			raw, err := conn.(*net.TCPConn).SyscallConn()
			if err == nil {
				err = raw.Control(func(fd uintptr) {
					info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
					again = err == nil && info.Total_retrans > 0
				})
			}
			mu.Lock()
			defer mu.Unlock()
			timed++
			least = min(least, figure)
			if again {
				repeated++
			}
			if err != nil || figure < truth {
				t.Errorf("a figure of %v, and light needs %v (repeated: %t, %v)", figure, truth, again, err)
			}
		})
	}
	wait.Wait()
	if timed < 20 || repeated < 10 {
		t.Errorf("%d connections, %d of them with repeated segments: the test shows little", timed, repeated)
	}
	t.Logf("%d connections, %d with repeated segments, least %v, true %v", timed, repeated, least, truth)
}
