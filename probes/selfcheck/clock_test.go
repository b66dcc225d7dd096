package selfcheck

import (
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

func TestStepped(t *testing.T) {
	for _, test := range []struct {
		wall, steady time.Duration
		want         string
	}{
		{time.Hour, time.Hour, evidence.CheckPassed},
		{time.Hour + 500*time.Millisecond, time.Hour, evidence.CheckPassed},
		{time.Hour + 2*time.Second, time.Hour, evidence.CheckFailed}, // slept
		{time.Hour - 2*time.Second, time.Hour, evidence.CheckFailed}, // set back
	} {
		if got := stepped(test.wall, test.steady); got.Result != test.want {
			t.Errorf("%s by the wall and %s: %+v", test.wall, test.steady, got)
		}
	}
}

func TestBadHostLists(t *testing.T) {
	for _, text := range []string{
		"host,provider,region,source\nx.test,aws,nowhere-1,https://x\n",
		"host,provider,region,source\nx.test,aws\n",
	} {
		if got, err := readHosts([]byte(text)); err == nil {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}
