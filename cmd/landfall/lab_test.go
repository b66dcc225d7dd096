package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/miekg/dns"
)

// lab is a vendor's servers on this machine: a DNS server that knows every name
// under vendor.test, and a TLS server with HTTP behind it.
type lab struct {
	resolver string // IP:port
	rewriter string // IP:port of one that has an address for every name
	port     string // of the TLS server on 127.0.0.1

	mu    sync.Mutex
	asked []string // "name type" of each question, in order
	hits  int      // requests to the HTTP server
	slow  chan struct{}
}

// fatal is what a test and a script's environment both can.
type fatal interface{ Fatal(...any) }

func newLab(t fatal, cleanup func(func())) *lab {
	l := &lab{}
	l.resolver = serveDNS(t, cleanup, l.answer)
	l.rewriter = serveDNS(t, cleanup, rewrite)

	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.hits++
		l.mu.Unlock()
		w.Header().Set("cf-ray", "8a1-FRA")
		http.Redirect(w, r, "https://127.0.0.1:1/elsewhere", http.StatusFound)
	}))
	cleanup(web.Close)
	_, l.port, _ = strings.Cut(web.Listener.Addr().String(), ":")
	return l
}

// serveDNS runs a DNS server over UDP and gives its address.
func serveDNS(t fatal, cleanup func(func()), answer dns.HandlerFunc) string {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: answer}
	go func() { _ = server.ActivateAndServe() }()
	cleanup(func() { _ = server.Shutdown() })
	return packets.LocalAddr().String()
}

// rewrite returns 127.0.0.1 for every name there is, and for those there are not.
func rewrite(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(q)
	if q.Question[0].Qtype == dns.TypeA {
		m.Answer = append(m.Answer, record("%s 60 IN A 127.0.0.1", q.Question[0].Name))
	}
	passSubnetOn(m, q)
	_ = w.WriteMsg(m)
}

// answer returns 127.0.0.1 for every name under vendor.test, by way of a CNAME
// for those that begin with "alias", and NXDOMAIN for all others.
func (l *lab) answer(w dns.ResponseWriter, q *dns.Msg) {
	question := q.Question[0]
	l.mu.Lock()
	asked := strings.ToLower(question.Name) + " " + dns.TypeToString[question.Qtype]
	if subnet := subnetOption(q); subnet != nil {
		asked += " for " + subnet.Address.String()
	}
	l.asked = append(l.asked, asked)
	slow := l.slow
	l.mu.Unlock()
	if slow != nil {
		<-slow
	}
	m := new(dns.Msg)
	m.SetReply(q)
	switch name := strings.ToLower(question.Name); {
	case !strings.HasSuffix(name, ".vendor.test."):
		m.Rcode = dns.RcodeNameError
	case question.Qtype == dns.TypeHTTPS && strings.HasSuffix(name, "._https.https.vendor.test."):
		m.Answer = append(m.Answer, record("%s 60 IN HTTPS 1 derived.vendor.test. port=444", question.Name))
	case question.Qtype == dns.TypeA:
		if strings.HasPrefix(name, "alias") {
			m.Answer = append(m.Answer, record("%s 60 IN CNAME real.vendor.test.", question.Name))
			name = "real.vendor.test."
		}
		m.Answer = append(m.Answer, record("%s 60 IN A 127.0.0.1", name))
	}
	passSubnetOn(m, q)
	_ = w.WriteMsg(m)
}

// subnetOption is the client subnet of a question; nil where it has none.
func subnetOption(q *dns.Msg) *dns.EDNS0_SUBNET {
	if edns := q.IsEdns0(); edns != nil {
		for _, o := range edns.Option {
			if subnet, ok := o.(*dns.EDNS0_SUBNET); ok {
				return subnet
			}
		}
	}
	return nil
}

// passSubnetOn says in a reply that it is the same whatever the client subnet
// (RFC 7871, 7.2.1): the zones of the lab have no servers that could be asked.
func passSubnetOn(m, q *dns.Msg) {
	subnet := subnetOption(q)
	if subnet == nil {
		return
	}
	same := *subnet
	same.SourceScope = 0
	m.SetEdns0(1232, false)
	edns := m.IsEdns0()
	edns.Option = append(edns.Option, &same)
}

func record(format, name string) dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf(format, name))
	if err != nil {
		panic(err)
	}
	return rr
}

// questions returns the questions asked since mark, and the new mark.
func (l *lab) questions(mark int) ([]string, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.asked[mark:]...), len(l.asked)
}

// writeGeoIP writes a country database that puts 127.0.0.0/8 in a country.
func writeGeoIP(t fatal, path, country string) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Lab-Country", IncludeReservedNetworks: true})
	if err == nil {
		_, loopback, _ := net.ParseCIDR("127.0.0.0/8")
		err = tree.Insert(loopback, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)}})
	}
	if err != nil {
		t.Fatal(err)
	}
	writeDatabase(t, path, tree)
}

// writeDatabase writes a database as a file.
func writeDatabase(t fatal, path string, tree *mmdbwriter.Tree) {
	var b bytes.Buffer
	_, err := tree.WriteTo(&b)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeClaims writes a sheet with n endpoints under vendor.test.
func writeClaims(t *testing.T, path, port string, n int) {
	var b strings.Builder
	b.WriteString("schema: landfall.claims/v1\nvendor: lab\nname: Lab\nendpoints:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {host: h%03d.vendor.test, port: %s, roles: [sync]}\n", i, port)
	}
	b.WriteString("claims:\n  - {id: eu, says: \"In the EU.\", source: {url: \"https://vendor.test/\", retrieved: 2026-01-01}, allow: [EU]}\n")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// isolated returns surroundings that find no data sets and no cache of the user.
func isolated(t *testing.T) (surroundings, *bytes.Buffer, *bytes.Buffer) {
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(t.TempDir(), "config"))
	var out, errs bytes.Buffer
	s := system()
	s.out, s.err = &out, &errs
	return s, &out, &errs
}

// isolatedAgain returns surroundings for a further run of a test that has set its
// folders.
func isolatedAgain() (surroundings, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	s := system()
	s.out, s.err = &out, &errs
	return s, &out, &errs
}
