package probe

import (
	"net/http"
	"strings"
)

// maxHeaderBytes bounds the value of a header.
const maxHeaderBytes = 300

// placingHeader is a header that can name a place.
type placingHeader struct {
	name   string // lower case, as it stands in evidence
	source string // who says what it holds
}

// placingHeaders is the list of headers that are recorded. What else a server
// sends is nobody's business.
var placingHeaders = []placingHeader{
	{"server", "RFC 9110, 10.2.4; names the software, and with some networks the node"},
	{"via", "RFC 9110, 7.6.3; names the proxies on the way back"},
	{"server-timing", "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html; CloudFront's edge location after cdn-pop"},
	{"cf-ray", "https://developers.cloudflare.com/fundamentals/reference/http-headers/; ends with the code of the data centre"},
	{"x-amz-cf-pop", "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html; the edge location, as x-edge-location has it"},
	{"x-amz-bucket-region", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html; the region of the bucket"},
	{"x-served-by", "https://www.fastly.com/documentation/reference/http/http-headers/X-Served-By/; cache nodes with the code of their data centre"},
	{"x-azure-ref", "https://learn.microsoft.com/en-us/azure/frontdoor/front-door-http-headers-protocol; a reference in Base64 that holds the edge"},
	{"x-msedge-ref", "https://learn.microsoft.com/en-us/azure/frontdoor/front-door-http-headers-protocol; the edge after Ref B"},
	{"x-77-pop", "https://www.cdn77.com; the city and country of the node"},
	{"fly-request-id", "https://fly.io/docs/networking/request-headers/; ends with the region of the edge"},
	{"x-vercel-id", "https://vercel.com/docs/headers/response-headers; the regions passed through"},
}

// Placing keeps the headers that can name a place, escaped and cut. Where a
// header came several times the values are joined as RFC 9110, 5.3, says.
func Placing(all http.Header) map[string]string {
	var out map[string]string
	for _, h := range placingHeaders {
		values := all.Values(h.name)
		if len(values) == 0 {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[h.name] = Text(strings.Join(values, ", "), maxHeaderBytes)
	}
	return out
}
