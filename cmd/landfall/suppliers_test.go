package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
)

// suppliers makes up files about a host that is in Singapore.
type suppliers struct{ random *rand.Rand }

// honest is one file of 200 vantages around the world that measured it.
func (s suppliers) honest() namedText {
	singapore := spot{1.35, 103.82}
	lines := []string{resolvedText}
	for i := range 200 {
		at, id := spot{s.random.Float64()*120 - 60, s.random.Float64()*340 - 170}, fmt.Sprintf("v%d", i)
		lines = append(lines, vantageText(id, "local", at, fmt.Sprintf(`,"asn":%d,"machine":"h%d"`, 65000+i, i)), replyText("e"+id, id, "203.0.113.7", at.replyMS(singapore)))
	}
	return namedText{"honest.jsonl", evidenceText("HONEST", lines...)}
}

// sixty are vantages in Europe that nobody has tested. They are answered as a host
// in their midst would answer, and by fillers far from everybody so that they agree
// with each other often. They are one file or one each.
func (s suppliers) sixty(network string, files int) []namedText {
	texts := make([][]string, files)
	for i := range 60 {
		id, own := fmt.Sprintf("v%d", i), &texts[i%files]
		at := spot{44 + s.random.Float64()*10, 2 + s.random.Float64()*20}
		*own = append(*own, vantageText(id, network, at, fmt.Sprintf(`,"asn":%d`, 64000+i)), replyText("e"+id, id, "203.0.113.7", 2))
		for n := range 20 {
			*own = append(*own, replyText(fmt.Sprintf("f%d-%d", i, n), id, fmt.Sprintf("198.51.100.%d", n), 60))
		}
	}
	var out []namedText
	for i, lines := range texts {
		out = append(out, namedText{fmt.Sprintf("sixty-%d.jsonl", i), evidenceText(fmt.Sprintf("S%d", i), lines...)})
	}
	return out
}

// Sixty made-up importers against 200 vantages that measured: in one file or in
// sixty they dispute what those saw, and refute nothing. Made-up runs that say to
// have measured themselves do the same as one file. As sixty files, each of a run of
// its own, they are sixty suppliers, and one supplier does not hold sixty back:
// that attack remains, and survives.suppliers is how a reader sees what it rests on.
func TestMadeUpSuppliers(t *testing.T) {
	s := suppliers{rand.New(rand.NewPCG(60, 200))}
	honest := s.honest()
	for _, c := range []struct {
		network string
		files   int
		result  verdict.Result // of the claim that is true
		code    string
	}{
		{"import", 1, verdict.Disputed, verdict.CodeOneSupplier},
		{"import", 60, verdict.Disputed, verdict.CodeImportsAgainstMeasured},
		{"a word that nobody knows", 60, verdict.Disputed, verdict.CodeImportsAgainstMeasured},
		{"local", 1, verdict.Disputed, verdict.CodeOneSupplier},
		{"local", 60, verdict.Refuted, ""},
	} {
		got := judgeTexts(t, claimsOf("host: sync.example.com", "allow: [SG]"), append(s.sixty(c.network, c.files), honest))
		v := got.of(t, "allow-sg")
		if v.Result != c.result || c.code != "" && !slices.Contains(heldBackBy(v), c.code) || v.Survives == nil || v.Survives.Suppliers > c.files-1 {
			t.Errorf("%s, %d files: %s, held back by %q, survives %+v; want %s by %q: %q", c.network, c.files, v.Result, heldBackBy(v), v.Survives, c.result, c.code, v.Because)
		}
	}
	if v := judgeTexts(t, claimsOf("host: sync.example.com", "allow: [EU]"), []namedText{honest}).of(t, "allow-eu"); v.Result != verdict.Refuted {
		t.Errorf("by the honest file alone: %s, %q", v.Result, v.Limits)
	}
}

// Files of whoever agrees take nothing from a result, and leave it to rest on fewer.
func TestAgreeingSuppliers(t *testing.T) {
	s := suppliers{rand.New(rand.NewPCG(61, 200))}
	files := []namedText{s.honest()}
	for i := range 3 {
		at, id := spot{float64(10 * i), 100}, fmt.Sprintf("w%d", i)
		files = append(files, namedText{fmt.Sprintf("other-%d.jsonl", i), evidenceText(fmt.Sprintf("O%d", i), vantageText(id, "import", at, ""), replyText("e"+id, id, "203.0.113.7", at.replyMS(spot{1.35, 103.82})))})
		if v := judgeTexts(t, claimsOf("host: sync.example.com", "allow: [EU]"), files).of(t, "allow-eu"); v.Result != verdict.Refuted {
			t.Errorf("with %d files: %s, held back by %q", len(files), v.Result, heldBackBy(v))
		}
	}
}
