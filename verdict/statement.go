package verdict

// statement is what one source other than physics says of where an address is.
type statement struct {
	basis    Basis
	says     membership
	evidence string
	text     string
}

func file(usable []statement, aside []Reason, s statement, contradicted bool) ([]statement, []Reason) {
	if contradicted {
		return usable, append(aside, Reason{Evidence: []string{s.evidence}, Text: s.text + ", which the round trips rule out"})
	}
	return append(usable, s), aside
}

// weigh says what statements that cannot be checked by physics amount to.
// Where they contradict one another, nothing is concluded.
func weigh(statements []statement) finding {
	f := finding{result: Inconclusive, basis: BasisNone}
	count := map[membership]int{}
	outsideByProvider := false
	for _, s := range statements {
		count[s.says]++
		f.because = append(f.because, Reason{Evidence: []string{s.evidence}, Text: s.text + "; " + s.says.words()})
		if s.says == cannotTell {
			continue
		}
		if f.basis != BasisProvider {
			f.basis = s.basis
		}
		outsideByProvider = outsideByProvider || s.says == outside && s.basis == BasisProvider
	}
	switch {
	case count[outside] > 0 && count[inside] > 0:
		f.limits = append(f.limits, "databases and published ranges contradict one another, and physics cannot tell")
	case outsideByProvider:
		f.result = Refuted
	case count[outside] > 0:
		f.result = Disputed
	case count[inside] > 0:
		f.result = Consistent
	}
	return f
}
