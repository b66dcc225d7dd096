package mtr_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform/mtr"
)

const sample = `{"report":{"mtr":{"src":"lab","dst":"203.0.113.7","tos":0,"tests":10,"psize":"64","bitpattern":"0x00"},"hubs":[
	{"count":1,"host":"192.0.2.1","Loss%":0.0,"Snt":10,"Last":0.41,"Avg":0.5,"Best":0.40,"Wrst":1.0,"StDev":0.1},
	{"count":2,"host":"???","Loss%":100.0,"Snt":10,"Last":0,"Avg":0,"Best":0,"Wrst":0,"StDev":0},
	{"count":3,"host":"203.0.113.7","Loss%":20.0,"Snt":10,"Last":12.41,"Avg":12.5,"Best":12.35,"Wrst":14.0,"StDev":0.1}]}}`

// only returns the one observation of a type.
func only[T evidence.Observation](t *testing.T, seen []evidence.Observation) T {
	t.Helper()
	var found []T
	for _, o := range seen {
		if x, ok := o.(T); ok {
			found = append(found, x)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d observations of one type; 1 is expected: %+v", len(found), seen)
	}
	return found[0]
}

func TestRead(t *testing.T) {
	byName := strings.NewReplacer(`"dst":"203.0.113.7"`, `"dst":"Sync.example."`, `"host":"203.0.113.7"`, `"host":"sync.example (203.0.113.7)"`).Replace(sample)
	for text, lines := range map[string]int{sample: 2, byName: 3} {
		seen, err := mtr.Read([]byte(text))
		if err != nil || len(seen) != lines {
			t.Fatalf("%d observations, %v; %d are expected", len(seen), err, lines)
		}
		path, end := only[*evidence.Trace](t, seen), only[*evidence.RTT](t, seen)
		if !path.Reached || len(path.Hops) != 3 || path.Hops[1].Addr.IsValid() || end.MinMS != 12.415 || end.Sent != 10 || end.Lost != 2 {
			t.Errorf("%+v, %+v", path, end)
		}
		if lines == 3 {
			answer := only[*evidence.DNS](t, seen)
			if answer.Name != "sync.example" || len(answer.Answers) != 1 || answer.Answers[0] != netip.MustParseAddr("203.0.113.7") {
				t.Errorf("%+v", answer)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	for bad, word := range map[string]string{
		"":              "no report",
		"[]":            "no report",
		"{}":            `no "report"`,
		`{"report":{}}`: "saw no host",
		`{"report":{"mtr":{"dst":"203.0.113.7"},"hubs":[]}}`:                                         "203.0.113.7",
		strings.Replace(sample, `"dst":"203.0.113.7"`, `"dst":"sync.example"`, 1):                    "sync.example",
		strings.Replace(sample, `"count":1`, `"count":"first"`, 1):                                   "first",
		strings.Replace(sample, `"count":1`, `"count":900`, 1):                                       "900",
		strings.Replace(sample, `"Snt":10`, `"Snt":"ten"`, 1):                                        "ten",
		"{\n \"report\": {\n  \"mtr\": { \"dst\": \"203.0.113.9\" },\n  \"hubs\": [  }\n}\n":         "saw no host on the way to \"203.0.113.9\"",
		"{\n \"report\": {\n  \"mtr\": { \"dst\": \"203.0.113.9\" },\n  \"hubs\": [ { \"count\": 1,": "cut off",
	} {
		if seen, err := mtr.Read([]byte(bad)); err == nil || len(seen) > 0 || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %d observations, %v; an error with %q is expected", bad, len(seen), err, word)
		}
	}
}

// hubs makes a report about 198.51.100.77 of hubs.
func hubs(text string) []byte {
	return []byte(`{"report":{"mtr":{"src":"x","dst":"198.51.100.77","tests":5},"hubs":[` + text + `]}}`)
}

// A figure is the target's only if nothing else can have caused it: whichever
// hosts a hub had before or after, and whoever speaks in the target's name.
func TestWhoseFigure(t *testing.T) {
	const (
		near     = `{"count":1,"host":"10.9.0.1","Snt":5,"Last":0.3,"Avg":0.3,"Best":0.2,"Wrst":0.4}`
		changed  = `{"count":2,"host":"198.51.100.77","Snt":5,"Last":88.125,"Avg":44.2,"Best":0.19,"Wrst":91.5}`
		oldHub   = `{"count":"2","host":"198.51.100.77","Snt":5,"Last":0.19,"Avg":44.2,"Best":0.19,"Wrst":91.50}`
		noLast   = `{"count":2,"host":"198.51.100.77","Snt":5,"Best":0.19,"Wrst":91.5}`
		borrowed = `{"count":1,"host":"198.51.100.77","Snt":5,"Last":0.3,"Avg":0.3,"Best":0.2,"Wrst":0.4}`
		router   = `{"count":2,"host":"10.9.8.7","Snt":5,"Last":2.3,"Avg":2.3,"Best":2.2,"Wrst":2.4}`
		silent   = `{"count":2,"host":"???","Loss%":100,"Snt":5,"Last":0,"Best":0,"Wrst":0}`
		itself   = `{"count":3,"host":"198.51.100.77","Snt":5,"Last":77.5,"Avg":80,"Best":76,"Wrst":85}`
		far      = `{"count":2,"host":"198.51.100.77","Snt":5,"Last":2345.6,"Best":9,"Wrst":2400}`
		neither  = `{"count":2,"host":"198.51.100.77","Snt":5,"Best":0.19,"Avg":3}`
	)
	for name, c := range map[string]struct {
		text string
		want float64 // 0: no round trip
	}{
		"Last of the host that is named":     {near + "," + changed, 88.13},
		"before 0.94 the first is named":     {strings.Replace(near, "1,", `"1",`, 1) + "," + oldHub, 91.505},
		"without Last":                       {near + "," + noLast, 91.505},
		"neither Last nor Wrst":              {near + "," + neither, 0},
		"five digits":                        {near + "," + far, 2345.65},
		"in the target's name, then onward":  {borrowed + "," + router + "," + itself, 77.505},
		"in the target's name, never there":  {borrowed + "," + router, 0},
		"in the target's name, then silence": {borrowed + "," + silent, 0},
		"the same, then itself":              {borrowed + "," + silent + "," + itself, 77.505},
		"in any order":                       {itself + "," + borrowed + "," + router, 77.505},
	} {
		seen, err := mtr.Read(hubs(c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		path := only[*evidence.Trace](t, seen)
		if path.Reached != (c.want > 0) || len(seen) == 2 != path.Reached {
			t.Errorf("%s: reached %v, %d observations", name, path.Reached, len(seen))
		}
		if c.want > 0 && only[*evidence.RTT](t, seen).MinMS != c.want {
			t.Errorf("%s: %v ms; %v are expected", name, only[*evidence.RTT](t, seen).MinMS, c.want)
		}
		for _, h := range path.Hops {
			for _, ms := range h.RTTMS {
				if h.Addr == path.Addr && ms < c.want || c.want == 0 && h.Addr == path.Addr {
					t.Errorf("%s: hop %d has %v ms in the target's name", name, h.TTL, ms)
				}
			}
		}
	}
}

// Several reports are read, one after the other or in a list, and a broken one
// costs itself alone.
func TestSeveral(t *testing.T) {
	down := "{\n  \"report\": {\n    \"mtr\": {\n      \"dst\": \"192.0.2.44\"\n    },\n    \"hubs\": [  }\n}\n"
	for name, c := range map[string]struct {
		text  string
		paths int
		bad   string
	}{
		"two":             {sample + "\n" + sample, 2, ""},
		"list":            {"[" + sample + ",\n" + sample + "]", 2, ""},
		"down in between": {sample + "\n" + down + sample, 2, "192.0.2.44"},
		"cut":             {sample + "\n" + sample + "\n{\"report\":{\"mtr\"", 2, "cut off"},
		"garbage":         {sample + "\nmtr: no route to host\n" + sample, 2, "line 5"},
		"old":             {strings.NewReplacer(`"count":1`, `"count":"1"`, `"count":2`, `"count":"2"`, `"count":3`, `"count": "3"`).Replace(sample), 1, ""},
		"figures as text": {strings.NewReplacer(`"Last":12.41`, `"Last":"12.41"`, `"Snt":10`, `"Snt":"10"`, `"Loss%":0.0`, `"Loss%":"0.0"`).Replace(sample), 1, ""},
	} {
		seen, err := mtr.Read([]byte(c.text))
		if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: %v; %q is expected", name, err, c.bad)
		}
		paths := 0
		for _, o := range seen {
			if path, ok := o.(*evidence.Trace); ok && path.Reached {
				paths++
			}
		}
		if paths != c.paths {
			t.Errorf("%s: %d paths; %d are expected", name, paths, c.paths)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(sample + "{\"report\":{\"mtr\":{\"dst\":\"a\"},\"hubs\":[ }}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, err := mtr.Read(data)
		if err == nil && len(seen) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		for _, o := range seen {
			o.Common().ID = "e1"
			if err := evidence.Validate(o); err != nil && !strings.Contains(err.Error(), "ms") {
				t.Error(err)
			}
			if r, ok := o.(*evidence.RTT); ok && (r.MinMS <= 0 || r.Lost >= r.Sent) {
				t.Errorf("%+v", r)
			}
		}
	})
}
