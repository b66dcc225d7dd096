package http

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAlternatives(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   []string
	}{
		{nil, nil},
		{[]string{`h3=":443"; ma=86400`}, []string{"h3"}},
		{[]string{`h3=":443"; ma=86400, h3-29=":443"; ma=86400`, `h2="alt.example:8000"`}, []string{"h3", "h3-29", "h2"}},
		{[]string{`w%3Dx=":443", h3=":443", h3=":444"`}, []string{"w=x", "h3"}},
		{[]string{`h2="a,h3=b"`}, []string{"h2"}},
		{[]string{`h2="a\",h3=b"`}, []string{"h2"}},
		{[]string{"clear"}, nil},
		{[]string{`%zz=":443", =":443", "`}, nil},
		{[]string{"a\x1b[2J=1"}, []string{`a\027[2J`}},
	} {
		if got := alternatives(test.values); !slices.Equal(got, test.want) {
			t.Errorf("%q gives %q; want %q", test.values, got, test.want)
		}
	}
	if got := alternatives([]string{strings.Repeat("a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,", 1000)}); len(got) != maxAlternatives {
		t.Errorf("%d are kept", len(got))
	}
}

func FuzzAlternatives(f *testing.F) {
	f.Add(`h3=":443"; ma=86400, h3-29=":443"`)
	f.Add(`h2="a\",h3=b"`)
	f.Fuzz(func(t *testing.T, value string) {
		got := alternatives([]string{value})
		if len(got) > maxAlternatives {
			t.Errorf("%d are kept of %q", len(got), value)
		}
		for _, name := range got {
			if name == "" || len(name) > maxProtocolBytes || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
				t.Errorf("%q gives %q", value, name)
			}
		}
	})
}
