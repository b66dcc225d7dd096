package verdicttest

import (
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// Score counts how verdicts fare against the truth.
type Score struct {
	FalseAllow, FalseAllowRefuted int
	TrueRefuted, FalseProven      int
	TrueClaims, TrueProven        int
	TrueOfOneHost, FalseOfOneHost int // proven, or so but for nothing speaking for one host
	SingleWrong                   int // true claims refuted by one vantage
}

// Score judges a bundle by the claims of the set.
func (s *Set) Score(bundle *evidence.Bundle) (Score, error) {
	var out Score
	doc, err := judge.Judge(s.Sheets, bundle)
	if err != nil {
		return out, err
	}
	claims := map[string]*providers.Claim{}
	for i := range s.Sheets[0].Claims {
		claims[s.Sheets[0].Claims[i].ID] = &s.Sheets[0].Claims[i]
	}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if isTrue, scored := s.Truths[v.Addr].Holds(claims[v.Claim], s.On()); scored {
			out.add(isTrue, len(claims[v.Claim].Allow) > 0, v)
		}
	}
	return out, nil
}

func (s *Score) add(isTrue, allow bool, v *verdict.Verdict) {
	refuted, proven, ofOneHost := v.Result == verdict.Refuted, v.Result == verdict.Proven, OfOneHost(v) == verdict.Proven
	if isTrue {
		s.TrueClaims++
		if proven {
			s.TrueProven++
		}
		if ofOneHost {
			s.TrueOfOneHost++
		}
		if refuted {
			s.TrueRefuted++
			if v.SingleVantage {
				s.SingleWrong++
			}
		}
		return
	}
	if proven {
		s.FalseProven++
	}
	if ofOneHost {
		s.FalseOfOneHost++
	}
	if allow {
		s.FalseAllow++
		if refuted {
			s.FalseAllowRefuted++
		}
	}
}

// OfOneHost returns the result that a verdict would have if something spoke for one
// host at its address.
func OfOneHost(v *verdict.Verdict) verdict.Result {
	if v.HeldBack != nil && slices.Equal(v.HeldBack.Why, []string{verdict.CodeOneHostNotShown}) {
		return v.HeldBack.WouldBe
	}
	return v.Result
}

// Add adds what another run scored.
func (s *Score) Add(other Score) {
	s.FalseAllow += other.FalseAllow
	s.FalseAllowRefuted += other.FalseAllowRefuted
	s.TrueRefuted += other.TrueRefuted
	s.FalseProven += other.FalseProven
	s.TrueClaims += other.TrueClaims
	s.TrueProven += other.TrueProven
	s.TrueOfOneHost += other.TrueOfOneHost
	s.FalseOfOneHost += other.FalseOfOneHost
	s.SingleWrong += other.SingleWrong
}
