package nexttrace_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform/nexttrace"
)

const (
	first  = `[{"Success":true,"Address":{"IP":"10.4.0.1","Zone":""},"Hostname":"","TTL":1,"RTT":380000,"Error":null,"MPLS":null}]`
	silent = `[{"Success":false,"Address":null,"Hostname":"","TTL":2,"RTT":0,"Error":{},"MPLS":null}]`
	last   = `[{"Success":true,"Address":{"IP":"198.51.100.61","Zone":""},"Hostname":"edge.example","TTL":3,"RTT":41200000},{"Success":true,"Address":{"IP":"198.51.100.61","Port":443},"Hostname":"edge.example","TTL":3,"RTT":40000001}]`
	early  = `[{"Success":true,"Address":{"IP":"198.51.100.61"},"TTL":1,"RTT":90000}]`
	other  = `[{"Success":true,"Address":{"IP":"10.4.0.9"},"TTL":3,"RTT":90000},{"Success":true,"Address":{"IP":"198.51.100.61"},"TTL":3,"RTT":41000000}]`
)

func result(hops ...string) string {
	return `{"Hops":[` + strings.Join(hops, ",") + `],"TraceMapUrl":""}`
}

func TestRead(t *testing.T) {
	for name, text := range map[string]string{"plain": result(first, silent, last), "in the target's name": result(early, first, last)} {
		seen, err := nexttrace.Read([]byte(text))
		if err != nil || len(seen) != 2 {
			t.Fatalf("%s: %d observations, %v", name, len(seen), err)
		}
		path, end := seen[0].(*evidence.Trace), seen[1].(*evidence.RTT)
		if !path.Reached || path.Addr != netip.MustParseAddr("198.51.100.61") || len(path.Hops) != 3 || end.MinMS != 40.001 || end.Sent != 2 || end.Method != evidence.MethodImport {
			t.Errorf("%s: %+v, %+v", name, path, end)
		}
		// The name of a hop is that of its address, and no answer for a name.
		if path.Hops[2].Name != "edge.example" {
			t.Errorf("%s: %+v", name, path.Hops[2])
		}
	}
	seen, err := nexttrace.Read([]byte(result(first, last) + "\n" + result(first, silent) + "\n" + result(first, last) + `{"Hops":[[`))
	if len(seen) != 4 || err == nil || !strings.Contains(err.Error(), "result 2") || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%d observations, %v", len(seen), err)
	}
}

func TestRefuses(t *testing.T) {
	for bad, word := range map[string]string{
		"[]": "no result", `{"Hops":[]}`: "no \"Hops\"", `{"Hops":null}`: "no \"Hops\"", `{"Hops":{}}`: "Hops",
		result(first, silent): "without a reply", result(first, other): "10.4.0.9",
		`{"Hops":[[{"RTT":"soon"}]]}`: "soon",
	} {
		if seen, err := nexttrace.Read([]byte(bad)); err == nil || len(seen) > 0 || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %d observations, %v; an error with %q is expected", bad, len(seen), err, word)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(result(first, silent, last)))
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, err := nexttrace.Read(data)
		if err == nil && len(seen) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		for _, o := range seen {
			if r, ok := o.(*evidence.RTT); ok && (r.MinMS <= 0 || !r.Addr.IsValid()) {
				t.Errorf("%+v", r)
			}
		}
	})
}
