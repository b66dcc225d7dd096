// Package owner judges who runs a network, and who holds that organisation.
package owner
