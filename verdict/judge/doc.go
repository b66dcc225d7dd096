// Package judge puts the parts together: it reads evidence, judges each claim at each
// endpoint, and sums up.
//
// It is pure: no network, no clock, no files, and the same input gives the same bytes.
package judge
