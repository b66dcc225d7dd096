package view

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
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
	WouldBe       verdict.Result // but for the rules that downgrade it; empty where none does
	DowngradedBy  []string       // the codes of those rules
	Limits        []Limit        // those that all its rows share
	Rows          []Row          // the one that decides most first
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
	StepsLeft int     `json:",omitempty"` // steps of the argument that were left out
	Limits    []Limit // those that are its own
	Verdicts  int
	Measured  *verdict.Measured // when the replies that support it were; nil where none does

	Proof    *verdict.Proof    // what a result by round trips comes down to
	Survives *verdict.Survival // what that result outlasts
	Sites    *verdict.Sites    // of an address that many hosts share
}

// Reason is one step of the argument, with the ids of its evidence.
type Reason struct {
	Code     string `json:",omitempty"` // of the judge
	Text     string
	Evidence []string
	More     int // ids that were left out
}

// groupKey is what the verdicts of one finding have in common. Limits stand in it by
// what they say, without figures, hosts and addresses.
type groupKey struct {
	result           verdict.Result
	subject          verdict.Subject
	basis            verdict.Basis
	single           bool
	assumes, limited string
	downgrade        string
}

// groupVerdicts puts the verdicts on one claim together by what they say. A thousand
// addresses with the same result are one finding.
func groupVerdicts(verdicts []*verdict.Verdict) []Finding {
	groups := map[groupKey][]*verdict.Verdict{}
	var order []groupKey
	for _, v := range verdicts {
		s := groupKeyOf(v)
		if _, seen := groups[s]; !seen {
			order = append(order, s)
		}
		groups[s] = append(groups[s], v)
	}
	slices.SortFunc(order, func(a, b groupKey) int {
		return cmp.Or(
			cmp.Compare(Rank(a.result), Rank(b.result)),
			cmp.Compare(IndexOrEnd(subjects(), a.subject), IndexOrEnd(subjects(), b.subject)),
			cmp.Compare(IndexOrEnd(bases(), a.basis), IndexOrEnd(bases(), b.basis)),
			cmp.Compare(len(groups[b]), len(groups[a])),
			cmp.Compare(a.limited, b.limited),
			cmp.Compare(a.assumes, b.assumes),
			cmp.Compare(a.downgrade, b.downgrade),
		)
	})
	out := make([]Finding, 0, len(order))
	used := map[string]int{}
	for _, s := range order {
		out = append(out, newFinding(s, groups[s], used))
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

// IndexOrEnd returns the place of x in list, the end for what is not in it.
func IndexOrEnd[T comparable](list []T, x T) int {
	if i := slices.Index(list, x); i >= 0 {
		return i
	}
	return len(list)
}

func groupKeyOf(v *verdict.Verdict) groupKey {
	s := groupKey{
		result: Known(v.Result), subject: verdict.Subject(sanitize.Name(string(v.Subject))), basis: verdict.Basis(sanitize.Name(string(v.Basis))),
		single: v.SingleVantage, assumes: strings.Join(sanitize.Texts(v.Assumes), "\n"),
	}
	if v.HeldBack != nil {
		s.downgrade = strings.Join(append([]string{string(Known(v.HeldBack.WouldBe))}, sanitize.Texts(v.HeldBack.Why)...), "\n")
	}
	var keys []string
	for _, limit := range limitsOf(v.Limits, v.LimitCodes, v.Endpoint, v.Addr) {
		keys = append(keys, limit.key)
	}
	slices.Sort(keys)
	s.limited = strings.Join(slices.Compact(keys), "\n\n")
	return s
}

// normalise takes from a text what differs from one address to the next: its own names,
// and every figure.
func normalise(text string, names ...string) string {
	for _, own := range names {
		if own != "" && len(own) <= sanitize.MaxName {
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

func newFinding(s groupKey, verdicts []*verdict.Verdict, used map[string]int) Finding {
	f := Finding{
		Result: s.result, Subject: s.subject, Basis: s.basis, SingleVantage: s.single,
		Assumes: sanitize.Texts(verdicts[0].Assumes), Verdicts: len(verdicts), Rows: rows(verdicts),
	}
	if held := verdicts[0].HeldBack; held != nil {
		f.WouldBe, f.DowngradedBy = Known(held.WouldBe), sanitize.Texts(held.Why)
	}
	f.Limits = sharedLimits(f.Rows)
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Limits = slices.DeleteFunc(r.Limits, func(l Limit) bool { return hasLimit(f.Limits, l) })
		v := verdicts[0]
		r.Anchor = Unique(used, Anchor("verdict", v.Vendor, v.Claim, r.Endpoint, r.Addr, string(f.Subject)))
	}
	return f
}

// sharedLimits returns the limits of the first row that every row has.
func sharedLimits(rows []Row) []Limit {
	shared := slices.Clone(rows[0].Limits)
	for i := range rows {
		if len(shared) == 0 {
			break
		}
		shared = slices.DeleteFunc(shared, func(l Limit) bool { return !hasLimit(rows[i].Limits, l) })
	}
	return shared
}

// hasLimit reports whether a list has a limit of the same text.
func hasLimit(list []Limit, l Limit) bool {
	return slices.ContainsFunc(list, func(o Limit) bool { return o.Text == l.Text })
}

// rows returns one row for each address with the same argument, sorted by how
// impossible the claim is there.
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
			CompareAddr(a.Addr, b.Addr),
		)
	})
	return out
}

