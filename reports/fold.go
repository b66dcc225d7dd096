package reports

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// Finding is a set of verdicts on one claim that say the same of different
// addresses: same result, same subject, same basis, same limits.
type Finding struct {
	Result        verdict.Result
	Subject       verdict.Subject
	Basis         verdict.Basis
	SingleVantage bool
	Assumes       []string
	WouldBe       verdict.Result // but for the rules that hold it back; empty where none does
	HeldBackBy    []string       // the codes of those rules
	Sentence      string         // of its first row
	Limits        []string       // those that all its rows share
	Rows          []Row          // the most telling first
	Verdicts      int            // in all rows
}

// Row is one address, or one store, with the argument. Verdicts that differ
// only in the country of the client are one row.
type Row struct {
	Anchor    string
	Endpoint  string
	Addr      string
	Clients   []string // countries whose users are given this address, where answers differ
	Ratio     float64
	MarginKM  float64
	Countries []string
	Because   []Reason
	Limits    []string // those that are its own
	Verdicts  int
	Measured  *verdict.Measured // when the replies that carry it were; nil where none does

	Proof    *verdict.Proof    // what a result by round trips comes down to
	Survives *verdict.Survival // what that result outlasts
	Sites    *verdict.Sites    // of an address that many hosts share
}

// Reason is one step of the argument, with the ids of its evidence.
type Reason struct {
	Text     string
	Evidence []string
	More     int // ids that were left out
}

// shape is what verdicts have in common that are told together. The texts in it
// have their figures, hosts and addresses masked.
type shape struct {
	result           verdict.Result
	subject          verdict.Subject
	basis            verdict.Basis
	single           bool
	assumes, limited string
	heldBack         string
}

// fold puts the verdicts on one claim together by what they say, so that a
// thousand addresses that fare alike are one finding.
func fold(started string, verdicts []*verdict.Verdict) []Finding {
	groups := map[shape][]*verdict.Verdict{}
	var order []shape
	for _, v := range verdicts {
		s := shapeOf(v)
		if _, seen := groups[s]; !seen {
			order = append(order, s)
		}
		groups[s] = append(groups[s], v)
	}
	slices.SortFunc(order, func(a, b shape) int {
		return cmp.Or(
			cmp.Compare(rank(a.result), rank(b.result)),
			cmp.Compare(placeIn(subjects(), a.subject), placeIn(subjects(), b.subject)),
			cmp.Compare(placeIn(bases(), a.basis), placeIn(bases(), b.basis)),
			cmp.Compare(len(groups[b]), len(groups[a])),
			cmp.Compare(a.limited, b.limited),
			cmp.Compare(a.assumes, b.assumes),
			cmp.Compare(a.heldBack, b.heldBack),
		)
	})
	out := make([]Finding, 0, len(order))
	used := map[string]int{}
	for _, s := range order {
		out = append(out, newFinding(started, s, groups[s], used))
	}
	return out
}

func subjects() []verdict.Subject {
	return []verdict.Subject{verdict.FrontDoor, verdict.Store, verdict.Operator, verdict.Path}
}

func bases() []verdict.Basis {
	return []verdict.Basis{
		verdict.BasisPhysics, verdict.BasisProvider, verdict.BasisCalibrated,
		verdict.BasisDatabase, verdict.BasisRegistration, verdict.BasisNone,
	}
}

// placeIn returns the place of x in list, the end for what is not in it.
func placeIn[T comparable](list []T, x T) int {
	if i := slices.Index(list, x); i >= 0 {
		return i
	}
	return len(list)
}

func shapeOf(v *verdict.Verdict) shape {
	s := shape{
		result: known(v.Result), subject: verdict.Subject(name(string(v.Subject))), basis: verdict.Basis(name(string(v.Basis))),
		single: v.SingleVantage, assumes: strings.Join(shortened(v.Assumes), "\n"),
	}
	if v.HeldBack != nil {
		s.heldBack = strings.Join(append([]string{string(known(v.HeldBack.WouldBe))}, shortened(v.HeldBack.Why)...), "\n")
	}
	limits := shortened(v.Limits)
	for i, text := range limits {
		limits[i] = mask(text, v.Endpoint, v.Addr)
	}
	slices.Sort(limits)
	s.limited = strings.Join(slices.Compact(limits), "\n")
	return s
}

// mask takes from a text what tells one address from the next: its own names,
// and every figure.
func mask(text string, names ...string) string {
	for _, own := range names {
		if own != "" && len(own) <= maxName {
			text = strings.ReplaceAll(text, own, "…")
		}
	}
	var b strings.Builder
	digits := false
	for _, r := range text {
		if r >= '0' && r <= '9' {
			if !digits {
				b.WriteByte('#')
			}
			digits = true
			continue
		}
		digits = false
		b.WriteRune(r)
	}
	return b.String()
}

