// Package index is the evidence of a run, put in order for judging: vantages and
// which of them are one machine, the disks of their replies, what names resolved to,
// and what databases, ranges and providers say. It is shared by all who judge.
package index
