package trace

import "encoding/binary"

// tcpQuote is what an ICMP error repeats of a TCP packet at the least: the
// first eight bytes (RFC 792), which are the ports and the sequence number.
const tcpQuote = 8

// quotesTCP tells whether a quote is of a packet to that port.
func quotesTCP(quote []byte, port uint16) bool {
	return len(quote) >= tcpQuote && binary.BigEndian.Uint16(quote[2:]) == port
}

// quotesEcho returns the sequence number of an echo request that is quoted.
func quotesEcho(quote []byte, request byte) (seq uint16, ok bool) {
	if len(quote) < echoHeader || quote[0] != request || quote[1] != 0 {
		return 0, false
	}
	return binary.BigEndian.Uint16(quote[6:]), true
}
