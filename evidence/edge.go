package evidence

import (
	"maps"
	"slices"
	"strings"
)

// edgeHeaders are response headers by which edge networks name the point of
// presence that answered: Cloudflare, Amazon CloudFront, Fastly, Azure Front Door,
// as their documentation says.
var edgeHeaders = []string{"cf-ray", "x-amz-cf-pop", "x-served-by", "x-azure-ref"}

// EdgeHeader returns the header of an answer that names a point of presence of an
// edge network; ok is false where none does.
func (h *HTTP) EdgeHeader() (name string, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		if slices.Contains(edgeHeaders, strings.ToLower(name)) {
			return name, true
		}
	}
	return "", false
}
