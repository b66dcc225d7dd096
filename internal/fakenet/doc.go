// Package fakenet is an internet in one process, in which the truth is known.
//
// A [scenario.Scenario] says where hosts, routers, resolvers and vantages are on earth
// and what they do. [Run] starts a command in a user, network and mount
// namespace of its own whose only way out is a TUN device; behind the device
// stands a userspace network that answers as those hosts would, each reply
// after the time that light in fibre needs for the way there and back. What
// probes is real: kernel sockets, unmodified programs, ping and traceroute
// included. Nothing leaves the namespace, and nothing needs root.
//
// A reply comes never earlier than physics allows, and about a tenth of a
// millisecond later: delays start when a packet is read from the device, and
// what the network itself needs is part of them. All of a delay lies between a
// host and the vantage; no clock is scaled.
//
// It is not a model of congestion: every path has the bandwidth of this
// machine, and packets are lost or late only where a scenario says so. IP
// fragments are not answered.
package fakenet