func newRow(v *verdict.Verdict) Row {
	r := Row{
		Endpoint: sanitize.Name(v.Endpoint), Addr: sanitize.Name(v.Addr), Ratio: v.Ratio, MarginKM: v.MarginKM,
		Countries: codes(v.Countries), Limits: limitsOf(v.Limits, v.LimitCodes, v.Endpoint, v.Addr), Verdicts: 1,
		Measured: boundedMeasured(v.Measured), Proof: boundedProof(v.Proof), Survives: v.Survives, Sites: boundedSites(v.Sites),
	}
	if v.ClientCountry != "" {
		r.Clients = []string{sanitize.Name(v.ClientCountry)}
	}
	for _, b := range v.Because {
		r.reason(b)
	}
	return r
}

// reason adds a step of the argument, or counts it as left out. Steps that say the
// same, as of one database asked from several vantages, are one.
func (r *Row) reason(b verdict.Reason) {
	text := sanitize.Clip(b.Text, sanitize.MaxText)
	i := slices.IndexFunc(r.Because, func(o Reason) bool { return o.Text == text })
	if i < 0 && len(r.Because) == maxReasons {
		r.StepsLeft++
		return
	}
	if i < 0 {
		i = len(r.Because)
		r.Because = append(r.Because, Reason{Code: sanitize.Name(b.Code), Text: text})
	}
	own := &r.Because[i]
	ids := b.Evidence[:min(len(b.Evidence), maxIDs-len(own.Evidence))]
	own.More += len(b.Evidence) - len(ids)
	for _, id := range ids {
		own.Evidence = append(own.Evidence, sanitize.Name(id))
	}
}

// rowKey is equal for rows that differ only in their clients.
func rowKey(r *Row) string {
	var b strings.Builder
	from, until := r.Days()
	for _, text := range []string{r.Endpoint, r.Addr, figures.Number(r.Ratio), figures.Number(r.MarginKM), from, until, strconv.Itoa(r.StepsLeft)} {
		b.WriteString(text)
		b.WriteByte(0)
	}
	for _, reason := range r.Because {
		b.WriteString(reason.Text)
		b.WriteByte(0)
	}
	return b.String()
}

// CompareAddr orders addresses as numbers, and what is none after them.
func CompareAddr(a, b string) int {
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

// Name names what a row speaks of: its address, or its endpoint where it has
// none.
func (r *Row) Name() string { return cmp.Or(r.Addr, r.Endpoint) }

// Days returns the first and the last day of the replies that support a result;
// empty where it names none.
func (r *Row) Days() (from, until string) {
	if r.Measured == nil {
		return "", ""
	}
	return figures.Day(r.Measured.From), figures.Day(r.Measured.Until)
}
