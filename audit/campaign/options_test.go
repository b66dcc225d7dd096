package campaign

import (
	"context"
	"testing"
	"time"
)

func TestCountries(t *testing.T) {
	for text, want := range map[string]string{"all": "all", "none": "none", "de, in": "DE,IN", "XX": "", "": "", "DE,": ""} {
		c, err := ParseCountries(text)
		if (err == nil) != (want != "") || err == nil && c.String() != want {
			t.Errorf("%q is %q, %v", text, c, err)
		}
	}
	if all := (Countries{}).String(); all != "all" {
		t.Errorf("the zero value is %s", all)
	}
}

// What is left out has a default, and filling in twice changes nothing.
func TestDefaults(t *testing.T) {
	t.Setenv(MachineVariable, "test")
	t.Setenv(RootsVariable, "")
	for budget, want := range map[int]int{0: DefaultBudget, 7: 7, -1: 0} {
		o := Options{Budget: budget}.WithDefaults().WithDefaults()
		c, err := New(o, nil)
		if err != nil || c.Budget != want {
			t.Errorf("a budget of %d is %d, %v", budget, c.Budget, err)
		}
		if !c.OnlyHere() || c.Here() == nil || c.Countries.String() != "all" || c.Now().IsZero() {
			t.Errorf("it looks from %v", c.Vantages)
		}
	}
}

// The timeout is the cause of the end of a run.
func TestWithin(t *testing.T) {
	ctx, cancel := Options{Timeout: time.Nanosecond}.Within(t.Context())
	defer cancel()
	<-ctx.Done()
	if cause := context.Cause(ctx); cause == nil || cause.Error() != "--timeout 1ns is over" {
		t.Errorf("the cause is %v", cause)
	}
}
