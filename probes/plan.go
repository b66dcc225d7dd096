package probes

// key is what makes a step unique in a run.
type key struct{ probe, subject string }

// Plan returns every step that is possible with what is known and was not
// answered yet, each once, in the order of the probes and of their own plans.
// It reads nothing but its arguments.
func Plan(list []Probe, targets []Target, seen *Seen) []Step {
	return newPlanner(list).plan(targets, seen)
}

// planner remembers which steps were answered or given before, so that a later
// round reads the new observations only and gives what has become possible
// since. A look-up that finds nothing gives no observation: it is not to be
// planned for ever.
type planner struct {
	list []Probe
	over map[key]bool
	read int // how many observations of seen were looked at
}

func newPlanner(list []Probe) *planner { return &planner{list: list, over: map[key]bool{}} }

func (p *planner) plan(targets []Target, seen *Seen) []Step {
	all := seen.All()
	for _, o := range all[p.read:] {
		for _, look := range p.list {
			if subject, ok := look.Answers(o); ok {
				p.over[key{look.Spec().Name, subject}] = true
			}
		}
	}
	p.read = len(all)
	var out []Step
	for _, look := range p.list {
		for _, step := range look.Plan(targets, seen) {
			k := key{step.Probe, step.Subject}
			if !p.over[k] {
				p.over[k] = true
				out = append(out, step)
			}
		}
	}
	return out
}

// local tells which probes of the list send no packet.
func local(list []Probe) map[string]bool {
	out := map[string]bool{}
	for _, look := range list {
		if spec := look.Spec(); spec.Local {
			out[spec.Name] = true
		}
	}
	return out
}
