// Package tcpstack is the TCP of simulated hosts: one userspace stack that has all
// their addresses, and takes and gives IP packets.
package tcpstack