func newFinding(started string, s shape, verdicts []*verdict.Verdict, used map[string]int) Finding {
	f := Finding{
		Result: s.result, Subject: s.subject, Basis: s.basis, SingleVantage: s.single,
		Assumes: shortened(verdicts[0].Assumes), Verdicts: len(verdicts), Rows: rows(verdicts),
	}
	if held := verdicts[0].HeldBack; held != nil {
		f.WouldBe, f.HeldBackBy = known(held.WouldBe), shortened(held.Why)
	}
	f.Limits = sharedLimits(f.Rows)
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Limits = slices.DeleteFunc(r.Limits, func(text string) bool { return slices.Contains(f.Limits, text) })
		v := verdicts[0]
		r.Anchor = unique(used, anchor("verdict", v.Vendor, v.Claim, r.Endpoint, r.Addr, string(f.Subject)))
	}
	f.Sentence = rowSentence(started, &f, &f.Rows[0])
	return f
}

// sharedLimits returns the limits of the first row that every row has.
func sharedLimits(rows []Row) []string {
	shared := slices.Clone(rows[0].Limits)
	for i := range rows {
		if len(shared) == 0 {
			break
		}
		shared = slices.DeleteFunc(shared, func(text string) bool { return !slices.Contains(rows[i].Limits, text) })
	}
	return shared
}

// rows returns one row for each address with the same argument, the most telling
// first: by how impossible the claim is there.
func rows(verdicts []*verdict.Verdict) []Row {
	var out []Row
	place := map[string]int{}
	for _, v := range verdicts {
		r := newRow(v)
		key := rowKey(&r)
		if i, seen := place[key]; seen {
			out[i].Verdicts++
			out[i].Clients = append(out[i].Clients, r.Clients...)
			continue
		}
		place[key] = len(out)
		out = append(out, r)
	}
	for i := range out {
		slices.Sort(out[i].Clients)
		out[i].Clients = slices.Compact(out[i].Clients)
	}
	slices.SortStableFunc(out, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(b.Ratio, a.Ratio),
			cmp.Compare(b.MarginKM, a.MarginKM),
			cmp.Compare(a.Endpoint, b.Endpoint),
			compareAddr(a.Addr, b.Addr),
		)
	})
	return out
}

func newRow(v *verdict.Verdict) Row {
	r := Row{
		Endpoint: name(v.Endpoint), Addr: name(v.Addr), Ratio: v.Ratio, MarginKM: v.MarginKM,
		Countries: codes(v.Countries), Limits: shortened(v.Limits), Verdicts: 1,
		Measured: boundedMeasured(v.Measured), Proof: boundedProof(v.Proof), Survives: v.Survives, Sites: boundedSites(v.Sites),
	}
	if v.ClientCountry != "" {
		r.Clients = []string{name(v.ClientCountry)}
	}
	left := 0
	for _, b := range v.Because {
		left += r.reason(b)
	}
	if left > 0 {
		r.Because = append(r.Because, Reason{Text: plural(left, "further step", "further steps") + " of the argument: see the verdicts file"})
	}
	return r
}

// reason adds a step of the argument, and gives how many were left out. Steps
// that say the same, as of one database asked from several vantages, are one.
func (r *Row) reason(b verdict.Reason) (left int) {
	text := clip(b.Text, maxText)
	i := slices.IndexFunc(r.Because, func(o Reason) bool { return o.Text == text })
	if i < 0 && len(r.Because) == maxReasons {
		return 1
	}
	if i < 0 {
		i = len(r.Because)
		r.Because = append(r.Because, Reason{Text: text})
	}
	own := &r.Because[i]
	ids := b.Evidence[:min(len(b.Evidence), maxIDs-len(own.Evidence))]
	own.More += len(b.Evidence) - len(ids)
	for _, id := range ids {
		own.Evidence = append(own.Evidence, name(id))
	}
	return 0
}

// Unsaid returns what the finding takes for granted, and that one vantage carries
// it, as far as its limits do not say so already.
func (f *Finding) Unsaid() []string {
	var out []string
	limits := strings.Join(f.Limits, "\n")
	if f.SingleVantage && !f.heldForOneVantage(limits) {
		out = append(out, "One vantage carries this: without it, the result would be another.")
	}
	for _, a := range f.Assumes {
		if !strings.Contains(limits, assumesWords(a)) {
			out = append(out, "Takes for granted that "+assumesWords(a)+".")
		}
	}
	return out
}

// heldForOneVantage reports whether the limits say already that one vantage carries
// the finding. Documents of before there were codes have the sentence alone.
func (f *Finding) heldForOneVantage(limits string) bool {
	if f.WouldBe == "" {
		return strings.Contains(limits, "one vantage alone")
	}
	return slices.Contains(f.HeldBackBy, verdict.CodeOneVantage)
}

// rowKey is equal for rows that differ only in their clients.
func rowKey(r *Row) string {
	var b strings.Builder
	from, until := r.days()
	for _, text := range []string{r.Endpoint, r.Addr, figure(r.Ratio), figure(r.MarginKM), from, until} {
		b.WriteString(text)
		b.WriteByte(0)
	}
	for _, reason := range r.Because {
		b.WriteString(reason.Text)
		b.WriteByte(0)
	}
	return b.String()
}

// compareAddr orders addresses as numbers, and what is none after them.
func compareAddr(a, b string) int {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	switch {
	case errX == nil && errY == nil:
		return x.Compare(y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}
