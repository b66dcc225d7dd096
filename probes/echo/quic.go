package echo

import (
	"encoding/binary"
	"net"
	"slices"

	"github.com/landfall-audit/landfall/probes/probe"
)

// The long header of QUIC, in what all versions share (RFC 8999, 5.1).
const (
	longHeader = 0x80
	fixedBit   = 0x40 // set in versions 1 and 2, RFC 9000, 17.2
	// reservedVersion is of the pattern that no version will ever have, for
	// just this use (RFC 9000, 15).
	reservedVersion = 0x1a2a3a4a
	// minInitial is the length below which a server does not answer an unknown
	// version (RFC 9000, 14.1).
	minInitial = 1200
	idBytes    = 8 // the shortest that a client may choose for the server, RFC 9000, 7.2
	idsAt      = 5 // behind the first byte and the version
)

// quicPacket makes a packet of a version that does not exist. The connection
// ids are the token.
func quicPacket(_ int, mark token) []byte {
	out := make([]byte, minInitial)
	out[0] = longHeader | fixedBit
	binary.BigEndian.PutUint32(out[1:], reservedVersion)
	at := idsAt
	for _, id := range [][]byte{mark[:idBytes], mark[idBytes:]} { // of the server, of the client
		out[at] = idBytes
		at += 1 + copy(out[at+1:], id)
	}
	return out
}

// quicAnswer reads a version negotiation packet (RFC 8999, 6): it repeats both
// connection ids the other way round, and lists versions, not the one that it
// answers.
func quicAnswer(answer []byte) (mark token, ok bool) {
	if len(answer) < idsAt || answer[0]&longHeader == 0 || binary.BigEndian.Uint32(answer[1:]) != 0 {
		return token{}, false
	}
	rest := answer[idsAt:]
	var ids [2][]byte
	for i := range ids {
		if len(rest) < 1+idBytes || rest[0] != idBytes {
			return token{}, false
		}
		ids[i], rest = rest[1:1+idBytes], rest[1+idBytes:]
	}
	if len(rest) == 0 || len(rest)%4 != 0 {
		return token{}, false
	}
	for version := range slices.Chunk(rest, 4) {
		if binary.BigEndian.Uint32(version) == reservedVersion {
			return token{}, false
		}
	}
	copy(mark[:], ids[1])
	copy(mark[idBytes:], ids[0])
	return mark, true
}

func guarded(p *Probe, h host) *net.Dialer { return probe.Guard(p.Dialer, h.allowPrivate) }
