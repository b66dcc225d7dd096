// Package door judges the host that answers at an address (the front end) and the
// hosts on the way to it.
package door
