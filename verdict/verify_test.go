package verdict_test

import (
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// fatal is what a test and a property have in common.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// judged judges, and checks the proof of every verdict that has to have one.
func judged(t fatal, b *evidence.Bundle, sheets ...*providers.Sheet) *verdict.Document {
	t.Helper()
	doc, err := judge.Judge(sheets, b)
	if err != nil {
		t.Fatal(err)
	}
	checkCodes(t, doc)
	verifier := verifierOf(b, doc)
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if !needsProof(v) {
			continue
		}
		if err := verifier.Check(claimOf(sheets, v), v); err != nil {
			t.Fatalf("the proof that %s is %s at %s: %v\n%+v", v.Claim, v.Result, v.Addr, err, v.Proof)
		}
	}
	return doc
}

// scans are what the verifiers of all tests measured.
var scans = map[verdict.Position][]float64{}

func verifierOf(b *evidence.Bundle, doc *verdict.Document) *judge.Verifier {
	return SharingScans(judge.NewVerifier(b, doc), scans)
}

func needsProof(v *verdict.Verdict) bool {
	return v.Basis == verdict.BasisPhysics && (v.Result == verdict.Refuted || v.Result == verdict.Proven)
}

func claimOf(sheets []*providers.Sheet, v *verdict.Verdict) *providers.Claim {
	for _, s := range sheets {
		for i := range s.Claims {
			if s.Vendor == v.Vendor && s.Claims[i].ID == v.Claim {
				return &s.Claims[i]
			}
		}
	}
	return nil
}

// A proof of which any part is changed is no proof.
func TestChangedProofsAreRejected(t *testing.T) {
	changes := map[string]func(d *verdict.ProofDisk){
		"a smaller disk":      func(d *verdict.ProofDisk) { d.RadiusKM *= 0.99 },
		"a shorter reply":     func(d *verdict.ProofDisk) { d.RTTMS *= 0.99 },
		"both":                func(d *verdict.ProofDisk) { d.RTTMS /= 2; d.RadiusKM = d.RTTMS / 2 * 199.86163866666667 },
		"a vantage moved":     func(d *verdict.ProofDisk) { d.Lat += 0.01 },
		"another vantage":     func(d *verdict.ProofDisk) { d.Vantage += "x" },
		"another observation": func(d *verdict.ProofDisk) { d.Evidence += "x" },
	}
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		b, sheet := w.bundle(), w.sheet()
		doc := judged(t, b, sheet)
		verifier := verifierOf(b, doc)
		for _, v := range doc.Verdicts {
			if !needsProof(&v) {
				continue
			}
			seen++
			for what, change := range changes {
				for i := range v.Proof.Disks {
					forged, p := v, *v.Proof
					p.Disks = slices.Clone(p.Disks)
					change(&p.Disks[i])
					forged.Proof = &p
					if verifier.Check(claimOf([]*providers.Sheet{sheet}, &v), &forged) == nil {
						t.Fatalf("%s in disk %d of the proof that %s is %s was taken", what, i+1, v.Claim, v.Result)
					}
				}
			}
		}
	})
	if seen == 0 {
		t.Error("no proof was seen")
	}
}

// A proof does not hold of other evidence, nor of the opposite.
func TestProofsHoldOfTheirEvidenceAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		b, sheet := w.bundle(), w.sheet()
		doc := judged(t, b, sheet)
		moved, later := w.bundle(), w.bundle()
		for _, o := range moved.Observations {
			if v, ok := o.(*evidence.Vantage); ok {
				*v.Lat += 0.01
			}
		}
		for _, o := range later.Observations {
			if r, ok := o.(*evidence.RTT); ok {
				r.MinMS++
			}
		}
		for _, v := range doc.Verdicts {
			if !needsProof(&v) {
				continue
			}
			claim := claimOf([]*providers.Sheet{sheet}, &v)
			for name, other := range map[string]*evidence.Bundle{"moved": moved, "later": later} {
				if verifierOf(other, doc).Check(claim, &v) == nil {
					t.Fatalf("the proof that %s is %s holds of evidence that is %s", v.Claim, v.Result, name)
				}
			}
			opposite := v
			opposite.Result = map[verdict.Result]verdict.Result{verdict.Refuted: verdict.Proven, verdict.Proven: verdict.Refuted}[v.Result]
			if verifierOf(b, doc).Check(claim, &opposite) == nil {
				t.Fatalf("the proof that %s is %s proves the opposite too", v.Claim, v.Result)
			}
		}
	})
}

// The proofs of verdicts on real measurements hold; of many, some are checked.
func TestProofsOfLabelled(t *testing.T) {
	every := map[string]int{"aws-cloudping-2024": 3, "wonderproxy-2020-few": 60}
	for _, folder := range labelledFolders() {
		step, chosen := every[filepath.Base(folder)]
		if !chosen {
			continue
		}
		t.Run(filepath.Base(folder), func(t *testing.T) {
			set, err := verdicttest.Read(folder)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := judge.Judge(set.Sheets, set.Bundle)
			if err != nil {
				t.Fatal(err)
			}
			verifier := verifierOf(set.Bundle, doc)
			checked := 0
			for i := range doc.Verdicts {
				v := &doc.Verdicts[i]
				if !needsProof(v) || i%step != 0 {
					continue
				}
				checked++
				if err := verifier.Check(claimOf(set.Sheets, v), v); err != nil {
					t.Errorf("the proof that %s is %s at %s: %v\n%+v", v.Claim, v.Result, v.Addr, err, v.Proof)
				}
			}
			if checked == 0 {
				t.Error("no proof was checked")
			}
		})
	}
}
