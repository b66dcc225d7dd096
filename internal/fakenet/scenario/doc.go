// Package scenario is the language in which simulated internets are written: where
// hosts, routers, resolvers and vantages are on earth, and what they do.
//
// [Scenarios] are worlds that are written down; [FromTemplate] makes worlds of a
// kind, in which cities, addresses, ports and orders are drawn by a seed: networks
// that mislead whoever measures in them, and the same without that.
package scenario
