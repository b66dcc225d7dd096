package http

import (
	"bufio"
	"bytes"
	"maps"
	nethttp "net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/probes/probe"
)

// FuzzHeaders gives bytes as the answer of a server, and checks that what is
// kept of its headers fits into evidence.
func FuzzHeaders(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: x\r\nVia: 1.1 a\r\nVia: 1.1 b\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: http://a\x1b[2J/\r\nCF-Ray: \xff-FRA\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		response, err := nethttp.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if err != nil {
			return
		}
		defer response.Body.Close()
		kept := map[string]string{}
		maps.Copy(kept, probe.Placing(response.Header))
		kept["location"] = probe.Text(response.Header.Get("Location"), maxLocationBytes)
		for name, value := range kept {
			if len(value) > maxLocationBytes || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
				t.Errorf("%s is kept as %q", name, value)
			}
		}
	})
}
