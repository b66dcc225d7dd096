package probes

import "net/netip"

// queue returns out steps of each probe in turn, those of one in order, but never
// more at once for one address, or of one probe, than their lanes hold. So all
// probes are at work at once, and those that take long are not left to the end.
type queue struct {
	steps      map[string][]Step // by probe
	order      []string          // of the probes, as they came
	turn       int               // whose step is next, in order
	perAddress int
	addresses  map[netip.Addr]*lane
	probes     map[string]*lane
	woken      []*lane // those in which a place may have become free
}

// lane is what only so many steps may be in at once.
type lane struct {
	limit, active int
	waiting       []Step
}

// newQueue makes a queue with the lanes of the probes that bound themselves.
func newQueue(perAddress int, list map[string]Probe) *queue {
	q := &queue{steps: map[string][]Step{}, perAddress: perAddress, addresses: map[netip.Addr]*lane{}, probes: map[string]*lane{}}
	for name, look := range list {
		if most := look.Spec().AtOnce; most > 0 {
			q.probes[name] = &lane{limit: most}
		}
	}
	return q
}

// add puts steps behind the others of their probe.
func (q *queue) add(steps []Step) {
	for _, step := range steps {
		before, known := q.steps[step.Probe]
		if !known {
			q.order = append(q.order, step.Probe)
		}
		q.steps[step.Probe] = append(before, step)
	}
}

// next returns a step that may run now; ok is false if none may.
func (q *queue) next() (step Step, ok bool) {
	for len(q.woken) > 0 {
		l := q.woken[0]
		if l.active >= l.limit || len(l.waiting) == 0 {
			q.woken = q.woken[1:]
			continue
		}
		step, l.waiting = l.waiting[0], l.waiting[1:]
		if q.begin(step) {
			return step, true
		}
	}
	for idle := 0; idle < len(q.order); {
		name := q.order[q.turn%len(q.order)]
		q.turn++
		steps := q.steps[name]
		if len(steps) == 0 {
			idle++
			continue
		}
		idle, step, q.steps[name] = 0, steps[0], steps[1:]
		if q.begin(step) {
			return step, true
		}
	}
	return Step{}, false
}

// begin takes a place for the step in each of its lanes, or lets it wait in the
// first that is full.
func (q *queue) begin(step Step) bool {
	lanes := q.lanes(step)
	for _, l := range lanes {
		if l.active >= l.limit {
			l.waiting = append(l.waiting, step)
			return false
		}
	}
	for _, l := range lanes {
		l.active++
	}
	return true
}

// done says that step ended.
func (q *queue) done(step Step) {
	for _, l := range q.lanes(step) {
		l.active--
		q.woken = append(q.woken, l)
	}
}

func (q *queue) lanes(step Step) []*lane {
	var out []*lane
	if l := q.probes[step.Probe]; l != nil {
		out = append(out, l)
	}
	if step.Addr.IsValid() {
		l := q.addresses[step.Addr]
		if l == nil {
			l = &lane{limit: q.perAddress}
			q.addresses[step.Addr] = l
		}
		out = append(out, l)
	}
	return out
}
