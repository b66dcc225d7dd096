package probe

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Trust decides whose certificates are believed: the Mozilla roots that this
// program carries, and those that the user vouches for. The store of the system
// is asked too, but decides nothing: a root that a company or a government put
// there is how interception looks.
//
// A nil *Trust has the embedded roots alone.
type Trust struct {
	user    *x509.CertPool // nil: none
	digests []string
}

// Verdict is what several sets of roots say of one certificate for one name.
type Verdict struct {
	Trusted bool  // by the embedded roots or by the user's
	ByUser  bool  // by the user's alone
	System  *bool // set where the system's store says otherwise
}

// maxRootsBytes bounds a file of roots; all of Mozilla's take 220 KB.
const maxRootsBytes = 4 << 20

// embeddedRoots returns the pool of Mozilla's roots. A root that Mozilla trusts
// up to a day only keeps that limit.
var embeddedRoots = sync.OnceValues(func() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return nil, fmt.Errorf("reading the embedded root certificates: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(cert)
		} else {
			pool.AddCertWithConstraint(cert, root.Constraint)
		}
	}
	return pool, nil
})

// systemHasRoots reports whether the store of this system has any roots: an
// image without one distrusts everybody, which says nothing of anybody.
var systemHasRoots = sync.OnceValue(func() bool {
	pool, err := x509.SystemCertPool()
	return err == nil && !pool.Equal(x509.NewCertPool())
})

// ReadTrust returns the embedded roots and those of the files, in PEM (RFC
// 7468), that the user vouches for.
func ReadTrust(files ...string) (*Trust, error) {
	t := &Trust{}
	var problems []error
	for _, file := range files {
		certs, err := readRoots(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("roots %q: %w; give a file of certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----", file, err))
			continue
		}
		t.Add(certs...)
	}
	return t, errors.Join(problems...)
}

// Add makes certificates roots that the user vouches for.
func (t *Trust) Add(certs ...*x509.Certificate) {
	if t.user == nil {
		t.user = x509.NewCertPool()
	}
	for _, cert := range certs {
		digest := sha256.Sum256(cert.Raw)
		text := hex.EncodeToString(digest[:])
		if at, known := slices.BinarySearch(t.digests, text); !known {
			t.user.AddCert(cert)
			t.digests = slices.Insert(t.digests, at, text)
		}
	}
}

func readRoots(path string) ([]*x509.Certificate, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxRootsBytes+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(data) > maxRootsBytes {
		return nil, fmt.Errorf("it is larger than %d bytes", maxRootsBytes)
	}
	var out []*x509.Certificate
	for n := 1; ; n++ {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("block %d is %q, not a certificate", n, Text(block.Type, maxNameBytes))
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w", n, err)
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return out, nil
}

// withoutPath leaves the reason of an error of the system alone.
func withoutPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Digests returns the SHA-256 of each root that the user vouches for, in hex, in
// order.
func (t *Trust) Digests() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.digests)
}

// Verify reports who believes a chain of certificates, the server's own first,
// for a host at a time. The error is why nobody does that decides.
func (t *Trust) Verify(chain []*x509.Certificate, host string, now time.Time) (Verdict, error) {
	var out Verdict
	if len(chain) == 0 {
		return out, errors.New("the server showed no certificate")
	}
	embedded, err := embeddedRoots()
	if err != nil {
		return out, err
	}
	err = verify(chain, host, now, embedded)
	out.Trusted = err == nil
	if err != nil && t != nil && t.user != nil && verify(chain, host, now, t.user) == nil {
		out.Trusted, out.ByUser, err = true, true, nil
	}
	return out, err
}

// Compare is [Trust.Verify], and asks the system's store too.
func (t *Trust) Compare(chain []*x509.Certificate, host string, now time.Time) Verdict {
	// That nobody believes it is what the verdict says already.
	out, _ := t.Verify(chain, host, now)
	if len(chain) > 0 && systemHasRoots() {
		if system := verify(chain, host, now, nil) == nil; system != out.Trusted {
			out.System = &system
		}
	}
	return out
}

// verify checks a chain by one set of roots; nil is the system's.
func verify(chain []*x509.Certificate, host string, now time.Time, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between, CurrentTime: now})
	return err
}
