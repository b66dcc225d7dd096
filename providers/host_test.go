package providers

import (
	"net/netip"
	"testing"

	"github.com/landfall-audit/landfall/providers/store"
)

func TestHosts(t *testing.T) {
	for _, test := range []struct {
		host    string
		kind    HostKind
		addr    string
		private bool
		bucket  store.Bucket
	}{
		{host: "api.example.com", kind: HostName},
		{host: "198.18.0.1", kind: HostAddress, addr: "198.18.0.1"},
		{host: "8.8.8.8", kind: HostAddress, addr: "8.8.8.8"},
		{host: "2606:4700::1", kind: HostAddress, addr: "2606:4700::1"},
		{host: "::ffff:10.0.0.1", kind: HostAddress, addr: "10.0.0.1", private: true},
		{host: "127.0.0.1", kind: HostAddress, addr: "127.0.0.1", private: true},
		{host: "::1", kind: HostAddress, addr: "::1", private: true},
		{host: "0.0.0.0", kind: HostAddress, addr: "0.0.0.0", private: true},
		{host: "::", kind: HostAddress, addr: "::", private: true},
		{host: "172.31.255.255", kind: HostAddress, addr: "172.31.255.255", private: true},
		{host: "172.32.0.0", kind: HostAddress, addr: "172.32.0.0"},
		{host: "192.168.1.1", kind: HostAddress, addr: "192.168.1.1", private: true},
		{host: "169.254.169.254", kind: HostAddress, addr: "169.254.169.254", private: true},
		{host: "100.64.0.1", kind: HostAddress, addr: "100.64.0.1", private: true},
		{host: "100.128.0.1", kind: HostAddress, addr: "100.128.0.1"},
		{host: "224.0.0.1", kind: HostAddress, addr: "224.0.0.1", private: true},
		{host: "255.255.255.255", kind: HostAddress, addr: "255.255.255.255", private: true},
		{host: "fd00::1", kind: HostAddress, addr: "fd00::1", private: true},
		{host: "fe80::1", kind: HostAddress, addr: "fe80::1", private: true},
		{host: "ff02::1", kind: HostAddress, addr: "ff02::1", private: true},
		{host: "s3://my-bucket/", kind: HostBucket, bucket: store.Bucket{Scheme: "s3", Container: "my-bucket"}},
		{host: "s3://b-1?endpoint=https://s3.fr-par.scw.cloud", kind: HostBucket, bucket: store.Bucket{Scheme: "s3", Container: "b-1", Endpoint: "https://s3.fr-par.scw.cloud"}},
		{host: "s3://b-1?endpoint=http://[::1]:9000", kind: HostBucket, bucket: store.Bucket{Scheme: "s3", Container: "b-1", Endpoint: "http://[::1]:9000"}},
		{host: "gs://my_bucket", kind: HostBucket, bucket: store.Bucket{Scheme: "gs", Container: "my_bucket"}},
		{host: "azblob://account/$web", kind: HostBucket, bucket: store.Bucket{Scheme: "azblob", Account: "account", Container: "$web"}},
	} {
		if err := CheckHost(test.host); err != nil {
			t.Errorf("CheckHost(%q): %v", test.host, err)
		}
		endpoint := Endpoint{Host: test.host}
		if kind := endpoint.HostKind(); kind != test.kind {
			t.Errorf("%q is a %s, want %s", test.host, kind, test.kind)
		}
		if addr, ok := endpoint.Addr(); ok != (test.addr != "") || ok && addr != netip.MustParseAddr(test.addr) {
			t.Errorf("%q has the address %v, %v, want %q", test.host, addr, ok, test.addr)
		}
		if private := endpoint.PrivateAddress(); private != test.private {
			t.Errorf("%q private: %v", test.host, private)
		}
		if bucket, ok := endpoint.Bucket(); bucket != test.bucket || ok != (test.kind == HostBucket) {
			t.Errorf("%q is the bucket %+v, %v", test.host, bucket, ok)
		}
	}
}

func FuzzCheckHost(f *testing.F) {
	for _, host := range []string{"api.example.com", "1.2.3.4", "::1", "s3://bucket", "azblob://a/b", "a..b", "*", "fe80::1%x", "\x00"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if CheckHost(host) != nil {
			return
		}
		endpoint := Endpoint{Host: host}
		_, isAddr := endpoint.Addr()
		_, isBucket := endpoint.Bucket()
		if kind := endpoint.HostKind(); isAddr != (kind == HostAddress) || isBucket != (kind == HostBucket) {
			t.Fatalf("%q is a %s", host, kind)
		}
		for _, char := range host {
			if char <= ' ' || char >= 0x7f {
				t.Fatalf("%q with the character %U passes", host, char)
			}
		}
	})
}
