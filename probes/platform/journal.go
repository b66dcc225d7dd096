package platform

import (
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// Journal is what a run's evidence says of its orders.
type Journal struct {
	orders []*entry
	byID   map[string]*entry
}

// entry is one order, from its first line to its last.
type entry struct {
	asked       *evidence.Order
	measurement string // PLATFORM:ID; empty where the platform gave none
	state       evidence.OrderState
}

// ReadJournal gathers the orders of a run.
func ReadJournal(observations []evidence.Observation) *Journal {
	j := &Journal{byID: map[string]*entry{}}
	for _, o := range observations {
		if order, ok := o.(*evidence.Order); ok {
			j.add(order)
		}
	}
	return j
}

func (j *Journal) add(o *evidence.Order) {
	if o.State == evidence.OrderAsked {
		e := &entry{asked: o, state: o.State}
		j.orders, j.byID[o.ID] = append(j.orders, e), e
		return
	}
	if e := j.byID[o.Of]; e != nil {
		e.state = o.State
		if o.Measurement != "" {
			e.measurement = o.Measurement
		}
	}
}

// open returns the orders that are not settled.
func (j *Journal) open() []*entry {
	return slices.DeleteFunc(slices.Clone(j.orders), func(e *entry) bool {
		return e.state == evidence.OrderSettled || e.state == evidence.OrderRefused
	})
}

// Spent returns what the orders cost that a platform took or may have taken, in
// its own unit.
func (j *Journal) Spent(platform string) int {
	spent := 0
	for _, e := range j.orders {
		if e.asked.Platform == platform && e.state != evidence.OrderRefused {
			spent += e.asked.Cost
		}
	}
	return spent
}

// Asked returns the orders that a platform took or may have taken: what is in
// them is not ordered again.
func (j *Journal) Asked() []*evidence.Order {
	var out []*evidence.Order
	for _, e := range j.orders {
		if e.state != evidence.OrderRefused {
			out = append(out, e.asked)
		}
	}
	return out
}

// MachineOf returns the id of the first handshake that an offer was asked for alone,
// empty where there is none. Whatever has to be of the same machine is ordered with
// it as [Ask.Again].
func (j *Journal) MachineOf(platform, key string) string {
	for _, e := range j.orders {
		if e.asked.Platform != platform || e.asked.Type != TypeHTTP || e.state == evidence.OrderRefused || len(e.asked.From) != 1 || e.asked.From[0] != key {
			continue
		}
		if _, id, placed := strings.Cut(e.measurement, ":"); placed {
			return id
		}
	}
	return ""
}

// Tests returns how many measurements, each from one vantage, platforms took or
// may have taken.
func (j *Journal) Tests() int {
	tests := 0
	for _, o := range j.Asked() {
		tests += len(o.From)
	}
	return tests
}
