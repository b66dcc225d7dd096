package fakenet

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// Packets leave in the order of their times, never early; those of one time
// in the order in which they came.
func TestPacer(t *testing.T) {
	type left struct {
		what byte
		at   time.Time
	}
	var mu sync.Mutex
	var out []left
	done := make(chan struct{})
	p, err := newPacer(func(data []byte) {
		mu.Lock()
		defer mu.Unlock()
		out = append(out, left{data[0], time.Now()})
		if len(out) == 6 {
			close(done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	due := map[byte]time.Duration{'a': 30, 'b': 10, 'c': 10, 'd': 20, 'e': 0, 'f': 5}
	for _, what := range []byte("abcdef") {
		p.send(start.Add(due[what]*time.Millisecond), []byte{what})
	}
	<-done
	p.send(time.Now().Add(time.Hour), []byte("never"))
	p.close()
	p.send(time.Now(), []byte("too late"))
	var order []byte
	for _, l := range out {
		order = append(order, l.what)
		if early := due[l.what]*time.Millisecond - l.at.Sub(start); early > 0 {
			t.Errorf("%c left %v early", l.what, early)
		}
	}
	// What is due at the moment of sending may leave before the rest is sent.
	if want := []byte("efbcda"); !slices.Equal(order, want) {
		t.Errorf("order %s, want %s", order, want)
	}
}
