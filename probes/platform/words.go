package platform

import (
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// ClassOfWords reads a failure word out of what the tools of a vantage print.
func ClassOfWords(said string) evidence.Class {
	said = strings.ToLower(said)
	for _, known := range []struct {
		text  string
		class evidence.Class
	}{
		{"timed out", evidence.ClassTimeout}, {"timeout", evidence.ClassTimeout}, {"refused", evidence.ClassRefused},
		{"unreachable", evidence.ClassUnreachable}, {"no route", evidence.ClassUnreachable},
		{"enotfound", evidence.ClassNXDomain}, {"not known", evidence.ClassNXDomain}, {"certificate", evidence.ClassTLS},
		{"not permitted", evidence.ClassDenied}, {"private", evidence.ClassDenied},
	} {
		if strings.Contains(said, known.text) {
			return known.class
		}
	}
	return evidence.ClassOther
}
