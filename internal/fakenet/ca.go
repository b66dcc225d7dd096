package fakenet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// Authority is the certification authority of a world. It certifies any name
// that is asked for, and lives as long as the world.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	serial int64
	leaves map[string]*tls.Certificate
}

// caLife is how long certificates hold, before and after the world begins.
const caLife = 24 * time.Hour

// NewAuthority makes one with a key of its own.
func NewAuthority() (*Authority, error) { return newAuthority("landfall lab CA") }

func newAuthority(name string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of the lab's certification authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Simulated internet"}},
		NotBefore: time.Now().Add(-caLife), NotAfter: time.Now().Add(caLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("making the lab's certification authority: %w", err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the lab's certification authority: %w", err)
	}
	return &Authority{cert: cert, key: key, serial: 1, leaves: map[string]*tls.Certificate{}}, nil
}

// PEM returns the root in the form of SSL_CERT_FILE.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Certificate returns one for the name asked for, or for the address where the
// client named none.
func (a *Authority) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return a.certify(nameIn(hello), a.cert)
}

// nameIn returns the name that a client asks for, or the address that it came to.
func nameIn(hello *tls.ClientHelloInfo) string {
	if hello.ServerName != "" {
		return hello.ServerName
	}
	addr, _, _ := net.SplitHostPort(hello.Conn.LocalAddr().String())
	return addr
}

// certify returns a certificate for a name that the owner of the key signed, in
// the name of the issuer; without one, it is signed by itself.
func (a *Authority) certify(name string, issuer *x509.Certificate) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[name]; leaf != nil {
		return leaf, nil
	}
	leaf, err := a.issue(name, issuer)
	if err == nil {
		a.leaves[name] = leaf
	}
	return leaf, err
}

func (a *Authority) issue(name string, issuer *x509.Certificate) (*tls.Certificate, error) {
	a.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	if issuer == nil {
		issuer = template
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("certifying %s: %w", name, err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: a.key}, nil
}

// certifyByDomain returns a certificate for a name with that of the authority of
// its domain, which signed it and was itself signed by this one. All have one
// key, which nobody who looks from outside can tell.
func (a *Authority) certifyByDomain(name string) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: scenario.ParentOf(name) + " CA", Organization: []string{scenario.ParentOf(name)}},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("making the certification authority of %s: %w", scenario.ParentOf(name), err)
	}
	domain, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the certification authority of %s: %w", scenario.ParentOf(name), err)
	}
	leaf, err := a.certify(name, domain)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Certificate[0], raw}, PrivateKey: leaf.PrivateKey}, nil
}

// signers are those who sign the certificates of a world.
type signers map[scenario.Certificate]*Authority

// newSigners adds to the authority that everybody trusts those that few do.
func newSigners(trusted *Authority) (signers, error) {
	out := signers{scenario.TrustedCA: trusted}
	for kind, name := range map[scenario.Certificate]string{
		scenario.SelfSigned: "no authority", scenario.UnknownCA: "Unheard-of CA", scenario.CompanyCA: "Company Proxy CA",
	} {
		signer, err := newAuthority(name)
		if err != nil {
			return nil, err
		}
		out[kind] = signer
	}
	return out, nil
}

// certificate returns the one that a host shows to a client.
func (s signers) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	shown := scenario.TrustedCA
	if c, ok := hello.Conn.(*hostConn); ok {
		shown = c.shown
	}
	switch shown {
	case scenario.SelfSigned:
		return s[shown].certify(nameIn(hello), nil)
	case scenario.DomainCA:
		return s[scenario.TrustedCA].certifyByDomain(nameIn(hello))
	}
	return s[shown].Certificate(hello)
}
