package site

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// The badges of a site, beside its front page.
const (
	BadgeFile    = "badge.json"
	BadgePicture = "badge.svg"
)

// badge is a result in short, in the form of shields.io's endpoint
// (https://shields.io/badges/endpoint-badge).
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	IsError       bool   `json:"isError,omitempty"`
}

func newBadge(label string, worst verdict.Result, t view.Tally) badge {
	b := badge{SchemaVersion: 1, Label: sanitize.Brief(sanitize.Visible(label), 40), Message: "nothing judged", Color: badgeColour(verdict.NotTested)}
	if n := t.Total(); n > 0 {
		b.Message = fmt.Sprintf("%d of %d %s", t.Of(worst), n, worst)
		b.Color, b.IsError = badgeColour(worst), worst == verdict.Refuted
	}
	return b
}

// badgeColour is green for what is proven alone; what was not measured is grey.
func badgeColour(r verdict.Result) string {
	switch view.Known(r) {
	case verdict.Refuted, view.Unreadable:
		return "#a3191b"
	case verdict.Disputed:
		return "#854700"
	case verdict.Inconclusive:
		return "#5a4a82"
	case verdict.Consistent:
		return "#0a5874"
	case verdict.Proven:
		return "#17663a"
	}
	return "#57534e"
}

func badgeOf(v *view.View) badge { return newBadge("landfall", v.Worst, v.Claims) }

// WriteBadge writes the badge of all that was judged as JSON.
func WriteBadge(w io.Writer, v view.View) error { return badgeOf(&v).writeJSON(w) }

// WriteBadgePicture writes the same badge as a picture.
func WriteBadgePicture(w io.Writer, v view.View) error { return badgeOf(&v).writeSVG(w) }

func (b badge) writeJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(b); err != nil {
		return fmt.Errorf("writing the badge: %w", err)
	}
	return nil
}

// badgeDrawing is a badge with the places of its parts.
type badgeDrawing struct {
	badge
	Left, Right, Width, LeftMiddle, RightMiddle int
}

// badgeLetter is about how wide a letter of 11 pixels is; the text is fitted to
// the width that follows from it.
const badgeLetter = 7

func (b badge) writeSVG(w io.Writer) error {
	d := badgeDrawing{badge: b, Left: badgeLetter*utf8.RuneCountInString(b.Label) + 12, Right: badgeLetter*utf8.RuneCountInString(b.Message) + 12}
	d.Width, d.LeftMiddle, d.RightMiddle = d.Left+d.Right, d.Left/2, d.Left+d.Right/2
	if err := loadPages().ExecuteTemplate(w, "badge.gohtml", d); err != nil {
		return fmt.Errorf("writing the badge: %w", err)
	}
	return nil
}
