package probe

import "crypto/tls"

// KeyExchanges are those that every server of today knows one of. The hybrid
// ones of post-quantum cryptography are left out: nothing secret is sent, they
// are work for both sides, and with them the first message takes two packets.
func KeyExchanges() []tls.CurveID {
	return []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
}
