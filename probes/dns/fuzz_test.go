package dns

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	mdns "github.com/miekg/dns"
)

func FuzzParseResolver(f *testing.F) {
	for _, seed := range []string{"9.9.9.9", "[::1]:53", "tls://dns.example:853", "https://dns.example/dns-query", "https://[::1]:1/%41", "tls://a%20b", "https://a/?#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseResolver(text)
		if err != nil {
			return
		}
		if strings.ContainsFunc(r.String(), func(c rune) bool { return unicode.IsControl(c) || c == ' ' }) {
			t.Errorf("%q gives %q, which does not fit into a subject", text, r)
		}
		again, err := ParseResolver(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q gives %q, which gives %q and %v", text, r, again, err)
		}
	})
}

// FuzzReply returns bytes as the reply to a question, once as a packet and once
// over a connection.
func FuzzReply(f *testing.F) {
	query := new(mdns.Msg).SetQuestion("a.example.", mdns.TypeA)
	query.Id = 7
	for _, records := range [][]string{
		{"a.example. 60 A 203.0.113.7"},
		{"a.example. 60 CNAME b.example.", "b.example. 60 CNAME a.example."},
		{"evil.example. 60 A 203.0.113.7"},
		{`a.example. 60 CNAME \000\027.example.`},
	} {
		reply := new(mdns.Msg).SetReply(query)
		for _, text := range records {
			rr, err := mdns.NewRR(text)
			if err != nil {
				f.Fatal(err)
			}
			reply.Answer = append(reply.Answer, rr)
		}
		raw, err := reply.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		length := []byte{byte(len(raw) >> 8), byte(len(raw))}
		_, _ = readMessage(bytes.NewReader(append(length, raw...)))
		reply, err := unpack(raw, query)
		if err != nil {
			return
		}
		got, err := read(reply, "a.example.", mdns.TypeA)
		if err != nil {
			return
		}
		if len(got.addrs) > maxAddresses || len(got.chain) > maxChain {
			t.Errorf("%d addresses and %d aliases are beyond the bounds", len(got.addrs), len(got.chain))
		}
		for _, name := range got.chain {
			if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Errorf("alias %q is not escaped", name)
			}
		}
		for _, addr := range got.addrs {
			if !addr.Is4() {
				t.Errorf("%s is no answer to a question for A", addr)
			}
		}
	})
}

// FuzzAuthority returns bytes as the reply of an authoritative server to a
// question with a client subnet.
func FuzzAuthority(f *testing.F) {
	query := newQuery("a.example.", mdns.TypeHTTPS)
	query.Id = 7
	subnet := netip.MustParsePrefix("203.0.113.0/24")
	withSubnet(query, subnet)
	for _, lines := range [][]string{
		{`a.example. 60 HTTPS 1 . alpn="h2,h3" ipv4hint=203.0.113.7 key65000="\027[2J"`},
		{"a.example. 60 HTTPS 0 b.example.", `a.example. 60 TXT "x\027" "y"`, "a.example. 60 NS ns.example.", `a.example. 60 PTR \255.example.`},
	} {
		for _, scope := range []uint8{0, 8, 24, 32} {
			reply := new(mdns.Msg).SetReply(query)
			reply.Authoritative = true
			for _, text := range lines {
				rr, err := mdns.NewRR(text)
				if err != nil {
					f.Fatal(err)
				}
				reply.Answer = append(reply.Answer, rr)
			}
			reply.SetEdns0(udpBytes, false)
			reply.IsEdns0().Option = append(reply.IsEdns0().Option, &mdns.EDNS0_NSID{Code: mdns.EDNS0NSID, Nsid: "1b5b"},
				&mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, SourceScope: scope, Address: subnet.Addr().AsSlice()})
			raw, err := reply.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	printable := func(t *testing.T, texts ...string) {
		for _, text := range texts {
			if len(text) > maxTextBytes || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("%q is not fit for evidence", text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		reply := new(mdns.Msg)
		if reply.Unpack(raw) != nil {
			return
		}
		if got, err := scope(reply, subnet); err == nil && got.IsValid() && (got.Bits() > subnet.Bits() || !got.Contains(subnet.Addr())) {
			t.Errorf("the scope %s does not hold %s", got, subnet)
		}
		_ = (&level{}).ownWord(reply)
		if zone := zoneAbove(reply, "a.example"); zone != "" && zone != "example" {
			t.Errorf("a.example is not in %q", zone)
		}
		for _, qtype := range []uint16{mdns.TypeHTTPS, mdns.TypeTXT, mdns.TypeNS, mdns.TypePTR} {
			got, err := read(reply, "a.example.", qtype)
			if err != nil {
				continue
			}
			if len(got.names) > maxNames || len(got.texts) > maxTexts || len(got.nsid) > maxNSIDBytes {
				t.Errorf("%d names, %d texts and an id of %d bytes are beyond the bounds", len(got.names), len(got.texts), len(got.nsid))
			}
			for _, service := range got.services {
				printable(t, service.Target)
				if len(got.services) > maxServices || len(service.Hints) > maxHints {
					t.Errorf("%d services, %d hints are beyond the bounds", len(got.services), len(service.Hints))
				}
			}
			printable(t, got.texts...)
			printable(t, got.nsid)
			for _, name := range got.names {
				if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' }) {
					t.Errorf("name %q is not escaped", name)
				}
			}
		}
	})
}
