// Package tcpinfo reads the shortest round trip that the kernel has timed on a
// TCP connection (tcp(7), TCP_INFO). It is taken where packets are sent and
// arrive, so that the delay of the scheduler is not part of it. Systems other
// than Linux are not asked.
package tcpinfo
