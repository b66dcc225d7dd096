package http

import (
	"bufio"
	"bytes"
	"maps"
	nethttp "net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/probes/probe"
)

// FuzzHeaders returns bytes as the answer of a server, and checks that what is
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

// FuzzHead takes bytes for the head of an answer that is read leniently: what
// net/http takes is read alike, and whatever is kept fits into evidence.
func FuzzHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: x\r\nVia: 1.1 a\r\n\tfolded\r\nVia: 1.1 b\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 302 Found\nLocation: http://a\x1b[2J/\nCF-Ray: \xff-FRA\n\n"))
	f.Add([]byte("HTTP/1.0 200\r\n : x\r\nnone\r\nX Any: \x00\r\nCF-Ray: 8a1-FRA\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := readHead(bufio.NewReader(bytes.NewReader(raw)))
		strict, strictErr := nethttp.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if strictErr == nil {
			defer strict.Body.Close()
		}
		if err != nil {
			if strictErr == nil && strict.ProtoMajor == 1 && strict.StatusCode >= 100 {
				t.Errorf("%q is no answer: %v", raw, err)
			}
			return
		}
		for name, value := range probe.Placing(got.header) {
			if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
				t.Errorf("%s is kept as %q", name, value)
			}
		}
		if strictErr == nil && (got.status != strict.StatusCode || !maps.EqualFunc(probe.Placing(got.header), probe.Placing(strict.Header), sameWords)) {
			t.Errorf("%q is read as %d %v; net/http reads %d %v", raw, got.status, got.header, strict.StatusCode, strict.Header)
		}
	})
}

// sameWords compares values but for the blanks that folding leaves.
func sameWords(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }
