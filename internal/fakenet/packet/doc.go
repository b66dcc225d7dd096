// Package packet takes IP packets apart and makes those that hosts and routers
// answer with: of ICMP and UDP, in both versions of IP.
package packet
