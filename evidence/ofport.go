package evidence

// OfPort reports whether a round trip is of the service at a port: a connection's.
// ICMP, UDP and what is not known may be answered by another host.
func (r *RTT) OfPort() bool {
	switch r.Method {
	case MethodTCP, MethodTLS, MethodH2Ping:
		return true
	case MethodImport:
		return r.Port != 0
	}
	return false
}
