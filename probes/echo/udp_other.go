//go:build !linux

package echo

// canUDP tells whether this system says who answered that nothing listens: here
// a firewall on the way cannot be told from the host.
const canUDP = false

// udpMethod is never asked for.
func udpMethod() method { return method{} }
