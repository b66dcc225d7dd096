// Package errqueue reads what Linux keeps of ICMP errors for a socket that asks
// for them (ip(7), IP_RECVERR): who sent a message, what it says, and what it
// quotes. So a program without privilege learns which router or host refused or
// dropped its packet. Other systems have nothing like it.
package errqueue
