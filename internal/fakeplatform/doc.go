// Package fakeplatform is the measurement platforms of the simulated internet:
// servers that speak the documented interfaces of Globalping and RIPE Atlas,
// and measure, with real packets, from the vantages of a scenario that are
// machines of theirs.
//
// They keep the documented limits, count what is ordered, and can be told to
// fail in any way that a server can.
package fakeplatform
