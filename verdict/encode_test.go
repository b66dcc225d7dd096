package verdict

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
)

// TestLinesAreStandardJSON holds the encoder of verdicts against the standard
// library's, on words that a hostile name may bring.
func TestLinesAreStandardJSON(t *testing.T) {
	for _, text := range []string{
		"", "plain", `quote " backslash \ slash /`, "<script>&amp;</script>", "\u2028\u2029", "\x00\x1f\x7f", "\xff\xfe cut \xe2\x80",
		"𝄞 München 北京", "\ud7ff\ue000\ufffd",
	} {
		for _, number := range []float64{0, 1, -1, 1e-7, 1e-6, 123456.789, 1e20, 1e21, 1.0000000000000002, math.MaxFloat64, math.SmallestNonzeroFloat64} {
			v := Verdict{
				Vendor: text, Ratio: number, Countries: []string{text}, Because: []Reason{{Evidence: nil, Text: text}},
				Proof: &Proof{Disks: []ProofDisk{{Vantage: text, Lat: number}}, Nearest: &NearestPlace{Area: text, KM: number}},
			}
			want, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if got := lineOf(t, &v); !bytes.Equal(got, want) {
				t.Errorf("%q, %g: %s, and by the standard library %s", text, number, got, want)
			}
		}
	}
	if summary := map[Result]int{Refuted: 1, Proven: 2, Disputed: 3}; string(lineOf(t, summary)) != `{"disputed":3,"proven":2,"refuted":1}` {
		t.Errorf("a map is not in order: %s", lineOf(t, summary))
	}
}

// TestNumbersThatJSONHasNot checks that what JSON cannot say is an error.
func TestNumbersThatJSONHasNot(t *testing.T) {
	for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		out := NewLineWriter(&bytes.Buffer{})
		out.value(&Verdict{Ratio: number})
		if out.Err == nil {
			t.Errorf("%g is written", number)
		}
	}
}

func lineOf(t *testing.T, v any) []byte {
	t.Helper()
	var buffer bytes.Buffer
	out := NewLineWriter(&buffer)
	out.value(v)
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}
