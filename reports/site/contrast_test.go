package site

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// TestContrast computes the contrast of every colour on the grounds that it
// is on, in both themes and on paper, against WCAG 2.2, 1.4.3 level AA.
func TestContrast(t *testing.T) {
	sheet, err := templates.ReadFile("html/base.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(string(sheet), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d sets of colours, want light, dark and paper", len(blocks))
	}
	for i, theme := range []string{"light", "dark", "paper"} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		inks := []string{"text", "muted", "link"}
		for _, r := range verdict.Results() {
			inks = append(inks, string(r))
		}
		lowest := math.Inf(1)
		for _, ink := range inks {
			for _, ground := range []string{"ground", "panel"} {
				a, okA := colours[ink]
				b, okB := colours[ground]
				if !okA || !okB {
					t.Fatalf("%s: --%s or --%s is not set", theme, ink, ground)
				}
				ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05)
				lowest = min(lowest, ratio)
				if ratio < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", theme, ink, ground, ratio)
				}
			}
		}
		t.Logf("%s: lowest contrast %.2f", theme, lowest)
	}
}

// luminance is the relative luminance of WCAG.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestEveryResultHasItsShape: a result is shown by word, shape and colour.
func TestEveryResultHasItsShape(t *testing.T) {
	page := renderAll(t, view.New(reporttest.Documents(t, "every"), view.Options{}))
	for _, r := range verdict.Results() {
		for _, part := range []string{
			fmt.Sprintf(`<symbol id="s-%s"`, r), fmt.Sprintf(`<use href="#s-%s"/></svg>%s</span>`, r, r), fmt.Sprintf(`.badge.%s {`, r),
		} {
			if !strings.Contains(page, part) {
				t.Errorf("the page lacks %s", part)
			}
		}
	}
}
