package event

import (
	"errors"
	"log/slog"
	"testing"
)

func TestSentences(t *testing.T) {
	standing := Standing{Open: 1, Undecidable: 0, Ordered: 3, Budget: 250}
	for _, test := range []struct {
		event Event
		level slog.Level
		text  string
	}{
		{Progress{"looking", 3, 9}, slog.LevelDebug, "looking: 3 of 9"},
		{Problem{errors.New("no")}, slog.LevelError, "no"},
		{CloudRefused{"s3://a", 0, "denied"}, slog.LevelWarn, "s3://a: denied"},
		{CloudRefused{"s3://a", 2, "denied"}, slog.LevelWarn, "s3://a and 2 more: denied"},
		{Ordering{5, standing}, slog.LevelInfo, "ordering 5 measurements: 1 verdict open, of which no vantage on offer could decide 0; 3 of 250 ordered so far"},
		{NotVetted{2}, slog.LevelWarn, "2 vantages not tested against hosts of known place: the budget is used up; a larger --budget and --resume test them"},
		{Reused{"atlas", "1001", 1}, slog.LevelInfo, "atlas: measurement 1001 of others tells of 1 vantage, for nothing"},
		{RunKept{"site", "site/runs/A"}, slog.LevelInfo, "the earlier run in site is kept in site/runs/A"},
		{DataUnchanged{"set"}, slog.LevelInfo, "set is the newest"},
		{StoreUnbounded{"s3://a", "192.0.2.1", 0, 4}, slog.LevelWarn, "s3://a through 192.0.2.1: 0 of 4 reads can be used, which bounds nothing"},
	} {
		if test.event.String() != test.text || test.event.Level() != test.level {
			t.Errorf("%T says at level %s %q, want at %s %q", test.event, test.event.Level(), test.event, test.level, test.text)
		}
	}
}

// A task begins at nothing and ends, and without a handler nobody is called.
func TestTask(t *testing.T) {
	var got []Event
	update, end := Handler(func(e Event) { got = append(got, e) }).Task("looking")
	update(1, 2)
	end()
	want := []Event{Progress{"looking", 0, 0}, Progress{"looking", 1, 2}, Finished{"looking"}}
	if len(got) != len(want) {
		t.Fatalf("%d events", len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d is %#v, want %#v", i, got[i], want[i])
		}
	}
	Handler(nil).Send(Finished{"looking"})
}
